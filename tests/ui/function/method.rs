//! A pipeline is a free function.
use thalweg::prelude::*;

struct Jobs;

impl Jobs {
    #[pipeline]
    fn job(&self) {
        source(collection(1..4u64)).sink(print());
    }
}

fn main() {}
