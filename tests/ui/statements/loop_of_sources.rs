//! A loop may not start streams either.
use thalweg::prelude::*;

#[pipeline]
fn job(paths: Vec<String>) {
    for path in paths {
        source(files(path).text()).sink(print());
    }
}

fn main() {}
