//! A type that cannot be read from a command line is refused on the type.
use thalweg::prelude::*;

struct Range;

#[pipeline]
fn job(range: Range) {
    source(collection(1..4u64)).sink(print());
}

fn main() {}
