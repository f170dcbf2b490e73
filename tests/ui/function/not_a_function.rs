//! `#[pipeline]` stands on a function.
use thalweg::prelude::*;
use thalweg::pipeline;

#[pipeline]
struct Job;

fn main() {}
