//! Benchmarks of Thalweg: the queries, their input, and the plain loops to compare with.
//!
//! - [`nexmark`] makes the events and the checksums.
//! - [`hand`] has each query as a careful human writes it as a loop, on one thread.
//! - [`engine`] has each query as a Thalweg pipeline.
//!
//! - [`exchange`] is a bid's way through an exchange, beside the same by hand.
//! - [`schedule`] hands out events at scheduled times, [`histogram`] counts how late they arrive.
//!
//! The binaries are `nexmark`, which runs one query once, and `compare`, which runs both sides by
//! turns and prints the ratios. Use the profile `fast` for figures.

#![deny(unsafe_code)]

pub mod engine;
pub mod exchange;
pub mod figures;
pub mod hand;
pub mod histogram;
pub mod nexmark;
pub mod schedule;
pub mod suite;
