//! The typed surface: under `cfg(rust_analyzer)` the user's untouched tokens, as ordinary Rust.

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::{FnArg, ItemFn, PathArguments, ReturnType, Type};

/// A pipeline's body against `thalweg::stream`, in the place of the builder of its plan. The choice stands inside the
/// function, where `#[allow(unexpected_cfgs)]` reaches it: no crate but ours declares that cfg.
pub fn surface_build(function: &ItemFn) -> TokenStream {
    let inputs: Vec<FnArg> = function.sig.inputs.iter().map(without_attributes).collect();
    let (output, block) = (&function.sig.output, &function.block);
    code! {
        #[cfg(rust_analyzer)]
        #[allow(unused, clippy::all)]
        fn build(plan: &mut ::thalweg::__private::Plan, #(#inputs),*) -> ::thalweg::Result {
            fn surface(#(#inputs),*) #output #block
            ::core::unreachable!("the typed surface never runs")
        }
    }
}

/// A fragment's body, as the function that it is, but that whatever is a stream may be passed and returned as one.
pub fn surface_fragment(function: &ItemFn) -> TokenStream {
    let ItemFn { attrs, vis, sig, block, .. } = function;
    let mut sig = sig.clone();
    let streams: TokenStream = sig.inputs.iter_mut().filter_map(accept_any_stream).collect();
    let returned = match &sig.output {
        ReturnType::Type(_, ty) if is_stream(ty) => {
            code!(::thalweg::stream::IntoStream::into_stream(#block))
        }
        _ => code!(#block),
    };
    code!(#[allow(unused, clippy::all)] #(#attrs)* #vis #sig { #streams #returned })
}

/// `Stream<T>`, also by its name for streams with event time.
fn is_stream(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident == "Stream" || last.ident == "Timed")
}

/// Makes `x: Stream<T>` a parameter that a side or a keyed stream fits; returns the statement that makes it the stream.
fn accept_any_stream(input: &mut FnArg) -> Option<TokenStream> {
    let FnArg::Typed(input) = input else { return None };
    let Type::Path(path) = &*input.ty else { return None };
    let last = path.path.segments.last().filter(|_| is_stream(&input.ty))?;
    let PathArguments::AngleBracketed(record) = &last.arguments else { return None };
    let (pattern, record, ty) = (&input.pat, &record.args, &input.ty);
    let stream = code!(let #pattern: #ty = ::thalweg::stream::IntoStream::into_stream(#pattern););
    *input.ty = syn::parse_quote!(impl ::thalweg::stream::IntoStream<#record>);
    Some(stream)
}

/// `#[arg(..)]` and doc comments are not for rustc.
fn without_attributes(input: &FnArg) -> FnArg {
    let mut input = input.clone();
    if let FnArg::Typed(typed) = &mut input {
        typed.attrs.clear();
    }
    input
}

/// After an error, a function of the user's name, so that nothing else breaks because of it.
pub fn stub_pipeline(function: &ItemFn) -> TokenStream {
    let ItemFn { vis, sig, .. } = function;
    let name = &sig.ident;
    let surface = surface_build(function);
    code! {
        #[allow(dead_code, unexpected_cfgs)]
        #vis fn #name() -> ::thalweg::__private::Definition {
            #surface
            ::core::unreachable!("the pipeline did not compile")
        }
    }
}

/// After an error, a fragment that can be called like the one that was meant.
pub fn stub_fragment(function: &ItemFn) -> TokenStream {
    let ItemFn { vis, sig, .. } = function;
    let name = &sig.ident;
    let types: Vec<Ident> = (1..sig.inputs.len().max(1))
        .map(|index| Ident::new(&format!("T{index}"), Span::call_site()))
        .collect();
    code! {
        #[allow(dead_code, unused_variables, clippy::too_many_arguments)]
        #vis fn #name<Rest, #(#types),*>(
            plan: &mut ::thalweg::__private::Plan,
            path: &str,
            returned: impl ::core::marker::Sized,
            rest: Rest,
            #(_: #types),*
        ) -> ::core::result::Result<Rest, ::thalweg::__private::Failure> {
            ::core::unreachable!("the fragment did not compile")
        }
    }
}

/// Of two items, the one that the tool at work wants. The choice is a macro's, made inside a module, because there
/// `#[allow(unexpected_cfgs)]` reaches it: no crate but ours declares that cfg.
pub fn choice(name: &Ident, compiled: &TokenStream, surface: &TokenStream) -> TokenStream {
    let choose = Ident::new(&format!("__thalweg_choose_{}", name.unraw()), Span::call_site());
    code! {
        #[doc(hidden)]
        #[allow(unexpected_cfgs)]
        #[macro_use]
        mod #choose {
            #[cfg(not(rust_analyzer))]
            macro_rules! #choose {
                ({ $($compiled:tt)* } { $($surface:tt)* }) => { $($compiled)* };
            }
            #[cfg(rust_analyzer)]
            macro_rules! #choose {
                ({ $($compiled:tt)* } { $($surface:tt)* }) => { $($surface)* };
            }
        }
        #choose! { { #compiled } { #surface } }
    }
}
