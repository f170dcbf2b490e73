//! What is bound inside a branch cannot be captured.
use thalweg::prelude::*;

#[pipeline]
fn job(prefix: Option<String>) {
    let numbers = source(collection([1u64, 2]));
    if let Some(prefix) = prefix {
        let suffix = "!".to_owned();
        numbers.map(|n| format!("{prefix}{n}")).map(|text| text.to_owned() + &suffix).sink(print());
    }
    numbers.sink(print());
}

fn main() {}
