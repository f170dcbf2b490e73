//! `#[record]`: from a struct or enum to everything that carries it through a pipeline.
//!
//! ```text
//!   item ── parse ──▶ Model ──▶ owned       the item, the derives it lacks, Eq/Ord/Hash where all fields have them
//!                          ├──▶ archived    ArchivedBid, its validation
//!                          ├──▶ with        BidWith, BidRef, their Debug and Serialize, into_owned
//!                          ├──▶ record_impl Record, Element, Key, Ranked
//!                          └──▶ emit_impl   Emit for Bid and for BidWith
//! ```
//!
//! Structs and enums are treated alike: a struct is an enum with one variant whose path is its name. Every emitted body
//! is a `match` over `model::Variant`s. Local names are hygienic, so that a field may be called `out` or `resolver`.

mod archived;
mod attributes;
mod check;
mod emit_impl;
mod facts;
mod messages;
mod model;
mod names;
mod owned;
mod parse;
mod record_impl;
mod tokens;
mod with;

use proc_macro2::TokenStream;
use quote::quote;

/// Expands `#[record(attribute)] item`. Mistakes become `compile_error!`s on the user's tokens, beside the item itself.
pub fn record(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = messages::Errors::default();
    let item = match parse::item(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let model = parse::model(attribute, &item, &mut errors);
    let model = model.filter(|_| !errors.is_fatal);
    let owned = owned::item(item, model.as_ref());
    let errors = errors.into_tokens();
    let Some(model) = model else { return quote! { #owned #errors } };
    let impls = [
        owned::impls(&model),
        archived::archived(&model),
        with::with(&model),
        record_impl::impls(&model),
        emit_impl::impls(&model),
        facts::facts(&model),
    ];
    quote! { #owned #(#impls)* #errors }
}
