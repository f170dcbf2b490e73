//! Chains to tokens. Cannot fail: every decision was taken before.
//!
//! One function per pipeline, so that one inference pass sees every chain: the types of exchanges, states and
//! aggregates follow from what is pushed to them, in textual order. Each user closure is pasted exactly once.

/// Tokens of ours: local names in them never meet the user's.
macro_rules! code {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}

mod aggregate;
mod asynchronous;
mod captures;
mod chain;
mod definition;
mod fragment;
mod general;
mod handles;
mod join;
mod keeps;
mod labels;
mod names;
mod operator;
mod plan;
mod process;
mod stage;
mod surface;

pub(crate) use captures::captures;
pub use definition::emit_pipeline;
pub use fragment::emit_fragment;
pub use surface::{choice, stub_fragment, stub_pipeline, surface_fragment};
