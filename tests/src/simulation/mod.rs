//! Pipelines that are simulated, seed by seed, and what must come of each: `cargo xtask sim`.
//!
//! A seed chooses a pipeline, its input, and everything that happens to it. What its sinks show at the end is compared
//! with what loops over the input say ([`cases`]); on the way the sinks look after themselves ([`ledger`]).

pub mod cases;
pub mod feed;
pub mod ledger;
pub mod run;
