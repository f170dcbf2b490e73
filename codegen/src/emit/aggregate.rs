//! Aggregates: constructors, what a record adds, what comes out.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::names::ours;
use super::operator::{Value, apply};
use crate::catalog::Adds;
use crate::ir::{AggregateCall, AggregateResult, Aggregation};
use crate::lower::{accumulator_word, key_word, window_word};

/// `(count(), sum(),)`.
pub fn constructor(calls: &[AggregateCall]) -> TokenStream {
    let parts = calls.iter().map(|call| {
        let word = ours(call.kind.name, call.span);
        let arg = &call.arg;
        if call.kind.name == "with" {
            return code!({
                use ::thalweg::__private::Parts as _;
                ::thalweg::__private::Own(#arg).owned()
            });
        }
        code!(::thalweg::__private::#word(#arg))
    });
    code!((#(#parts,)*))
}

/// What one record adds: `((), apply(bid, |b| b.price),)`.
pub fn addends(calls: &[AggregateCall], value: &Value) -> TokenStream {
    let parts = calls.iter().map(|call| {
        let view = value.view(call.span);
        let closure = || value.fitted(call.f.as_ref().expect("checked: takes a closure"), 0);
        let applied = || apply(&view, &closure());
        match call.kind.adds {
            Adds::Unit => code!(()),
            Adds::Value => applied(),
            Adds::Record => code!(#view),
            Adds::ValueAndRecord => {
                let applied = applied();
                code!((#applied, #view))
            }
        }
    });
    code!((#(#parts,)*))
}

/// The patterns of an aggregate's results, one per accumulator.
pub fn result_names(calls: &[AggregateCall]) -> Vec<Ident> {
    calls.iter().enumerate().map(|(index, call)| accumulator_word(call, index, call.span)).collect()
}

/// What leaves the operator, `key` and `window` being at hand.
pub fn result(aggregation: &Aggregation, windowed: bool, span: Span) -> TokenStream {
    let (key, window) = (key_word(span), window_word(span));
    let value = match aggregation {
        Aggregation::Calls { result: AggregateResult::Expression { body, .. }, .. } => {
            return code!({ #body });
        }
        Aggregation::Calls { calls, .. } => {
            let names = result_names(calls);
            code!(#(#names)*)
        }
        Aggregation::Reduce(_) | Aggregation::Fold { .. } => {
            let kept = ours("kept", span);
            code!(#kept)
        }
    };
    if windowed {
        quote_spanned!(Span::mixed_site().located_at(span)=>
            ::thalweg::__private::WindowedWith { #key, #window, value: #value })
    } else {
        quote_spanned!(Span::mixed_site().located_at(span)=>
            ::thalweg::__private::ChangedWith { #key, value: #value })
    }
}
