//! The attribute macros of Thalweg; each hands its tokens to `thalweg-codegen`.

use proc_macro::TokenStream;

/// Makes a struct or an enum a record: a type that can cross an exchange and live in state.
#[proc_macro_attribute]
pub fn record(attribute: TokenStream, item: TokenStream) -> TokenStream {
    thalweg_codegen::record::record(attribute.into(), item.into()).into()
}
