//! `impl Record`: the view of an archive, the copy of a view, the layout.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::model::{FieldDefault, Model, Variant};
use super::tokens::{private, tokens};

/// `Record` and `Element`.
pub(super) fn impls(model: &Model) -> TokenStream {
    let private = private!();
    let (params, conditions) = model.record_generics();
    let (owned, archived) = (model.self_type(), model.archived_type());
    let (view, args) = (model.ref_name(), model.generic_args());
    let fixed = model.fields().map(|field| field.item("Record", "FIXED"));
    let view_archived = rebuild(model, &model.archived_name(), &model.with_name(), "view_archived");
    let from_view = rebuild(model, &model.with_name(), &model.name, "from_view");
    let columns = columns(model);
    let layout = layout(model);
    let elements: Vec<_> =
        model.type_params().iter().map(|param| tokens! { #param: #private::Element }).collect();
    tokens! {
        #[automatically_derived]
        // SAFETY: the archive is packed in declaration order, as the roots of both `Emit`s are written.
        unsafe impl<#(#params),*> #private::Record for #owned where #(#conditions),* {
            type Archived = #archived;
            type View<'view> = #view<'view, #(#args),*>;
            const FIXED: bool = true #(&& #fixed)*;
            const COLUMNS: &'static [&'static str] = #columns;
            #[inline(always)]
            fn view_archived(archived: &#archived) -> #private::View<'_, Self> {
                match archived { #view_archived }
            }
            #[inline(always)]
            fn from_view(view: #private::View<'_, Self>) -> Self {
                match view { #from_view }
            }
            fn layout(layout: &mut #private::Layout) {
                #layout
            }
        }

        #[automatically_derived]
        impl<#(#params),*> #private::Element for #owned where #(#conditions,)* #(#elements),* {}
    }
}

/// Arms that take `from` apart and build `to`, each field through `Record::function`.
fn rebuild(model: &Model, from: &Ident, to: &Ident, function: &str) -> TokenStream {
    let arms = model.variants.iter().map(|variant| {
        let pattern = variant.pattern(model, from, "");
        let path = variant.path(model, to);
        let fields = variant.fields.iter().map(|field| {
            let (member, local) = (&field.member, field.local(""));
            let function = field.item("Record", function);
            tokens! { #member: #function(#local) }
        });
        tokens! { #pattern => #path { #(#fields),* }, }
    });
    arms.collect()
}

/// The names of a struct's named fields in text formats.
fn columns(model: &Model) -> TokenStream {
    let is_named = !model.is_enum && model.variants[0].style == super::model::Style::Named;
    let names = model.fields().filter(|_| is_named).map(|field| &field.column);
    quote! { &[#(#names),*] }
}

fn layout(model: &Model) -> TokenStream {
    let private = private!();
    let record = super::model::plain(&model.name);
    let fields = |variant: &Variant| -> TokenStream {
        let fields = variant.fields.iter().map(|field| {
            let (ty, name, was) = (&field.ty, field.text(), &field.was);
            let default = match &field.default {
                None if was.is_empty() => return tokens! { layout.field::<#ty>(#name); },
                None => tokens! { ::core::option::Option::None },
                Some(default) => {
                    let value = match default {
                        FieldDefault::OfType => {
                            tokens! { <#ty as ::core::default::Default>::default() }
                        }
                        FieldDefault::Is(_, function) => tokens! { Self::#function() },
                    };
                    tokens! {
                        ::core::option::Option::Some(|| #private::default_of::<#ty>(#value))
                    }
                }
            };
            tokens! { layout.evolved_field::<#ty>(#name, &[#(#was),*], #default); }
        });
        fields.collect()
    };
    let body = if model.is_enum {
        let variants = model.variants.iter().map(|variant| {
            let (name, fields) = (variant.text(), fields(variant));
            tokens! { layout.variant(#name, |layout| { #fields }); }
        });
        variants.collect()
    } else {
        fields(&model.variants[0])
    };
    let ancestors = &model.ancestors;
    tokens! {
        #[allow(unused_variables)]
        layout.record::<Self>(#record, |layout| {
            #(layout.was::<#ancestors, Self>();)*
            #body
        });
    }
}
