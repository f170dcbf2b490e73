//! Unions inside a chain and between chains, and a partition.
use thalweg::prelude::*;

#[pipeline]
pub fn merged() {
    let numbers: Stream<u64> = source(collection([1u64, 2, 3]));
    let (even, odd) = numbers.partition(|n| n % 2 == 0);
    let odd = odd.map(|n| n + 1);
    let more = source(collection([4u64, 5])).filter(|n| n > 4);
    even.union(odd).union(more).parallelism(2).sink(print());
}
