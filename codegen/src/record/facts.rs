//! `impl Key` and `impl Ranked`, where all fields have them.

use proc_macro2::TokenStream;

use super::model::{Model, Variant};
use super::owned::field_conditions;
use super::tokens::{private, tokens};

/// `Key`, unless a field is written as a float, and `Ranked`.
pub(super) fn facts(model: &Model) -> TokenStream {
    let key = (!model.has_floats()).then(|| key(model));
    let ranked = ranked(model);
    tokens! { #key #ranked }
}

fn key(model: &Model) -> TokenStream {
    let private = private!();
    let (params, mut conditions) = model.record_generics();
    conditions.extend(field_conditions(model, tokens! { #private::Key }));
    let (owned, with) = (model.self_type(), model.with_name());
    let write = model.variants.iter().enumerate().map(|(tag, variant)| {
        let pattern = variant.pattern(model, &with, "");
        let fields = variant.fields.iter().map(|field| {
            let (write_key, local) = (field.item("Key", "write_key"), field.local(""));
            tokens! { #write_key(#local, out); }
        });
        let tag = tag as u8;
        let tag = model.is_enum.then(|| tokens! { #private::KeyBytes::bytes(out, &[#tag]); });
        tokens! { #pattern => { #tag #(#fields)* } }
    });
    let same = pairs(model, |variant| {
        let fields = variant.fields.iter().map(|field| {
            let (same_key, a, b) =
                (field.item("Key", "same_key"), field.local("a"), field.local("b"));
            tokens! { #same_key(#a, #b) }
        });
        tokens! { true #(&& #fields)* }
    });
    let other = (model.variants.len() > 1).then(|| tokens! { _ => false, });
    tokens! {
        #[automatically_derived]
        impl<#(#params),*> #private::Key for #owned where #(#conditions),* {
            #[inline]
            #[allow(unused_variables)]
            fn write_key(view: #private::View<'_, Self>, out: &mut impl #private::KeyBytes) {
                match view { #(#write)* }
            }
            #[inline]
            fn same_key(a: #private::View<'_, Self>, b: #private::View<'_, Self>) -> bool {
                match (a, b) { #same #other }
            }
        }
    }
}

fn ranked(model: &Model) -> TokenStream {
    let private = private!();
    let (params, mut conditions) = model.record_generics();
    conditions.extend(field_conditions(model, tokens! { #private::Ranked }));
    let (owned, with) = (model.self_type(), model.with_name());
    let rank = pairs(model, |variant| {
        let fields = variant.fields.iter().map(|field| {
            let (rank, a, b) = (field.item("Ranked", "rank"), field.local("a"), field.local("b"));
            tokens! { .then_with(|| #rank(#a, #b)) }
        });
        tokens! { ::core::cmp::Ordering::Equal #(#fields)* }
    });
    let other = (model.variants.len() > 1).then(|| {
        let tags = model.variants.iter().enumerate().map(|(tag, variant)| {
            let (path, tag) = (variant.path(model, &with), tag as u8);
            tokens! { #path { .. } => #tag, }
        });
        let tags: TokenStream = tags.collect();
        tokens! {
            (a, b) => {
                let (a, b): (u8, u8) = (match a { #tags }, match b { #tags });
                a.cmp(&b)
            }
        }
    });
    tokens! {
        #[automatically_derived]
        impl<#(#params),*> #private::Ranked for #owned where #(#conditions),* {
            #[inline]
            fn rank(
                a: #private::View<'_, Self>,
                b: #private::View<'_, Self>,
            ) -> ::core::cmp::Ordering {
                match (a, b) { #rank #other }
            }
        }
    }
}

/// Arms for two views of the same variant, whose fields are bound to `a_…` and `b_…`.
fn pairs(model: &Model, body: impl Fn(&Variant) -> TokenStream) -> TokenStream {
    let with = model.with_name();
    let arms = model.variants.iter().map(|variant| {
        let a = variant.pattern(model, &with, "a");
        let b = variant.pattern(model, &with, "b");
        let body = body(variant);
        tokens! { (#a, #b) => #body, }
    });
    arms.collect()
}
