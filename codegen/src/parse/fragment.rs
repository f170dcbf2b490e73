//! `#[operator] fn clean(lines: Stream<Log>, bad: Side<Failed<Log>>) -> Stream<Access> { .. }`.

use syn::{FnArg, Ident, ItemFn, Pat, ReturnType, Stmt, Type};

use super::{Scope, chain, parse_body};
use crate::ast::{Fragment, FragmentParameter};
use crate::diagnostic::{Diagnostics, Extent};
use crate::messages as m;

/// Parses a fragment; `None` if its signature says too little to go on.
pub fn parse_fragment(function: &ItemFn, errors: &mut Diagnostics) -> Option<Fragment> {
    let signature = &function.sig;
    let mut parameters = Vec::new();
    for input in &signature.inputs {
        parameters.push(parameter(input, errors)?);
    }
    let mut parameters = parameters.into_iter();
    let Some(stream) =
        parameters.next().filter(|first| is_stream(&first.ty) || is_keyed(&first.ty))
    else {
        errors.report(&m::FRAGMENT_SIGNATURE, signature.ident.span(), "", "");
        return None;
    };
    let returns = match &signature.output {
        ReturnType::Type(_, ty) if is_stream(ty) => (**ty).clone(),
        other => {
            let span = match other {
                ReturnType::Default => Extent::from(signature.ident.span()),
                ReturnType::Type(_, ty) => Extent::of(&ty),
            };
            errors.report(&m::FRAGMENT_RETURN, span, "", "");
            return None;
        }
    };
    let mut scope = Scope::default();
    scope.add_stream(&stream.name);
    let (mut sides, mut values, mut order) = (Vec::new(), Vec::new(), Vec::new());
    for parameter in parameters {
        if is_stream(&parameter.ty) {
            errors.report(&m::FRAGMENT_TWO_STREAMS, parameter.name.span(), "", "");
            return None;
        }
        let is_side = last_word(&parameter.ty).is_some_and(|word| word == "Side");
        order.push(is_side);
        if is_side {
            scope.add_side(&parameter.name);
            sides.push(parameter);
        } else {
            values.push(parameter);
        }
    }
    let (tail, statements) = split_tail(function, &mut scope, errors)?;
    Some(Fragment {
        attributes: function.attrs.clone(),
        visibility: function.vis.clone(),
        name: signature.ident.clone(),
        // Whether a keyed stream has time, its type does not say: its caller's checks do.
        timed: is_keyed(&stream.ty) || last_word(&stream.ty).is_some_and(|word| word == "Timed"),
        keyed: is_keyed(&stream.ty),
        stream,
        sides,
        values,
        order,
        returns,
        generics: signature.generics.clone(),
        statements,
        tail,
    })
}

/// The last expression, and the statements before it.
fn split_tail(
    function: &ItemFn,
    scope: &mut Scope,
    errors: &mut Diagnostics,
) -> Option<(crate::ast::Chain, Vec<crate::ast::Statement>)> {
    let mut block = (*function.block).clone();
    let tail = match block.stmts.pop() {
        Some(Stmt::Expr(tail, None)) => tail,
        Some(last) => {
            errors.report(&m::FRAGMENT_TAIL, Extent::of(&last), "", "");
            return None;
        }
        None => {
            errors.report(&m::FRAGMENT_TAIL, function.sig.ident.span(), "", "");
            return None;
        }
    };
    let statements = parse_body(&block, scope, errors);
    match chain::parse_chain(&tail, scope, errors) {
        Some(chain) => Some((chain, statements)),
        None => {
            errors.report(&m::FRAGMENT_TAIL, Extent::of(&tail), "", "");
            None
        }
    }
}

fn parameter(input: &FnArg, errors: &mut Diagnostics) -> Option<FragmentParameter> {
    match input {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pattern) => {
                Some(FragmentParameter { name: pattern.ident.clone(), ty: (*typed.ty).clone() })
            }
            other => {
                errors.report(&m::FRAGMENT_PARAMETER, Extent::of(&other), "", "");
                None
            }
        },
        FnArg::Receiver(receiver) => {
            errors.report(&m::FRAGMENT_PARAMETER, Extent::of(&receiver), "", "");
            None
        }
    }
}

fn is_keyed(ty: &Type) -> bool {
    last_word(ty).is_some_and(|word| word == "Keyed")
}

fn is_stream(ty: &Type) -> bool {
    last_word(ty).is_some_and(|word| word == "Stream" || word == "Timed")
}

fn last_word(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| &last.ident),
        _ => None,
    }
}
