//! `tokens!`: `quote!` whose local names cannot meet the user's.

/// Like `quote!`, with local variables that the user's tokens cannot see and that cannot hide theirs; items and types
/// resolve where the attribute stands.
macro_rules! tokens {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned! { ::proc_macro2::Span::mixed_site() => $($tokens)* }
    };
}
pub(super) use tokens;

/// The path of the part of the runtime that only emitted code uses.
macro_rules! private {
    () => {
        ::quote::quote! { ::thalweg::__private }
    };
}
pub(super) use private;
