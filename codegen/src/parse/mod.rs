//! Tokens to [`ast`](crate::ast): what the user wrote, judged by its form only.

mod attribute;
mod body;
mod chain;
mod fragment;

pub use attribute::{doc_text, parse_pipeline};
pub use body::{Scope, parse_body};
pub use fragment::parse_fragment;
