//! `BidWith`, the record with any mixture of owned parts and views, and `BidRef`, its alias with all views.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::model::{Field, Model, Style, Variant};
use super::tokens::{private, tokens};

/// The `…With`, the `…Ref` and what is implemented on them beside `Emit`.
pub(super) fn with(model: &Model) -> TokenStream {
    let parts = [definition(model), alias(model), debug(model), into_owned(model)];
    parts.into_iter().collect()
}

fn definition(model: &Model) -> TokenStream {
    let private = private!();
    let (vis, name, parts) = (&model.vis, model.with_name(), model.parts());
    let generics = (!parts.is_empty()).then(|| quote! { <#(#parts),*> });
    let doc = format!(
        "A [`{0}`] made of any mixture of owned parts and views. It is sent without being copied together first; \
         with views only it is a [`{0}Ref`].",
        model.name
    );
    let total = (!model.has_floats()).then(|| {
        quote! { ::core::cmp::Eq, ::core::cmp::Ord, ::core::hash::Hash, }
    });
    let serde = format!("{private}::serde").replace(' ', "");
    let record = super::model::plain(&model.name);
    let rename = (!model.has_serde_rename).then(|| tokens! { #[serde(rename = #record)] });
    let attributes = &model.attributes;
    let item = if model.is_enum {
        let variants = model.variants.iter().map(|variant| {
            let (name, body, attributes) = (&variant.name, body(variant), &variant.attributes);
            tokens! { #(#attributes)* #name #body }
        });
        tokens! { #vis enum #name #generics { #(#variants),* } }
    } else {
        let variant = &model.variants[0];
        let (body, end) = (body(variant), (variant.style != Style::Named).then(|| quote! { ; }));
        tokens! { #vis struct #name #generics #body #end }
    };
    tokens! {
        #[doc = #doc]
        #[derive(
            ::core::clone::Clone, ::core::marker::Copy, ::core::cmp::PartialEq, ::core::cmp::PartialOrd,
            #total #private::serde::Serialize
        )]
        #[serde(crate = #serde)]
        #rename
        #(#attributes)*
        #item
    }
}

/// The fields in braces or parentheses; a part's type is its parameter.
fn body(variant: &Variant) -> TokenStream {
    let fields = variant.fields.iter().map(|field| {
        let Field { vis, ty, part, attributes, member, .. } = field;
        let ty = part.as_ref().map_or_else(|| ty.to_token_stream(), ToTokens::to_token_stream);
        let name = (variant.style == Style::Named).then(|| quote! { #member: });
        tokens! { #(#attributes)* #vis #name #ty }
    });
    match variant.style {
        Style::Named => tokens! { { #(#fields),* } },
        Style::Tuple => tokens! { ( #(#fields),* ) },
        Style::Unit => TokenStream::new(),
    }
}

fn alias(model: &Model) -> TokenStream {
    let (vis, name, with) = (&model.vis, model.ref_name(), model.with_name());
    let views = model.fields().filter(|field| field.part.is_some()).map(|field| {
        let ty = &field.ty;
        match ty.to_token_stream().to_string().as_str() {
            "String" => tokens! { &'view str },
            _ => {
                let view = field.item("Record", "View");
                tokens! { #view<'view> }
            }
        }
    });
    let views: Vec<_> = views.collect();
    let views = (!views.is_empty()).then(|| tokens! { <#(#views),*> });
    let params: Vec<_> = model
        .generics
        .params
        .iter()
        .map(|param| match param {
            syn::GenericParam::Type(param) => param.ident.to_token_stream(),
            other => other.to_token_stream(),
        })
        .collect();
    let doc = format!("The view of a [`{}`], which closures see.", model.name);
    tokens! {
        #[doc = #doc]
        #[allow(dead_code)]
        #vis type #name<'view, #(#params),*> = #with #views;
    }
}

fn debug(model: &Model) -> TokenStream {
    let (with, parts, with_name) = (model.with_type(), model.parts(), model.with_name());
    let arms = model.variants.iter().map(|variant| {
        let pattern = variant.pattern(model, &with_name, "");
        let (text, locals) = (variant.text(), variant.locals(""));
        let names = variant.fields.iter().map(Field::text);
        match variant.style {
            Style::Named => tokens! {
                #pattern => f.debug_struct(#text)#(.field(#names, #locals))*.finish(),
            },
            Style::Tuple => tokens! {
                #pattern => f.debug_tuple(#text)#(.field(#locals))*.finish(),
            },
            Style::Unit => tokens! { #pattern => f.write_str(#text), },
        }
    });
    tokens! {
        #[automatically_derived]
        impl<#(#parts: ::core::fmt::Debug),*> ::core::fmt::Debug for #with {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self { #(#arms)* }
            }
        }
    }
}

fn into_owned(model: &Model) -> TokenStream {
    let private = private!();
    let (params, conditions) = model.with_generics();
    let (with, owned) = (model.with_type(), model.self_type());
    let doc = format!(
        "Copies the parts that are borrowed and moves those that are not into a [`{}`].",
        model.name
    );
    tokens! {
        #[automatically_derived]
        impl<#(#params),*> #with where #(#conditions),* {
            #[doc = #doc]
            #[allow(dead_code)]
            pub fn into_owned(self) -> #owned {
                #private::Emit::into_record(self)
            }
        }
    }
}
