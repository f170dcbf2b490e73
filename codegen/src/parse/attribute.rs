//! The function around a pipeline: attributes, parameters, return type.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, FnArg, ItemFn, Lit, Meta, Pat, ReturnType, Token, Type};

use super::{Scope, parse_body};
use crate::args::literal_text;
use crate::ast::{Parameter, Pipeline};
use crate::diagnostic::{Diagnostics, Extent};
use crate::messages as m;
use crate::passes::Options;

/// Parses `#[pipeline(..)] fn ..`.
pub fn parse_pipeline(
    attribute: TokenStream,
    function: &ItemFn,
    mut options: Options,
    errors: &mut Diagnostics,
) -> (Pipeline, Options) {
    let name = function.sig.ident.clone();
    let display_name =
        display_name(attribute, &mut options, errors).unwrap_or_else(|| name.to_string());
    check_signature(function, errors);
    let parameters: Vec<Parameter> =
        function.sig.inputs.iter().filter_map(|input| parameter(input, errors)).collect();
    let fallible = match &function.sig.output {
        ReturnType::Default => false,
        ReturnType::Type(_, ty) => {
            let is_result = matches!(&**ty, Type::Path(path)
                if path.path.segments.last().is_some_and(|last| last.ident == "Result"));
            if !is_result && !matches!(&**ty, Type::Tuple(unit) if unit.elems.is_empty()) {
                errors.report(&m::BAD_RETURN, Extent::of(&ty), "", "");
            }
            is_result
        }
    };
    let statements = parse_body(&function.block, &mut Scope::default(), errors);
    let pipeline = Pipeline {
        display_name,
        doc: doc_text(&function.attrs),
        attributes: function.attrs.clone(),
        visibility: function.vis.clone(),
        name,
        parameters,
        fallible,
        statements,
    };
    (pipeline, options)
}

/// `name = ".."`; `prune = false` and `preaggregate = false` switch an optimisation off.
fn display_name(
    attribute: TokenStream,
    options: &mut Options,
    errors: &mut Diagnostics,
) -> Option<String> {
    let metas =
        match syn::punctuated::Punctuated::<Meta, Token![,]>::parse_terminated.parse2(attribute) {
            Ok(metas) => metas,
            Err(error) => {
                errors.report_syntax(&error);
                return None;
            }
        };
    let mut name = None;
    for meta in metas {
        match &meta {
            Meta::NameValue(pair) if pair.path.is_ident("name") => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => name = Some(text.value()),
                other => wrong_value(errors, other, "name", "a string"),
            },
            Meta::NameValue(pair) if pair.path.is_ident("prune") => {
                options.prune = boolean(errors, &pair.value, "prune");
            }
            Meta::NameValue(pair) if pair.path.is_ident("preaggregate") => {
                options.preaggregate = boolean(errors, &pair.value, "preaggregate");
            }
            other => {
                let word = other.path().get_ident().map(ToString::to_string).unwrap_or_default();
                errors.report(&m::UNKNOWN_ATTRIBUTE, Extent::of(&other), &word, "");
            }
        }
    }
    name
}

fn boolean(errors: &mut Diagnostics, value: &Expr, word: &str) -> bool {
    if let Expr::Lit(ExprLit { lit: Lit::Bool(value), .. }) = value {
        return value.value;
    }
    wrong_value(errors, value, word, "`true` or `false`");
    true
}

fn wrong_value(errors: &mut Diagnostics, value: &Expr, word: &str, wanted: &str) {
    let help = format!("give it {wanted}");
    errors.report_with_help(&m::ATTRIBUTE_VALUE, Extent::of(value), word, "", &help);
}

fn check_signature(function: &ItemFn, errors: &mut Diagnostics) {
    let signature = &function.sig;
    if let Some(word) = &signature.asyncness {
        errors.report(&m::ASYNC_PIPELINE, word.span(), "", "");
    }
    if !signature.generics.params.is_empty() {
        errors.report(&m::GENERIC_PIPELINE, Extent::of(&signature.generics), "", "");
    }
    let qualifier = signature
        .constness
        .as_ref()
        .map(Spanned::span)
        .or(match &signature.safety {
            syn::Safety::Default => None,
            other => Some(other.span()),
        })
        .or(signature.abi.as_ref().map(Spanned::span));
    if let Some(span) = qualifier {
        errors.report(&m::UNSAFE_PIPELINE, span, "", "");
    }
}

fn parameter(input: &FnArg, errors: &mut Diagnostics) -> Option<Parameter> {
    let FnArg::Typed(typed) = input else {
        errors.report(&m::SELF_PIPELINE, Extent::of(&input), "", "");
        return None;
    };
    let Pat::Ident(pattern) = &*typed.pat else {
        errors.report(&m::BAD_PARAMETER, Extent::of(&typed.pat), "", "");
        return None;
    };
    let mut default = None;
    for attribute in typed.attrs.iter().filter(|attribute| attribute.path().is_ident("arg")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("default") {
                let value: Expr = meta.value()?.parse()?;
                match literal_text(&value) {
                    Ok(text) => default = Some(text),
                    Err(_) => errors.report(&m::BAD_DEFAULT, Extent::of(&value), "", ""),
                }
            } else {
                let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                errors.report(&m::UNKNOWN_ARG, Extent::of(&meta.path), &word, "");
                if meta.input.peek(Token![=]) {
                    meta.value()?.parse::<Expr>()?;
                }
            }
            Ok(())
        });
        if let Err(error) = parsed {
            errors.report_syntax(&error);
        }
    }
    Some(Parameter {
        name: pattern.ident.clone(),
        ty: (*typed.ty).clone(),
        doc: doc_text(&typed.attrs),
        default,
    })
}

/// The doc comments among attributes, joined by newlines, without the leading space of each line.
pub fn doc_text(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
        .collect();
    lines.join("\n").trim().to_owned()
}
