//! Thalweg: a dataflow compiler with code generation.
pub mod record;
