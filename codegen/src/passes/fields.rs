//! Which fields of its parameter a closure reads.
//!
//! A parameter is *field-read* iff it is a plain untyped identifier, nothing in the body rebinds the name, and every
//! occurrence is the base of a field access that is not a method call, outside every macro call. A pattern that takes
//! the record apart, `BidRef { price, .. }`, is a list of fields.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Member, Pat};

use crate::lower::pattern_variables;

/// The fields that closure `f` reads of parameter `index`; `None` if it takes the record whole.
pub(super) fn field_reads(f: &Expr, index: usize) -> Option<BTreeSet<String>> {
    let Expr::Closure(closure) = f else { return None };
    match closure.inputs.get(index)? {
        Pat::Wild(_) => Some(BTreeSet::new()),
        Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none() => {
            let name = ident.ident.to_string();
            if rebinds(&closure.body, &name) {
                return None;
            }
            let mut fields = BTreeSet::new();
            scan(closure.body.to_token_stream(), &name, &mut fields).then_some(fields)
        }
        Pat::Struct(taken) if taken.qself.is_none() && !is_variant(&taken.path) => {
            let field = |field: &syn::FieldPat| match &field.member {
                Member::Named(name) => Some(name.to_string()),
                Member::Unnamed(_) => None,
            };
            taken.fields.iter().map(field).collect()
        }
        _ => None,
    }
}

/// True if the path names an enum's variant, as far as its spelling tells.
fn is_variant(path: &syn::Path) -> bool {
    let owner = path.segments.iter().rev().nth(1).map(|owner| owner.ident.to_string());
    owner.is_some_and(|owner| owner.starts_with(char::is_uppercase))
}

/// True if a pattern inside binds the name again.
fn rebinds(body: &Expr, name: &str) -> bool {
    struct Finder<'n> {
        name: &'n str,
        found: bool,
    }
    impl<'ast> syn::visit::Visit<'ast> for Finder<'_> {
        fn visit_pat(&mut self, pattern: &'ast Pat) {
            let mut names = Vec::new();
            pattern_variables(pattern, &mut names);
            self.found |= names.iter().any(|name| name == self.name);
        }
    }
    let mut finder = Finder { name, found: false };
    syn::visit::Visit::visit_expr(&mut finder, body);
    finder.found
}

/// Collects fields; false as soon as the name is used in another way.
fn scan(tokens: TokenStream, name: &str, fields: &mut BTreeSet<String>) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                let in_macro = is_bang(&tokens, at);
                let legal = if in_macro {
                    !mentions(group.stream(), name)
                } else {
                    scan(group.stream(), name, fields)
                };
                if !legal {
                    return false;
                }
            }
            TokenTree::Ident(word) if word == name && !is_dot(&tokens, at.wrapping_sub(1)) => {
                match field_after(&tokens[at + 1..]) {
                    Some(field) => fields.insert(field),
                    None => return false,
                };
                at += 2;
            }
            _ => {}
        }
        at += 1;
    }
    true
}

/// True if a group at `at` is a macro's: `name! (..)`.
fn is_bang(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2
        && matches!(&tokens[at - 1], TokenTree::Punct(punct) if punct.as_char() == '!')
        && matches!(&tokens[at - 2], TokenTree::Ident(_))
}

fn is_dot(tokens: &[TokenTree], at: usize) -> bool {
    // `..name` is a range's end, not a field.
    let dot = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == '.');
    dot(at) && !(at > 0 && dot(at - 1))
}

/// `.field`, not followed by a call, a turbofish or an assignment's `=`.
fn field_after(tokens: &[TokenTree]) -> Option<String> {
    let [TokenTree::Punct(dot), TokenTree::Ident(field), rest @ ..] = tokens else { return None };
    if dot.as_char() != '.' || field == "await" {
        return None;
    }
    match rest.first() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => None,
        Some(TokenTree::Punct(colon)) if colon.as_char() == ':' => None,
        _ => Some(field.to_string()),
    }
}

/// True if the name stands among the tokens, or as a word inside one of their literals.
fn mentions(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Ident(word) => word == name,
        TokenTree::Literal(literal) => literal
            .to_string()
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| word == name),
        TokenTree::Punct(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(closure: &str) -> String {
        let closure: Expr = syn::parse_str(closure).expect("a closure");
        match field_reads(&closure, 0) {
            Some(fields) => fields.into_iter().collect::<Vec<_>>().join(" "),
            None => "whole".to_owned(),
        }
    }

    #[test]
    fn fields_are_read() {
        assert_eq!(reads("|b| b.price"), "price");
        assert_eq!(reads("|b| b.price >= min && !b.url.is_empty()"), "price url");
        assert_eq!(reads("|b| (b.a, b.b.c)"), "a b");
        assert_eq!(reads("|_| 1"), "");
        assert_eq!(reads("|b| 7"), "");
        assert_eq!(reads("|b| x.b + b.a"), "a");
        assert_eq!(reads("|b| f(b.a)"), "a");
        assert_eq!(reads("|BidRef { price, .. }| price"), "price");
        assert_eq!(reads("|nexmark::BidRef { price: p, url, .. }| (p, url)"), "price url");
        assert_eq!(reads("|BidRef { .. }| 1"), "");
    }

    #[test]
    fn anything_else_takes_the_record_whole() {
        for closure in [
            "|b| b",
            "|b| f(b)",
            "|b| b.is_large()",
            "|b| b.len::<u8>()",
            "|b| format!(\"{}\", b.price)",
            "|b| format!(\"{b:?}\")",
            "|b: BidRef| b.price",
            "|BidRef(price, ..)| price",
            "|EventRef::Bid { price, .. }| price",
            "|BidRef { price, .. }: BidRef| price",
            "|(a, b)| a",
            "|b| { let b = b.price; b }",
            "|b| xs.iter().map(|b| b.x).count() as u64 + b.price",
            "|b| Out { b }",
            "|b| match b.kind { Some(b) => b, None => 0 }",
            "|b| b.0",
            "|b| 0..b",
            "price_of",
        ] {
            assert_eq!(reads(closure), "whole", "{closure}");
        }
    }
}
