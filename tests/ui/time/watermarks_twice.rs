//! Time is made once: nothing is silently taken over by the second word.
use thalweg::prelude::*;

fn readings() -> Vec<(Timestamp, u64)> {
    Vec::new()
}

#[pipeline]
fn job() {
    source(collection(readings()))
        .event_time(|(at, _)| at)
        .watermarks(bounded(secs(5)))
        .punctuated(|(at, _)| Some(at))
        .sink(print());
    source(collection(readings()))
        .event_time(|(at, _)| at)
        .watermarks(bounded(secs(5)))
        .watermarks(bounded(mins(5)))
        .sink(print());
}

fn main() {}
