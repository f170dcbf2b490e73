//! What a parameter decides when the plan is built.
use thalweg::prelude::*;

#[pipeline]
pub fn branches(verbose: bool, deep: bool) -> thalweg::Result {
    let numbers = source(collection([1u64, 2, 3]));
    let prefix = "n = ".to_owned();
    if verbose {
        let text = format!("verbose, {prefix}");
        assert!(!text.is_empty());
        numbers.map(|n| format!("{prefix}{n}")).sink(print());
        if deep {
            source(collection([4u64])).sink(print());
        }
    } else {
        numbers.sink(discard());
    }
    numbers.map(|n| n * n).sink(print());
    Ok(())
}
