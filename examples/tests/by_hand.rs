//! The tests that stand in the examples themselves: each feeds its pipeline by hand.
#![allow(dead_code)] // Their `main` functions.

#[path = "../examples/impressions.rs"]
mod impressions;
#[path = "../examples/rule_engine.rs"]
mod rule_engine;
#[path = "../examples/session_auditor.rs"]
mod session_auditor;
