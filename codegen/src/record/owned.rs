//! The user's item, with the derives it lacks, and `Eq`, `PartialOrd`, `Ord`, `Hash` where all fields have them.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Fields, Item, Type, parse_quote};

use super::model::{Field, FieldDefault, Model, Variant};
use super::tokens::{private, tokens};

/// The item without our attributes and, if it is a record, with its derives.
pub(super) fn item(mut item: Item, model: Option<&Model>) -> TokenStream {
    let mut variants = model.iter().flat_map(|model| &model.variants);
    match &mut item {
        Item::Struct(item) => {
            item.attrs.retain(|attribute| !attribute.path().is_ident("migrate"));
            fields(&mut item.fields, variants.next(), model);
        }
        Item::Enum(item) => {
            item.attrs.retain(|attribute| !attribute.path().is_ident("migrate"));
            let each = item.variants.iter_mut();
            each.for_each(|one| fields(&mut one.fields, variants.next(), model));
        }
        _ => {}
    }
    let derives = model.map(derives).unwrap_or_default();
    quote! { #derives #item }
}

/// Says in serde's words what `#[default]` and `#[was]` say, and removes what is not Rust's or serde's.
fn fields(fields: &mut Fields, read: Option<&Variant>, model: Option<&Model>) {
    let known = |attribute: &Attribute| {
        let path = attribute.path();
        let words =
            ["doc", "serde", "allow", "expect", "warn", "deny", "deprecated", "cfg", "cfg_attr"];
        words.iter().any(|word| path.is_ident(word))
    };
    for (index, field) in fields.iter_mut().enumerate() {
        field.attrs.retain(known);
        if matches!(field.ty, Type::Infer(_) | Type::Never(_) | Type::ImplTrait(_)) {
            field.ty = parse_quote! { () }; // Refused already; rustc need not refuse it again.
        }
        let Some(read) = read.and_then(|read| read.fields.get(index)) else { continue };
        match &read.default {
            None => {}
            Some(FieldDefault::OfType) => field.attrs.push(parse_quote! { #[serde(default)] }),
            Some(FieldDefault::Is(_, function)) => {
                let path = format!("{}::{function}", turbofish(model));
                field.attrs.push(parse_quote! { #[serde(default = #path)] });
            }
        }
        for was in &read.was {
            field.attrs.push(parse_quote! { #[serde(alias = #was)] });
        }
    }
}

/// The record's type as a path that goes on: `Pair::<T>`.
fn turbofish(model: Option<&Model>) -> String {
    let Some(model) = model else { return String::new() };
    let args: Vec<String> = model.generic_args().iter().map(ToString::to_string).collect();
    let name = &model.name;
    if args.is_empty() { name.to_string() } else { format!("{name}::<{}>", args.join(", ")) }
}

/// Functions that make the values of `#[default = ..]`.
fn defaults(model: &Model) -> Option<TokenStream> {
    let functions: Vec<_> = model.fields().filter_map(|field| {
        let Some(FieldDefault::Is(value, function)) = &field.default else { return None };
        let ty = &field.ty;
        Some(tokens! { #[doc(hidden)] #[allow(non_snake_case)] fn #function() -> #ty { #value } })
    }).collect();
    let (params, conditions, owned) =
        (model.generic_params(), model.conditions(), model.self_type());
    (!functions.is_empty()).then(|| {
        tokens! {
            #[automatically_derived]
            impl<#(#params),*> #owned where #(#conditions),* { #(#functions)* }
        }
    })
}

fn derives(model: &Model) -> TokenStream {
    let private = private!();
    let wanted = [
        ("Debug", quote! { ::core::fmt::Debug }),
        ("Clone", quote! { ::core::clone::Clone }),
        ("PartialEq", quote! { ::core::cmp::PartialEq }),
        ("Serialize", quote! { #private::serde::Serialize }),
        ("Deserialize", quote! { #private::serde::Deserialize }),
    ];
    let missing = |name: &str| !model.provided.iter().any(|provided| provided == name);
    let paths = wanted.iter().filter(|(name, _)| missing(name)).map(|(_, path)| path);
    // Serde's helper attribute needs one of its derives, and both need to know where serde is.
    let is_serde = |name: &str| matches!(name, "Serialize" | "Deserialize");
    let ours = wanted.iter().any(|(name, _)| is_serde(name) && missing(name));
    let serde = format!("{private}::serde").replace(' ', "");
    let location = ours.then(|| tokens! { #[serde(crate = #serde)] });
    tokens! { #[derive(#(#paths),*)] #location }
}

/// `Eq`, `PartialOrd`, `Ord` and `Hash`, each where all fields have it. A bound on a type without parameters that does not
/// hold would be an error; behind `for<'any>` it is a condition like any other.
pub(super) fn impls(model: &Model) -> TokenStream {
    let missing = |name: &str| !model.provided.iter().any(|provided| provided == name);
    let is_total = !model.has_floats();
    let eq = (is_total && missing("Eq")).then(|| eq(model));
    let partial_ord = missing("PartialOrd").then(|| partial_ord(model));
    let ord = (is_total && missing("Ord")).then(|| ord(model));
    let hash = (is_total && missing("Hash")).then(|| hash(model));
    let defaults = defaults(model);
    tokens! { #eq #partial_ord #ord #hash #defaults }
}

/// `for<'any> String: Ord` for every distinct field type but scalars and those that lead back to the record: whether they
/// have a trait is the question that is being answered.
pub(super) fn field_conditions(model: &Model, bound: TokenStream) -> Vec<TokenStream> {
    let mut seen = BTreeSet::new();
    let fields = model.fields().filter(|field| field.part.is_some() && !field.is_recursive);
    let fields = fields.filter(|field| seen.insert(field.ty.to_token_stream().to_string()));
    let fields = fields.map(|Field { ty, .. }| tokens! { for<'any> #ty: #bound });
    fields.collect()
}

fn implementation(model: &Model, bound: TokenStream, body: TokenStream) -> TokenStream {
    let (params, mut conditions) = (model.generic_params(), model.conditions());
    // The derived supertraits ask for their trait on every parameter, so these do as well.
    conditions.extend(model.type_params().iter().map(|param| tokens! { #param: #bound }));
    conditions.extend(field_conditions(model, bound.clone()));
    let owned = model.self_type();
    tokens! {
        #[automatically_derived]
        impl<#(#params),*> #bound for #owned where #(#conditions),* { #body }
    }
}

fn eq(model: &Model) -> TokenStream {
    implementation(model, tokens! { ::core::cmp::Eq }, TokenStream::new())
}

fn ord(model: &Model) -> TokenStream {
    let arms = pairs(model, |(a, b)| tokens! { ::core::cmp::Ord::cmp(#a, #b) });
    let equal = tokens! { ::core::cmp::Ordering::Equal };
    let arms = arms.map(|(pattern, steps)| {
        tokens! { #pattern => { #(match #steps { #equal => {} other => return other })* #equal } }
    });
    let variants = by_variant(model, |order| order);
    let body = tokens! {
        fn cmp(&self, other: &Self) -> ::core::cmp::Ordering {
            match (self, other) { #(#arms)* #variants }
        }
    };
    implementation(model, tokens! { ::core::cmp::Ord }, body)
}

fn partial_ord(model: &Model) -> TokenStream {
    let arms = pairs(model, |(a, b)| tokens! { ::core::cmp::PartialOrd::partial_cmp(#a, #b) });
    let equal = tokens! { ::core::option::Option::Some(::core::cmp::Ordering::Equal) };
    let arms = arms.map(|(pattern, steps)| {
        tokens! { #pattern => { #(match #steps { #equal => {} other => return other })* #equal } }
    });
    let variants = by_variant(model, |order| tokens! { ::core::option::Option::Some(#order) });
    let body = tokens! {
        fn partial_cmp(&self, other: &Self) -> ::core::option::Option<::core::cmp::Ordering> {
            match (self, other) { #(#arms)* #variants }
        }
    };
    implementation(model, tokens! { ::core::cmp::PartialOrd }, body)
}

fn hash(model: &Model) -> TokenStream {
    let arms = model.variants.iter().map(|variant| {
        let (pattern, locals) = (variant.pattern(model, &model.name, ""), variant.locals(""));
        tokens! { #pattern => { #(::core::hash::Hash::hash(#locals, state);)* } }
    });
    let tag = (model.variants.len() > 1).then(|| {
        tokens! {
            ::core::hash::Hash::hash(&::core::mem::discriminant(self), state);
        }
    });
    let body = tokens! {
        #[allow(unused_variables)]
        fn hash<StateHasher: ::core::hash::Hasher>(&self, state: &mut StateHasher) {
            #tag
            match self { #(#arms)* }
        }
    };
    implementation(model, tokens! { ::core::hash::Hash }, body)
}

/// For each variant the pattern of two values of it, and `step` for each of their fields.
fn pairs(
    model: &Model,
    step: impl Fn((&syn::Ident, &syn::Ident)) -> TokenStream,
) -> impl Iterator<Item = (TokenStream, Vec<TokenStream>)> {
    model.variants.iter().map(move |variant| {
        let a = variant.pattern(model, &model.name, "a");
        let b = variant.pattern(model, &model.name, "b");
        let (left, right) = (variant.locals("a"), variant.locals("b"));
        (tokens! { (#a, #b) }, left.iter().zip(&right).map(&step).collect())
    })
}

/// The arm for two values of different variants: the one declared first is less.
fn by_variant(model: &Model, wrap: impl Fn(TokenStream) -> TokenStream) -> Option<TokenStream> {
    let tags = model.variants.iter().enumerate().map(|(tag, variant)| {
        let (path, tag) = (variant.path(model, &model.name), tag as u8);
        tokens! { #path { .. } => #tag, }
    });
    let tags: TokenStream = tags.collect();
    let order = wrap(tokens! { ::core::cmp::Ord::cmp(&a, &b) });
    (model.variants.len() > 1).then(|| {
        tokens! {
            (a, b) => {
                let (a, b): (u8, u8) = (match a { #tags }, match b { #tags });
                #order
            }
        }
    })
}
