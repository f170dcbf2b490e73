//! The typed surface: under `cfg(rust_analyzer)` the user's untouched tokens, as ordinary Rust.

use proc_macro2::TokenStream;
use syn::{FnArg, ItemFn};

/// A pipeline's body against `thalweg::stream`.
pub fn surface_pipeline(function: &ItemFn) -> TokenStream {
    let ItemFn { attrs, vis, sig, block, .. } = function;
    let (name, output) = (&sig.ident, &sig.output);
    let inputs = sig.inputs.iter().map(without_attributes);
    code! {
        #(#attrs)*
        #vis fn #name() -> ::thalweg::__private::Definition {
            #[allow(unused, clippy::all)]
            fn surface(#(#inputs),*) #output #block
            ::core::unreachable!("the typed surface never runs")
        }
    }
}

/// A fragment's body, as the function that it is.
pub fn surface_fragment(function: &ItemFn) -> TokenStream {
    let ItemFn { attrs, vis, sig, block, .. } = function;
    code!(#[allow(unused, clippy::all)] #(#attrs)* #vis #sig #block)
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
    code! {
        #[allow(dead_code)]
        #vis fn #name() -> ::thalweg::__private::Definition {
            ::core::unreachable!("the pipeline did not compile")
        }
    }
}
