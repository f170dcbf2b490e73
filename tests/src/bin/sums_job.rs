//! The job of `tests/savepoints.rs`: every record is in one window of one key, and some are written as they are.

use thalweg::prelude::*;

/// One record of the generator.
#[record]
struct Entry {
    id: u64,
    key: u64,
    at: Timestamp,
}

/// What a key had in a window.
#[record]
struct Total {
    key: u64,
    end: Timestamp,
    count: u64,
    sum: u64,
}

/// An entry as it is.
#[record]
struct Line {
    id: u64,
    key: u64,
}

/// Sums entries by key and second, and writes every hundredth as it is.
#[pipeline]
fn sums(
    /// How many entries there are.
    entries: u64,
    /// How many of them come in a second.
    rate: f64,
    /// How many keys there are.
    keys: u64,
    /// Where totals go.
    totals: String,
    /// Where lines go.
    lines: String,
) {
    let entries = source(
        generate(entries, move |id| Entry {
            id,
            key: id.wrapping_mul(0x9E37_79B9_7F4A_7C15) % keys,
            // A thousand entries each 100 ms of event time, out of order within 40 ms.
            at: Timestamp::from_millis((id / 10) as i64 - (id % 7 * 6) as i64),
        })
        .rate(rate),
    )
    .event_time(|entry| entry.at)
    .watermarks(bounded(millis(50)));
    entries
        .key_by(|entry| entry.key)
        .window(tumbling(secs(1)))
        .aggregate(|w| Total {
            key: w.key(),
            end: w.window().end,
            count: w.count(),
            sum: w.sum(|entry| entry.id),
        })
        .sink(files(totals).csv());
    entries
        .filter(|entry| entry.id % 100 == 0)
        .map(|entry| Line { id: entry.id, key: entry.key })
        .sink(files(lines).csv());
}

fn main() -> ExitCode {
    thalweg::main(sums)
}
