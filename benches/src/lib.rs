//! Benchmarks of Thalweg: the queries and their input.
//!
//! - [`nexmark`] makes the events and the checksums.

#![forbid(unsafe_code)]

pub mod nexmark;
