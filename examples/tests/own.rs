//! The tests that stand inside examples, beside the pipeline they test, as a user's own would.
//!
//! They are run from here and not by `test = true` on the example, because `cargo test` then builds the
//! example as a test only, and `answers.rs` finds no program to run.

// `main` is of the program.
#[allow(dead_code)]
#[path = "../examples/rule_engine.rs"]
mod rule_engine;

#[allow(dead_code)]
#[path = "../examples/session_auditor.rs"]
mod session_auditor;
