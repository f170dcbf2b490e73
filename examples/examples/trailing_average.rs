//! The average temperature of the last ten minutes, every minute, per sensor.
//!
//! ```text
//! cargo run --release --example trailing_average
//! ```

use thalweg::prelude::*;

/// What a sensor measured.
#[record]
struct Reading {
    sensor: String,
    at: Timestamp,
    celsius: f64,
}

/// One sensor's last ten minutes.
#[record]
struct Average {
    sensor: String,
    /// Milliseconds since the Unix epoch.
    window_start: i64,
    readings: u64,
    mean_celsius: f64,
}

/// Averages each sensor's temperature over the last ten minutes, every minute.
#[pipeline(name = "Trailing average")]
fn trailing_average(
    /// Readings as CSV with a header.
    #[arg(default = "examples/data/readings.csv")]
    input: String,
    /// The directory that the answer is written to, as CSV.
    #[arg(default = "target/trailing_average")]
    output: String,
) {
    let readings: Stream<Reading> = source(files(input).csv());
    readings
        .event_time(|r| r.at)
        .watermarks(bounded(secs(30)))
        .key_by(|r| r.sensor)
        .window(sliding(mins(10), mins(1)))
        .aggregate(|w| AverageWith {
            sensor: w.key(),
            window_start: w.window().start.0,
            readings: w.count(),
            mean_celsius: w.avg(|r| r.celsius),
        })
        .sink(files(output).csv().overwrite());
}

fn main() -> ExitCode {
    thalweg::main(trailing_average)
}
