use thalweg::prelude::*;
use thalweg::window::TumblingCount;

fn hundreds() -> TumblingCount {
    tumbling_count(100)
}

#[pipeline]
fn counted() {
    let numbers = source(collection(Vec::<u64>::new())).processing_time();
    numbers.key_by(|n| n % 2).window(hundreds()).count().sink(print());
}

#[pipeline]
fn folded() {
    let numbers = source(collection(Vec::<u64>::new())).processing_time();
    numbers.key_by(|n| n % 2).window(hundreds()).fold(0u64, |sum, n| sum + n).sink(print());
}

fn main() {}
