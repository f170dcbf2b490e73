//! Where operators stand, and what they are called.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, Ident, Pat};

use super::one_line;
use crate::ast::Call;
use crate::ir::Site;

/// The longest text of an operator, in characters.
const TEXT_MAX: usize = 60;

/// The site of a call.
pub(crate) fn site_of(call: &Call) -> Site {
    let args: Vec<String> = call.args.iter().map(text_of).collect();
    let span = call.name.span();
    let end = call.args.last().map_or(span, Spanned::span);
    Site {
        span,
        kind: call.name.to_string(),
        text: format!("{}({})", call.name, args.join(", ")),
        lines: lines(span, end),
        word: None,
    }
}

/// An expression as written, on one line, shortened.
pub(crate) fn text_of(tokens: &impl ToTokens) -> String {
    let span = tokens.to_token_stream().into_iter().fold(None::<Span>, |whole, token| {
        Some(whole.map_or(token.span(), |whole| whole.join(token.span()).unwrap_or(whole)))
    });
    let written = span.and_then(|span| span.source_text());
    let text = match written {
        Some(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        None => tidy(&one_line(tokens)),
    };
    if text.chars().count() <= TEXT_MAX {
        return text;
    }
    let short: String = text.chars().take(TEXT_MAX - 2).collect();
    format!("{short}..")
}

/// Takes out the spaces that printing tokens puts in.
fn tidy(text: &str) -> String {
    let mut text = text.to_owned();
    for (spaced, tight) in [
        (" . ", "."),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        ("| ", "|"),
        (" :: ", "::"),
    ] {
        text = text.replace(spaced, tight);
    }
    text.replace("&& ", "&&").replace("& ", "&").replace("&&", "&& ")
}

/// First and last line of a span.
pub(crate) fn lines(start: Span, end: Span) -> (usize, usize) {
    (start.start().line, end.end().line)
}

/// First and last line from a word to the end of an expression.
pub(crate) fn lines_of(start: Span, expr: &Expr) -> (usize, usize) {
    lines(start, expr.span())
}

/// What a closure calls its parameter, if that is a plain name.
pub(crate) fn closure_word(expr: &Expr) -> Option<Ident> {
    let Expr::Closure(closure) = expr else { return None };
    match closure.inputs.first()? {
        Pat::Ident(ident) if ident.subpat.is_none() => Some(ident.ident.clone()),
        Pat::Type(typed) => match &*typed.pat {
            Pat::Ident(ident) => Some(ident.ident.clone()),
            _ => None,
        },
        _ => None,
    }
}
