//! `#[pipeline]` stands on a function.
use thalweg::pipeline;
use thalweg::prelude::*;

#[pipeline]
struct Job;

fn main() {}
