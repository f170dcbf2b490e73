//! `impl Emit` for the record itself and for every `…With`: how they are written.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;

use super::model::{Field, Model, Variant};
use super::tokens::{private, tokens};

/// Both `Emit`s. They differ in their fields' types only.
pub(super) fn impls(model: &Model) -> TokenStream {
    let private = private!();
    let owned = Form {
        model,
        name: model.name.clone(),
        self_type: model.self_type(),
        generics: model.record_generics(),
        field_type: |field| field.ty.to_token_stream(),
    };
    let with = Form {
        model,
        name: model.with_name(),
        self_type: model.with_type(),
        generics: model.with_generics(),
        field_type: |field| match &field.part {
            Some(part) => part.to_token_stream(),
            None => field.ty.to_token_stream(),
        },
    };
    let moves = tokens! {
        #[inline(always)]
        fn into_record(self) -> Self { self }
        #[inline(always)]
        fn slice_view(items: &[Self]) -> #private::SliceView<'_, Self> {
            #private::SliceView::owned(items)
        }
    };
    let into_record = with.taking_parts();
    let (owned, with) = (owned.emit(moves), with.emit(into_record));
    tokens! { #owned #with }
}

/// One of the two forms of a record in memory.
struct Form<'a> {
    model: &'a Model,
    name: Ident,
    self_type: TokenStream,
    generics: (Vec<TokenStream>, Vec<TokenStream>),
    field_type: fn(&Field) -> TokenStream,
}

impl Form<'_> {
    fn emit(&self, into_record: TokenStream) -> TokenStream {
        let private = private!();
        let Form { model, self_type, generics: (params, conditions), .. } = self;
        let record = model.self_type();
        let (definition, resolver) = self.resolver();
        let as_view = self.arms(|variant| {
            let path = variant.path(model, &model.with_name());
            let (members, locals) =
                (variant.fields.iter().map(|field| &field.member), variant.locals(""));
            tokens! { #path { #(#members: #private::Emit::as_view(#locals)),* } }
        });
        let room = self.arms(|variant| {
            let locals = variant.locals("");
            tokens! { 0 #(+ #private::Emit::room(#locals))* }
        });
        let tails = self.arms(|variant| {
            let (path, locals) = (self.resolver_path(variant), variant.locals(""));
            tokens! { #path ( #(#private::Emit::tails(#locals, out),)* ) }
        });
        let root = self.roots();
        let emit = tokens! {
            #[automatically_derived]
            // SAFETY: writes the tag, if there is one, and the fields in declaration order, padded to the archive's size.
            unsafe impl<#(#params),*> #private::Emit for #self_type where #(#conditions),* {
                type Record = #record;
                type Resolver = #resolver;
                #[inline(always)]
                fn as_view(&self) -> #private::View<'_, #record> {
                    match self { #as_view }
                }
                #into_record
                #[inline(always)]
                fn room(&self) -> ::core::primitive::usize {
                    match self { #room }
                }
                #[inline(always)]
                #[allow(unused_variables)]
                fn tails(&self, out: &mut #private::Tails<'_>) -> <Self as #private::Emit>::Resolver {
                    match self { #tails }
                }
                #[inline(always)]
                #[allow(unused_variables)]
                fn root(
                    &self,
                    resolver: <Self as #private::Emit>::Resolver,
                    out: &mut #private::Root<'_>,
                ) {
                    #root
                }
            }
        };
        // The resolver of an enum is a type of its own that nobody needs to name.
        if model.is_enum {
            tokens! { const _: () = { #definition #emit }; }
        } else {
            emit
        }
    }

    fn taking_parts(&self) -> TokenStream {
        let private = private!();
        let record = self.model.self_type();
        let arms = self.arms(|variant| {
            let path = variant.path(self.model, &self.model.name);
            let (members, locals) =
                (variant.fields.iter().map(|field| &field.member), variant.locals(""));
            tokens! { #path { #(#members: #private::Emit::into_record(#locals)),* } }
        });
        tokens! {
            #[inline]
            fn into_record(self) -> #record {
                match self { #arms }
            }
        }
    }

    fn arms(&self, body: impl Fn(&Variant) -> TokenStream) -> TokenStream {
        let arms = self.model.variants.iter().map(|variant| {
            let (pattern, body) = (variant.pattern(self.model, &self.name, ""), body(variant));
            tokens! { #pattern => #body, }
        });
        arms.collect()
    }

    /// The type of the resolver: a tuple of the fields' resolvers, for an enum one such tuple per variant.
    fn resolver(&self) -> (TokenStream, TokenStream) {
        let private = private!();
        let resolvers = |variant: &Variant| -> Vec<TokenStream> {
            let types = variant.fields.iter().map(self.field_type);
            types.map(|ty| tokens! { <#ty as #private::Emit>::Resolver }).collect()
        };
        if !self.model.is_enum {
            let resolvers = resolvers(&self.model.variants[0]);
            return (TokenStream::new(), tokens! { (#(#resolvers,)*) });
        }
        let variants = self.model.variants.iter().enumerate().map(|(index, variant)| {
            let (name, count) = (&variant.name, variant.fields.len());
            let params: Vec<_> =
                (0..count).map(|at| quote::format_ident!("V{index}F{at}")).collect();
            (name, params, resolvers(variant))
        });
        let variants: Vec<_> = variants.collect();
        let params = variants.iter().flat_map(|(_, params, _)| params);
        let args = variants.iter().flat_map(|(_, _, resolvers)| resolvers);
        let bodies = variants.iter().map(|(name, params, _)| tokens! { #name ( #(#params),* ) });
        let definition = tokens! {
            #[doc(hidden)]
            #[allow(missing_docs, clippy::large_enum_variant)]
            pub enum Resolver<#(#params),*> { #(#bodies),* }
        };
        (definition, tokens! { Resolver<#(#args),*> })
    }

    fn resolver_path(&self, variant: &Variant) -> TokenStream {
        let name = &variant.name;
        if self.model.is_enum {
            tokens! { Resolver::#name }
        } else {
            TokenStream::new()
        }
    }

    fn roots(&self) -> TokenStream {
        let private = private!();
        let archived = self.model.archived_type();
        let arms = self.model.variants.iter().enumerate().map(|(tag, variant)| {
            let pattern = variant.pattern(self.model, &self.name, "");
            let (path, locals) = (self.resolver_path(variant), variant.locals(""));
            let resolvers = variant.locals("tail");
            let archives = variant.fields.iter().map(|field| field.item("Record", "Archived"));
            let (tag, padding) = if self.model.is_enum {
                let tag = tag as u8;
                let size = tokens! {
                    1 #(+ ::core::mem::size_of::<#archives>())*
                };
                (
                    tokens! { out.put([#tag]); },
                    tokens! { out.zeros(::core::mem::size_of::<#archived>() - (#size)); },
                )
            } else {
                Default::default()
            };
            tokens! {
                (#pattern, #path (#(#resolvers,)*)) => {
                    #tag
                    #(#private::Emit::root(#locals, #resolvers, out);)*
                    #padding
                }
            }
        });
        let mismatch = (self.model.variants.len() > 1).then(|| {
            tokens! {
                _ => ::core::unreachable!("the resolver of another variant"),
            }
        });
        tokens! { match (self, resolver) { #(#arms)* #mismatch } }
    }
}
