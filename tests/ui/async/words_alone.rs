//! The words of `async_map` stand behind it.
use thalweg::prelude::*;

fn ids() -> Vec<u64> {
    vec![1]
}

#[pipeline]
fn job() {
    let ids = source(collection(ids()));
    ids.map(|id| id + 1).capacity(10).sink(print());
    let answers = ids.async_map(|id| async move { id });
    answers.unordered().sink(print());
}

fn main() {}
