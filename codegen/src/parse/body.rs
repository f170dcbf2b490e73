//! The statements of a pipeline: which of them are about streams.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Block, Expr, ExprIf, Ident, Local, Pat, Stmt, Type};

use super::chain;
use crate::ast::Statement;
use crate::diagnostic::{Diagnostics, Extent};
use crate::lower::pattern_variables;
use crate::messages as m;

/// Names in scope that stand for streams and sides.
#[derive(Clone, Default)]
pub struct Scope {
    streams: BTreeSet<String>,
    sides: BTreeSet<String>,
}

impl Scope {
    /// Adds a stream.
    pub fn add_stream(&mut self, name: &Ident) {
        self.sides.remove(&name.to_string());
        self.streams.insert(name.to_string());
    }

    /// Adds a side.
    pub fn add_side(&mut self, name: &Ident) {
        self.streams.remove(&name.to_string());
        self.sides.insert(name.to_string());
    }

    fn forget(&mut self, name: &Ident) {
        self.streams.remove(&name.to_string());
        self.sides.remove(&name.to_string());
    }

    /// True for a stream or side.
    pub fn knows(&self, name: &Ident) -> bool {
        let name = name.to_string();
        self.streams.contains(&name) || self.sides.contains(&name)
    }

    /// True for a side.
    pub fn is_side(&self, name: &Ident) -> bool {
        self.sides.contains(&name.to_string())
    }

    /// The first use of a stream or side in an expression, or of `source`, which starts one.
    fn used_in(&self, expr: &Expr) -> Option<Span> {
        let mut uses = Uses { scope: self, shadowed: Vec::new(), found: None };
        uses.visit_expr(expr);
        uses.found
    }

    /// The same for a block.
    fn used_in_block(&self, block: &Block) -> Option<Span> {
        let mut uses = Uses { scope: self, shadowed: Vec::new(), found: None };
        uses.visit_block(block);
        uses.found
    }

    /// The first name of a stream or side among a macro's tokens.
    fn mentioned(&self, tokens: TokenStream) -> Option<Span> {
        let mut after_dot = false;
        for token in tokens {
            match token {
                TokenTree::Group(group) => {
                    if let Some(found) = self.mentioned(group.stream()) {
                        return Some(found);
                    }
                    after_dot = false;
                }
                TokenTree::Ident(ident) => {
                    if !after_dot && self.knows(&ident) {
                        return Some(ident.span());
                    }
                    after_dot = false;
                }
                TokenTree::Punct(punct) => after_dot = punct.as_char() == '.',
                // `println!("{stream:?}")`
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let known = |word: &str| {
                        let word = word.split([':', '}']).next().unwrap_or_default();
                        self.streams.contains(word) || self.sides.contains(word)
                    };
                    if text.split('{').skip(1).any(known) {
                        return Some(literal.span());
                    }
                    after_dot = false;
                }
            }
        }
        None
    }
}

/// Looks for streams where only values may stand. What a closure or an inner `let` binds anew is a value again.
struct Uses<'s> {
    scope: &'s Scope,
    shadowed: Vec<String>,
    found: Option<Span>,
}

impl<'ast> Visit<'ast> for Uses<'_> {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let Some(name) = path.path.get_ident() else { return };
        let shadowed = self.shadowed.iter().any(|bound| name == bound);
        if self.found.is_none() && !shadowed && self.scope.knows(name) {
            self.found = Some(name.span());
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(path) = &*call.func
            && chain::is_source(&path.path)
            && self.found.is_none()
        {
            self.found = Some(path.span());
        }
        syn::visit::visit_expr_call(self, call);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        let outer = self.shadowed.len();
        for input in &closure.inputs {
            pattern_variables(input, &mut self.shadowed);
        }
        self.visit_expr(&closure.body);
        self.shadowed.truncate(outer);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let outer = self.shadowed.len();
        syn::visit::visit_block(self, block);
        self.shadowed.truncate(outer);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        syn::visit::visit_local(self, local);
        pattern_variables(&local.pat, &mut self.shadowed);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.found = self.found.or_else(|| self.scope.mentioned(call.tokens.clone()));
    }

    /// An item sees no local names.
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Parses the statements of a block; `scope` gains its bindings.
pub fn parse_body(block: &Block, scope: &mut Scope, errors: &mut Diagnostics) -> Vec<Statement> {
    block.stmts.iter().map(|statement| parse_statement(statement, scope, errors)).collect()
}

fn parse_statement(statement: &Stmt, scope: &mut Scope, errors: &mut Diagnostics) -> Statement {
    match statement {
        Stmt::Local(local) => parse_let(local, scope, errors),
        Stmt::Expr(Expr::If(branch), _) if stream_in_if(branch, scope) => {
            parse_if(branch, scope, errors)
        }
        Stmt::Expr(expr, _) => match chain::parse_chain(expr, scope, errors) {
            Some(stream) => Statement::Chain(stream),
            None => refuse_streams(expr, &[], scope, errors)
                .unwrap_or_else(|| Statement::Plain(statement.clone())),
        },
        Stmt::Macro(call) => match scope.mentioned(call.mac.tokens.clone()) {
            Some(span) => {
                errors.report(&m::STREAM_ESCAPES, span, "", "");
                refused(statement, &[])
            }
            None => Statement::Plain(statement.clone()),
        },
        Stmt::Item(_) => Statement::Plain(statement.clone()),
    }
}

/// A statement that was reported.
fn refused(tokens: &impl ToTokens, names: &[Ident]) -> Statement {
    Statement::Refused { tokens: tokens.to_token_stream(), names: names.to_vec() }
}

fn parse_let(local: &Local, scope: &mut Scope, errors: &mut Diagnostics) -> Statement {
    let plain = Statement::Plain(Stmt::Local(local.clone()));
    let (names, annotation) = pattern_names(&local.pat);
    let Some(init) = &local.init else { return plain };
    if let Expr::Call(call) = &*init.expr {
        let callee = match &*call.func {
            Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        };
        match (callee.as_deref(), names.as_deref()) {
            (Some("side"), Some([name])) if call.args.is_empty() => {
                scope.add_side(name);
                return Statement::Side { name: name.clone(), annotation };
            }
            (Some(word @ ("resource" | "async_resource")), Some([name]))
                if call.args.len() == 1 =>
            {
                scope.forget(name);
                return Statement::Resource {
                    name: name.clone(),
                    asynchronous: word == "async_resource",
                    open: call.args[0].clone(),
                };
            }
            _ => {}
        }
    }
    match chain::parse_chain(&init.expr, scope, errors) {
        Some(stream) => match names {
            Some(names) => {
                names.iter().for_each(|name| scope.add_stream(name));
                Statement::Let { names, annotation, stream }
            }
            None => {
                errors.report(&m::BAD_PATTERN, Extent::of(&local.pat), "", "");
                let names = bound_names(&local.pat);
                names.iter().for_each(|name| scope.add_stream(name));
                refused(local, &names)
            }
        },
        None => {
            let names = bound_names(&local.pat);
            if let Some(refused) = refuse_streams(&init.expr, &names, scope, errors) {
                names.iter().for_each(|name| scope.add_stream(name));
                return refused;
            }
            names.iter().for_each(|name| scope.forget(name));
            plain
        }
    }
}

fn bound_names(pattern: &Pat) -> Vec<Ident> {
    let mut names = Vec::new();
    pattern_variables(pattern, &mut names);
    let ident = |name: &String| Ident::new(name.trim_start_matches("r#"), pattern.span());
    names.iter().map(ident).collect()
}

/// The names a pattern of a stream may bind: one, or a pair; and its annotation.
fn pattern_names(pattern: &Pat) -> (Option<Vec<Ident>>, Option<Type>) {
    match pattern {
        Pat::Ident(ident) if ident.subpat.is_none() => (Some(vec![ident.ident.clone()]), None),
        Pat::Type(typed) => (pattern_names(&typed.pat).0, Some((*typed.ty).clone())),
        Pat::Tuple(tuple) => {
            let names = tuple
                .elems
                .iter()
                .map(|part| match part {
                    Pat::Ident(ident) => Some(ident.ident.clone()),
                    Pat::Wild(wild) => Some(Ident::new("_unused", wild.span())),
                    _ => None,
                })
                .collect();
            (names, None)
        }
        _ => (None, None),
    }
}

fn stream_in_if(branch: &ExprIf, scope: &Scope) -> bool {
    let otherwise = branch.else_branch.as_ref().map(|(_, otherwise)| otherwise);
    scope.used_in_block(&branch.then_branch).is_some()
        || otherwise.is_some_and(|expr| scope.used_in(expr).is_some())
}

fn parse_if(branch: &ExprIf, scope: &Scope, errors: &mut Diagnostics) -> Statement {
    let then = parse_body(&branch.then_branch, &mut scope.clone(), errors);
    let otherwise = match branch.else_branch.as_ref().map(|(_, other)| &**other) {
        None => Vec::new(),
        Some(Expr::Block(block)) => parse_body(&block.block, &mut scope.clone(), errors),
        Some(Expr::If(nested)) => vec![parse_if(nested, scope, errors)],
        Some(_) => Vec::new(),
    };
    Statement::If { condition: (*branch.cond).clone(), then, otherwise }
}

/// Reports streams in a statement that is no stream statement.
fn refuse_streams(
    expr: &Expr,
    names: &[Ident],
    scope: &Scope,
    errors: &mut Diagnostics,
) -> Option<Statement> {
    let span = scope.used_in(expr)?;
    let message = match expr {
        Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) => &m::LOOP_ON_STREAM,
        Expr::Match(_) => &m::MATCH_ON_STREAM,
        _ => &m::STREAM_ESCAPES,
    };
    errors.report(message, span, "", "");
    Some(refused(expr, names))
}
