//! The jobs of `tests/savepoint_matrix.rs`: one job, and what may have become of it when it goes on from a savepoint.

use thalweg::prelude::*;

const ENTRIES: u64 = 30_000;

/// What a key had in a window, as it is in savepoints.
mod before {
    /// What a key had in a window.
    #[thalweg::record]
    pub struct Seen {
        /// How many.
        pub count: u32,
        /// Their sum.
        pub sum: u64,
    }
}

/// With a field more.
mod longer {
    /// What a key had in a window.
    #[thalweg::record]
    pub struct Seen {
        /// How many.
        pub count: u32,
        /// The greatest.
        #[default]
        pub greatest: Option<u64>,
        /// Their sum.
        pub sum: u64,
    }
}

/// With a field that is called otherwise, and is wider.
mod renamed {
    /// What a key had in a window.
    #[thalweg::record]
    pub struct Seen {
        /// Their sum.
        pub sum: u64,
        /// How many.
        #[was("count")]
        pub number: u64,
    }
}

/// As it was when the savepoint was made; the window may have become another.
#[pipeline]
fn same(dir: String, rate: f64, window: i64) {
    let numbers = source(generate(ENTRIES, |i| i).rate(rate))
        .event_time(|i| Timestamp::from_millis(i as i64))
        .watermarks(monotonic());
    numbers
        .key_by(|i| i % 10)
        .window(tumbling(secs(window)))
        .fold(before::Seen { count: 0, sum: 0 }, |seen, i| before::Seen {
            count: seen.count + 1,
            sum: seen.sum + i,
        })
        .uid("seen")
        .map(|seen| (seen.value.count as u64, seen.value.sum))
        .sink(files(format!("{dir}/seen")).json());
    numbers
        .key_by(|i| i % 1000)
        .dedup()
        .uid("known")
        .map(|i| i)
        .sink(files(format!("{dir}/known")).json());
}

/// The operators stand behind a filter that was not there.
#[pipeline]
fn filtered(dir: String, rate: f64) {
    let numbers = source(generate(ENTRIES, |i| i).rate(rate))
        .event_time(|i| Timestamp::from_millis(i as i64))
        .watermarks(monotonic())
        .filter(|i| i < u64::MAX);
    numbers
        .key_by(|i| i % 10)
        .window(tumbling(secs(5)))
        .fold(before::Seen { count: 0, sum: 0 }, |seen, i| before::Seen {
            count: seen.count + 1,
            sum: seen.sum + i,
        })
        .uid("seen")
        .map(|seen| (seen.value.count as u64, seen.value.sum))
        .sink(files(format!("{dir}/seen")).json());
    numbers
        .key_by(|i| i % 1000)
        .dedup()
        .uid("known")
        .map(|i| i)
        .sink(files(format!("{dir}/known")).json());
}

/// There is an operator more.
#[pipeline]
fn added(dir: String, rate: f64) {
    let numbers = source(generate(ENTRIES, |i| i).rate(rate))
        .event_time(|i| Timestamp::from_millis(i as i64))
        .watermarks(monotonic());
    numbers
        .key_by(|i| i % 10)
        .window(tumbling(secs(5)))
        .fold(before::Seen { count: 0, sum: 0 }, |seen, i| before::Seen {
            count: seen.count + 1,
            sum: seen.sum + i,
        })
        .uid("seen")
        .map(|seen| (seen.value.count as u64, seen.value.sum))
        .sink(files(format!("{dir}/seen")).json());
    numbers
        .key_by(|i| i % 1000)
        .dedup()
        .uid("known")
        .map(|i| i)
        .sink(files(format!("{dir}/known")).json());
    numbers
        .key_by(|i| i % 3)
        .count()
        .uid("counts")
        .map(|count| (count.key, count.value))
        .sink(files(format!("{dir}/counts")).json());
}

/// There is an operator less.
#[pipeline]
fn removed(dir: String, rate: f64) {
    let numbers = source(generate(ENTRIES, |i| i).rate(rate))
        .event_time(|i| Timestamp::from_millis(i as i64))
        .watermarks(monotonic());
    numbers
        .key_by(|i| i % 10)
        .window(tumbling(secs(5)))
        .fold(before::Seen { count: 0, sum: 0 }, |seen, i| before::Seen {
            count: seen.count + 1,
            sum: seen.sum + i,
        })
        .uid("seen")
        .map(|seen| (seen.value.count as u64, seen.value.sum))
        .sink(files(format!("{dir}/seen")).json());
}

/// A record has a field more.
#[pipeline]
fn field_added(dir: String, rate: f64) {
    let numbers = source(generate(ENTRIES, |i| i).rate(rate))
        .event_time(|i| Timestamp::from_millis(i as i64))
        .watermarks(monotonic());
    numbers
        .key_by(|i| i % 10)
        .window(tumbling(secs(5)))
        .fold(longer::Seen { count: 0, sum: 0, greatest: None }, |seen, i| longer::Seen {
            count: seen.count + 1,
            sum: seen.sum + i,
            greatest: Some(i),
        })
        .uid("seen")
        .map(|seen| (seen.value.count as u64, seen.value.sum))
        .sink(files(format!("{dir}/seen")).json());
    numbers
        .key_by(|i| i % 1000)
        .dedup()
        .uid("known")
        .map(|i| i)
        .sink(files(format!("{dir}/known")).json());
}

/// A record's field is called otherwise, and wider.
#[pipeline]
fn field_renamed(dir: String, rate: f64) {
    let numbers = source(generate(ENTRIES, |i| i).rate(rate))
        .event_time(|i| Timestamp::from_millis(i as i64))
        .watermarks(monotonic());
    numbers
        .key_by(|i| i % 10)
        .window(tumbling(secs(5)))
        .fold(renamed::Seen { sum: 0, number: 0 }, |seen, i| renamed::Seen {
            sum: seen.sum + i,
            number: seen.number + 1,
        })
        .uid("seen")
        .map(|seen| (seen.value.number, seen.value.sum))
        .sink(files(format!("{dir}/seen")).json());
    numbers
        .key_by(|i| i % 1000)
        .dedup()
        .uid("known")
        .map(|i| i)
        .sink(files(format!("{dir}/known")).json());
}

/// An operator is called otherwise.
#[pipeline]
fn operator_renamed(dir: String, rate: f64) {
    let numbers = source(generate(ENTRIES, |i| i).rate(rate))
        .event_time(|i| Timestamp::from_millis(i as i64))
        .watermarks(monotonic());
    numbers
        .key_by(|i| i % 10)
        .window(tumbling(secs(5)))
        .fold(before::Seen { count: 0, sum: 0 }, |seen, i| before::Seen {
            count: seen.count + 1,
            sum: seen.sum + i,
        })
        .uid("sums")
        .map(|seen| (seen.value.count as u64, seen.value.sum))
        .sink(files(format!("{dir}/seen")).json());
    numbers
        .key_by(|i| i % 1000)
        .dedup()
        .uid("known")
        .map(|i| i)
        .sink(files(format!("{dir}/known")).json());
}

/// Keys are of another type.
#[pipeline]
fn key_changed(dir: String, rate: f64) {
    let numbers = source(generate(ENTRIES, |i| i).rate(rate))
        .event_time(|i| Timestamp::from_millis(i as i64))
        .watermarks(monotonic());
    numbers
        .key_by(|i| (i % 10) as u32)
        .window(tumbling(secs(5)))
        .fold(before::Seen { count: 0, sum: 0 }, |seen, i| before::Seen {
            count: seen.count + 1,
            sum: seen.sum + i,
        })
        .uid("seen")
        .map(|seen| (seen.value.count as u64, seen.value.sum))
        .sink(files(format!("{dir}/seen")).json());
    numbers
        .key_by(|i| i % 1000)
        .dedup()
        .uid("known")
        .map(|i| i)
        .sink(files(format!("{dir}/known")).json());
}

fn main() -> ExitCode {
    thalweg::main((
        same,
        filtered,
        added,
        removed,
        field_added,
        field_renamed,
        operator_renamed,
        key_changed,
    ))
}
