//! A test that stands in an example itself: it feeds its pipeline by hand.
#![allow(dead_code)] // Its `main` function.

#[path = "../examples/impressions.rs"]
mod impressions;
