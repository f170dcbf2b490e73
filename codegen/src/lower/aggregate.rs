//! `aggregate(|w| ..)`: the closure's calls on `w` become accumulators, the rest runs once per result.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Pat, Token};

use super::{Lowering, one_line};
use crate::catalog::{self, Adds};
use crate::diagnostic::nearest;
use crate::ir::{AggregateCall, AggregateResult, Aggregation};
use crate::messages as m;

/// More different accumulators than this are refused: tuples of aggregates end there.
const CALLS_MAX: usize = 8;

/// What `w.key()` becomes.
pub fn key_word(span: Span) -> Ident {
    Ident::new("key", Span::mixed_site().located_at(span))
}

/// What `w.window()` becomes.
pub fn window_word(span: Span) -> Ident {
    Ident::new("window", Span::mixed_site().located_at(span))
}

impl Lowering<'_> {
    /// The accumulators of `aggregate(closure)`.
    pub(super) fn aggregate_expression(
        &mut self,
        closure: &Expr,
        windowed: bool,
        span: Span,
    ) -> Option<Aggregation> {
        let parameter = match closure {
            Expr::Closure(closure) if closure.inputs.len() == 1 => match &closure.inputs[0] {
                Pat::Ident(ident) => Some((ident.ident.clone(), &closure.body)),
                _ => None,
            },
            _ => None,
        };
        let Some((parameter, body)) = parameter else {
            self.errors.report(&m::AGGREGATE_CLOSURE, span, "", &self.place);
            return None;
        };
        let reported = self.errors.len();
        let mut rewrite =
            Rewrite { lowering: self, parameter, windowed, calls: Vec::new(), keys: Vec::new() };
        let body = rewrite.tokens(body.to_token_stream());
        let Rewrite { calls, parameter, .. } = rewrite;
        if calls.is_empty() {
            if self.errors.len() == reported {
                self.errors.report(&m::NO_AGGREGATE, span, "", &self.place);
            }
            return None;
        }
        if calls.len() > CALLS_MAX {
            self.errors.report(&m::TOO_MANY_AGGREGATES, span, "", &self.place);
            return None;
        }
        Some(Aggregation::Calls { calls, result: AggregateResult::Expression { parameter, body } })
    }
}

/// Replaces `w.call(..)` by the name of its result, in macro calls too: tokens are all there is to see there.
struct Rewrite<'l, 'e> {
    lowering: &'l mut Lowering<'e>,
    parameter: Ident,
    windowed: bool,
    calls: Vec<AggregateCall>,
    /// Text of each call, to share equal ones.
    keys: Vec<String>,
}

impl Rewrite<'_, '_> {
    fn tokens(&mut self, tokens: TokenStream) -> TokenStream {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut out = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Ident(word) if *word == self.parameter && !after_dot(&tokens, at) => {
                    match method_call(&tokens[at + 1..]) {
                        Some((method, args)) => {
                            out.push(TokenTree::Ident(self.call(method, args)));
                            at += 3;
                        }
                        None => {
                            let (name, place) = (self.parameter.to_string(), &self.lowering.place);
                            let errors = &mut self.lowering.errors;
                            errors.report(&m::BARE_AGGREGATE, word.span(), &name, place);
                        }
                    }
                }
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.tokens(group.stream()));
                    inner.set_span(group.span());
                    out.push(TokenTree::Group(inner));
                }
                other => out.push(other.clone()),
            }
            at += 1;
        }
        out.into_iter().collect()
    }

    /// One call: its accumulator's name.
    fn call(&mut self, method: &Ident, args: &Group) -> Ident {
        let name = method.to_string();
        match name.as_str() {
            "key" => return key_word(method.span()),
            "window" => {
                if !self.windowed {
                    let place = &self.lowering.place;
                    self.lowering.errors.report(&m::NO_WINDOW, method.span(), "", place);
                }
                return window_word(method.span());
            }
            _ => {}
        }
        let Some((operator, kind)) = catalog::find_aggregate(&name) else {
            self.unknown(method);
            return method.clone();
        };
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let args: Vec<Expr> = match parser.parse2(args.stream()) {
            Ok(args) => args.into_iter().collect(),
            Err(error) => {
                self.lowering.errors.report_syntax(&error);
                return method.clone();
            }
        };
        if !self.lowering.check_args(operator, method, &args) {
            return method.clone();
        }
        let text = format!("{name}({})", args.iter().map(one_line).collect::<Vec<_>>().join(","));
        let index = self.keys.iter().position(|key| *key == text).unwrap_or_else(|| {
            let mut args = args.into_iter();
            let arg = if args.len() == 2 { args.next() } else { None };
            let f = if kind.adds == Adds::Unit { None } else { args.next() };
            self.keys.push(text);
            self.calls.push(AggregateCall { kind, arg, f, span: method.span() });
            self.calls.len() - 1
        });
        accumulator_word(&self.calls[index], index, method.span())
    }

    fn unknown(&mut self, method: &Ident) {
        let name = method.to_string();
        let names = catalog::names().filter(|name| catalog::find_aggregate(name).is_some());
        let help = match nearest(&name, names.chain(["key", "window", "with"])) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "see the aggregates in the documentation of `thalweg::stream`".to_owned(),
        };
        let (errors, place) = (&mut self.lowering.errors, &self.lowering.place);
        errors.report_with_help(&m::UNKNOWN_AGGREGATE, method.span(), &name, place, &help);
    }
}

/// The name of an accumulator's result: `sum1`.
pub(crate) fn accumulator_word(call: &AggregateCall, index: usize, span: Span) -> Ident {
    Ident::new(&format!("{}{index}", call.kind.name), Span::mixed_site().located_at(span))
}

fn after_dot(tokens: &[TokenTree], at: usize) -> bool {
    at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(punct) if punct.as_char() == '.')
}

/// `. method ( args )` at the start of `tokens`.
fn method_call(tokens: &[TokenTree]) -> Option<(&Ident, &Group)> {
    match tokens {
        [TokenTree::Punct(dot), TokenTree::Ident(method), TokenTree::Group(args), ..]
            if dot.as_char() == '.' && args.delimiter() == Delimiter::Parenthesis =>
        {
            Some((method, args))
        }
        _ => None,
    }
}
