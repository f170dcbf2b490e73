//! The archive of a record: a packed copy of its fields' archives, and how foreign bytes are checked to be one.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::{Model, Style, Variant};
use super::tokens::{private, tokens};

/// `ArchivedBid` and its validation.
pub(super) fn archived(model: &Model) -> TokenStream {
    let private = private!();
    let definition = definition(model);
    let check = check(model);
    let (params, conditions) = model.record_generics();
    let archived = model.archived_type();
    tokens! {
        #definition

        #[automatically_derived]
        // SAFETY: a packed sequence of portable archives, behind a tag of one byte if it is an enum.
        unsafe impl<#(#params),*> #private::rkyv::Portable for #archived where #(#conditions),* {}

        #check
    }
}

fn definition(model: &Model) -> TokenStream {
    let (vis, name) = (&model.vis, model.archived_name());
    let (params, conditions) = model.record_generics();
    let generics = (!params.is_empty()).then(|| quote! { <#(#params),*> });
    let clause = (!conditions.is_empty()).then(|| quote! { where #(#conditions),* });
    let doc = format!("A [`{}`] on an exchange or in state.", model.name);
    if model.is_enum {
        let variants = model.variants.iter().map(|variant| {
            let (name, body) = (&variant.name, body(variant));
            tokens! { #name #body }
        });
        return tokens! {
            #[doc = #doc]
            #[doc(hidden)]
            #[allow(dead_code)]
            #[repr(u8)]
            #vis enum #name #generics #clause { #(#variants),* }
        };
    }
    let variant = &model.variants[0];
    let body = body(variant);
    let item = match variant.style {
        Style::Named => tokens! { #vis struct #name #generics #clause #body },
        Style::Tuple | Style::Unit => tokens! { #vis struct #name #generics #body #clause; },
    };
    tokens! { #[doc = #doc] #[doc(hidden)] #[repr(C)] #item }
}

/// The fields in braces or parentheses.
fn body(variant: &Variant) -> TokenStream {
    let fields = variant.fields.iter().map(|field| field.item("Record", "Archived"));
    let members = variant.fields.iter().map(|field| &field.member);
    match variant.style {
        Style::Named => tokens! { { #(#members: #fields),* } },
        Style::Tuple => tokens! { ( #(#fields),* ) },
        Style::Unit => TokenStream::new(),
    }
}

/// Fields lie side by side, so that one pointer runs over them.
fn check(model: &Model) -> TokenStream {
    let private = private!();
    let (params, conditions) = model.record_generics();
    let archived = model.archived_type();
    let record = model.name.to_string();
    let checks = |variant: &Variant| {
        let name =
            if model.is_enum { format!("{record}::{}", variant.text()) } else { record.clone() };
        let checks = variant.fields.iter().map(|field| {
            let (ty, field) = (&field.ty, field.text());
            tokens! {
                // SAFETY: the fields before this one were checked, so `at` is within the archive.
                unsafe { #private::check_field::<#ty>(&mut at, context, #name, #field)? };
            }
        });
        tokens! { #(#checks)* }
    };
    let body = if model.is_enum {
        let arms = model.variants.iter().enumerate().map(|(tag, variant)| {
            let (tag, checks) = (tag as u8, checks(variant));
            tokens! { #tag => { #checks } }
        });
        tokens! {
            // SAFETY: the caller promises room for the archive, which starts with its tag.
            let tag = unsafe { #private::check_tag(&mut at) };
            match tag {
                #(#arms)*
                unknown => return #private::unknown_tag(unknown, #record),
            }
        }
    } else {
        checks(&model.variants[0])
    };
    tokens! {
        #[automatically_derived]
        // SAFETY: checks the tag and every field of its variant.
        unsafe impl<'validator, #(#params),*>
            #private::rkyv::bytecheck::CheckBytes<#private::Validator<'validator>> for #archived
        where #(#conditions),*
        {
            #[allow(unused_mut, unused_variables, clippy::needless_question_mark)]
            unsafe fn check_bytes(
                value: *const Self,
                context: &mut #private::Validator<'validator>,
            ) -> ::core::result::Result<(), #private::rkyv::rancor::Error> {
                let mut at = value.cast::<u8>();
                #body
                ::core::result::Result::Ok(())
            }
        }
    }
}
