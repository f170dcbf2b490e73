//! A fragment whose stream has no time promises none.
use thalweg::prelude::*;

#[operator]
fn hot(bids: Stream<u64>) -> Stream<u64> {
    bids.key_by(|b| b).window(tumbling(secs(10))).count().map(|w| w.value)
}

fn main() {}
