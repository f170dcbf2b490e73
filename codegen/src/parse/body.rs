//! The statements of a pipeline: which of them are about streams.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Block, Expr, ExprIf, Ident, Local, Pat, Stmt, Type};

use super::chain;
use crate::ast::Statement;
use crate::diagnostic::Diagnostics;
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

    /// The first name of a stream or side in the tokens.
    fn mentioned(&self, tokens: TokenStream) -> Option<Ident> {
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
                        return Some(ident);
                    }
                    after_dot = false;
                }
                TokenTree::Punct(punct) => after_dot = punct.as_char() == '.',
                TokenTree::Literal(_) => after_dot = false,
            }
        }
        None
    }
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
            None => {
                refuse_streams(expr, scope, errors);
                Statement::Plain(statement.clone())
            }
        },
        Stmt::Item(_) | Stmt::Macro(_) => {
            if let Some(name) = scope.mentioned(statement.to_token_stream()) {
                errors.report(&m::STREAM_ESCAPES, name.span(), "", "");
            }
            Statement::Plain(statement.clone())
        }
    }
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
        Some(stream) => {
            let Some(names) = names else {
                errors.report(&m::BAD_PATTERN, local.pat.span(), "", "");
                return plain;
            };
            names.iter().for_each(|name| scope.add_stream(name));
            Statement::Let { names, annotation, stream }
        }
        None => {
            refuse_streams(&init.expr, scope, errors);
            names.iter().flatten().for_each(|name| scope.forget(name));
            plain
        }
    }
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
    let tokens = branch.then_branch.to_token_stream();
    scope.mentioned(tokens.clone()).is_some()
        || mentions_source(tokens)
        || branch.else_branch.as_ref().is_some_and(|(_, other)| {
            scope.mentioned(other.to_token_stream()).is_some()
                || mentions_source(other.to_token_stream())
        })
}

fn mentions_source(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) if mentions_source(group.stream()) => return true,
            TokenTree::Ident(ident)
                if ident == "source" && matches!(tokens.peek(), Some(TokenTree::Group(_))) =>
            {
                return true;
            }
            _ => {}
        }
    }
    false
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
fn refuse_streams(expr: &Expr, scope: &Scope, errors: &mut Diagnostics) {
    let Some(name) = scope.mentioned(expr.to_token_stream()) else { return };
    let message = match expr {
        Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) => &m::LOOP_ON_STREAM,
        Expr::Match(_) => &m::MATCH_ON_STREAM,
        _ => &m::STREAM_ESCAPES,
    };
    errors.report(message, name.span(), "", "");
}
