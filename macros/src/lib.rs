//! x

use proc_macro::TokenStream;

/// Makes a struct's fields parameters of a job; see `thalweg::job::Args`.
#[proc_macro_attribute]
pub fn args(attribute: TokenStream, item: TokenStream) -> TokenStream {
    thalweg_codegen::args::expand(attribute.into(), item.into()).into()
}
