//! Method chains: `source(..).map(..).sink(..)`.

use syn::{Expr, ExprCall, ExprMethodCall, Path};

use super::Scope;
use crate::ast::{Argument, Call, Chain, Head};
use crate::catalog;
use crate::diagnostic::Diagnostics;
use crate::messages as m;

/// Parses an expression as a chain, if it is about streams.
pub fn parse_chain(expr: &Expr, scope: &Scope, errors: &mut Diagnostics) -> Option<Chain> {
    let mut calls = Vec::new();
    let head = unwind(expr, scope, &mut calls, errors)?;
    Some(Chain { head, calls })
}

/// Walks from the last call to the head and collects the calls on the way back, so in order.
fn unwind(
    expr: &Expr,
    scope: &Scope,
    calls: &mut Vec<Call>,
    errors: &mut Diagnostics,
) -> Option<Head> {
    match expr {
        Expr::MethodCall(call) => {
            let head = unwind(&call.receiver, scope, calls, errors)?;
            calls.push(parse_call(call, scope, errors));
            Some(head)
        }
        Expr::Call(call) => call_head(call, scope, errors),
        Expr::Path(path) => {
            let name = path.path.get_ident()?;
            scope.knows(name).then(|| Head::Binding(name.clone()))
        }
        Expr::Paren(inner) => unwind(&inner.expr, scope, calls, errors),
        Expr::Group(inner) => unwind(&inner.expr, scope, calls, errors),
        _ => None,
    }
}

fn call_head(call: &ExprCall, scope: &Scope, errors: &mut Diagnostics) -> Option<Head> {
    let Expr::Path(callee) = &*call.func else { return None };
    let word = &callee.path.segments.last()?.ident;
    if is_source(&callee.path) {
        if call.args.len() == 1 {
            return Some(Head::Source { span: word.span(), expr: call.args[0].clone() });
        }
        let what = format!("`source` takes one argument, not {}", call.args.len());
        let help = "write `source(files(\"path\").text())`";
        errors.report_with_help(&m::WRONG_ARITY, word.span(), &what, "", help);
        return Some(Head::Refused);
    }
    if word.to_string().starts_with(char::is_uppercase) {
        return None; // A constructor, such as `Some(stream)`.
    }
    let mut about_streams = false;
    let args: Vec<Argument> = call
        .args
        .iter()
        .map(|arg| match parse_chain(arg, scope, errors) {
            Some(chain) => {
                about_streams = true;
                Argument::Stream(chain)
            }
            None => Argument::Value(arg.clone()),
        })
        .collect();
    about_streams.then(|| Head::Fragment { path: callee.path.clone(), args })
}

/// `source`, or by its path: `thalweg::stream::source`.
pub(super) fn is_source(path: &Path) -> bool {
    let mut words = path.segments.iter().rev().map(|segment| &segment.ident);
    words.next().is_some_and(|word| word == "source")
        && words.next().is_none_or(|word| word == "stream" || word == "prelude")
}

fn parse_call(call: &ExprMethodCall, scope: &Scope, errors: &mut Diagnostics) -> Call {
    if let Some(turbofish) = &call.turbofish {
        errors.report(&m::TURBOFISH, turbofish.lt_token.spans[0], &call.method.to_string(), "");
    }
    let args: Vec<Expr> = call.args.iter().cloned().collect();
    let takes_stream = catalog::find(&call.method.to_string())
        .is_some_and(|operator| operator.args == [catalog::Arg::Stream]);
    let stream = match args.as_slice() {
        [only] if takes_stream => parse_chain(only, scope, errors).map(Box::new),
        _ => None,
    };
    Call { name: call.method.clone(), args, stream }
}
