//! `#[pipeline]` stands on a function.
use thalweg::prelude::*;

#[pipeline]
struct Job;

fn main() {}
