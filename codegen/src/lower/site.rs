//! Where operators stand, and what they are called.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Ident, Pat};

use crate::ast::Call;
use crate::diagnostic::Extent;
use crate::ir::Site;

/// The longest text of an operator, in characters.
const TEXT_MAX: usize = 60;

/// The site of a call.
pub(crate) fn site_of(call: &Call) -> Site {
    let args: Vec<String> = call.args.iter().map(text_of).collect();
    let span = call.name.span();
    let end = call.args.last().map_or(span, |last| Extent::of(last).ends().1);
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
    let mut text = String::new();
    write_tokens(tokens.to_token_stream(), &mut None, &mut text);
    if text.chars().count() <= TEXT_MAX {
        return text;
    }
    let short: String = text.chars().take(TEXT_MAX - 2).collect();
    format!("{short}..")
}

/// Writes tokens with a space wherever the source has one; a line's end counts as one.
fn write_tokens(tokens: TokenStream, before: &mut Option<Span>, text: &mut String) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                write_token(open, group.span_open(), before, text);
                write_tokens(group.stream(), before, text);
                write_token(close, group.span_close(), before, text);
            }
            other => write_token(&other.to_string(), other.span(), before, text),
        }
    }
}

fn write_token(token: &str, span: Span, before: &mut Option<Span>, text: &mut String) {
    if token.is_empty() {
        return;
    }
    if let Some(before) = before.replace(span) {
        let (end, start) = (before.end(), span.start());
        if end.line != start.line || end.column < start.column {
            text.push(' ');
        }
    }
    text.push_str(token);
}

/// First and last line of a span.
pub(crate) fn lines(start: Span, end: Span) -> (usize, usize) {
    (start.start().line, end.end().line)
}

/// First and last line from a word to the end of an expression.
pub(crate) fn lines_of(start: Span, expr: &Expr) -> (usize, usize) {
    lines(start, Extent::of(expr).ends().1)
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
