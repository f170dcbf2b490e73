//! The compiler behind `#[pipeline]`, `#[operator]`, `#[record]` and `#[args]`: tokens in, tokens out.
//!
//! ```text
//! tokens ── parse ──▶ ast ── lower ──▶ graph ── checks, ids ──▶ checked ── exchanges, pre-aggregation, pruning,
//!        fusion ──▶ chained ── emit ──▶ tokens
//! ```
#![forbid(unsafe_code)]

pub mod args;
pub mod ast;
pub mod catalog;
pub mod diagnostic;
pub mod emit;
pub mod expand;
pub mod ir;
pub mod lower;
pub mod messages;
pub mod parse;
pub mod passes;
pub mod pipeline;
pub mod record;
