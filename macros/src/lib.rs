//! The attribute macros of Thalweg; each hands its tokens to `thalweg-codegen`.

use proc_macro::TokenStream;

#[doc = include_str!("record.md")]
#[proc_macro_attribute]
pub fn record(attribute: TokenStream, item: TokenStream) -> TokenStream {
    thalweg_codegen::record::record(attribute.into(), item.into()).into()
}

/// Makes a struct's fields parameters of a job; see `thalweg::job::Args`.
#[proc_macro_attribute]
pub fn args(attribute: TokenStream, item: TokenStream) -> TokenStream {
    thalweg_codegen::args::expand(attribute.into(), item.into()).into()
}

/// Compiles a function's body into a job: fused operator chains and the exchanges between them.
#[proc_macro_attribute]
pub fn pipeline(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let options = thalweg_codegen::passes::Options::default();
    thalweg_codegen::pipeline::compile(attribute.into(), item.into(), options).into()
}

/// Compiles a function over streams where it stands, to be called from pipelines in any crate: a *fragment*.
#[proc_macro_attribute]
pub fn operator(_attribute: TokenStream, item: TokenStream) -> TokenStream {
    let options = thalweg_codegen::passes::Options::default();
    thalweg_codegen::pipeline::compile_fragment(item.into(), options).into()
}
