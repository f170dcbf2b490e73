//! A job of twenty operators in four chains, of the sort a user edits all day: what
//! `rebuild_times.sh` builds again and again. It changes the number in the line marked `EDIT`.

use thalweg::prelude::*;

/// What a sensor measured.
#[record]
struct Reading {
    sensor: u64,
    value: u64,
    unit: String,
    at: Timestamp,
}

/// A sensor's window.
#[record]
struct Stats {
    sensor: u64,
    start: Timestamp,
    readings: u64,
    highest: u64,
}

/// Twenty operators.
#[pipeline]
fn twenty_operators(path: String) {
    source(files(path).text())
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
        .map(|line| line.len() as u64)
        .flat_map(|n| [n, n + 1])
        .map(|n| ReadingWith { sensor: n % 64, value: n, unit: "mm", at: Timestamp(n as i64) })
        .filter(|reading| reading.value > 1000) // EDIT
        .inspect(|reading| drop(reading.unit.len()))
        .event_time(|reading| reading.at)
        .watermarks(bounded(secs(5)))
        .key_by(|reading| reading.sensor)
        .window(tumbling(mins(1)))
        .aggregate(|w| Stats {
            sensor: w.key(),
            start: w.window().start,
            readings: w.count(),
            highest: w.max(|reading| reading.value),
        })
        .filter(|stats| stats.readings > 1)
        .map(|stats| stats.highest / stats.readings)
        .rebalance()
        .map(|n| n + 7)
        .filter(|n| n % 2 == 0)
        .key_by(|n| n % 8)
        .sum(|n| n)
        .map(|changed| changed.value)
        .sink(discard());
}

fn main() -> ExitCode {
    thalweg::main(twenty_operators)
}
