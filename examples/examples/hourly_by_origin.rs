//! Flights per hour and airport: how many, how many cancelled, and their delays.
//!
//! ```text
//! cargo run --release --example hourly_by_origin -- --input examples/data/flights.csv.gz --output target/hourly
//! ```

use thalweg::prelude::*;

/// A flight out of New York City, as the Bureau of Transportation Statistics lists it.
#[record]
struct Flight {
    dep_time: Option<u32>,
    dep_delay: Option<i64>,
    origin: String,
    minute: i64,
    time_hour: Timestamp,
}

impl FlightRef<'_> {
    /// Event time: the scheduled departure.
    fn scheduled(self) -> Timestamp {
        self.time_hour + mins(self.minute)
    }
}

/// One airport in one hour.
#[record]
struct Hour {
    origin: String,
    /// Milliseconds since the Unix epoch.
    window_start: i64,
    flights: u64,
    cancelled: u64,
    dep_delay: i64,
}

/// Counts flights, cancellations and delays per hour and airport.
#[pipeline(name = "Hourly by origin")]
fn hourly_by_origin(
    /// Flights as CSV with a header; `NA` is a missing value.
    #[arg(default = "examples/data/flights.csv.gz")]
    input: String,
    /// The directory that the answer is written to, as CSV.
    #[arg(default = "target/hourly_by_origin")]
    output: String,
    /// How far behind the latest departure a flight may be listed. As long as the data, it makes the job a batch.
    #[arg(default = "24h")]
    disorder: Span,
) {
    let flights: Stream<Flight> = source(files(input).csv().nulls(["NA"]));
    flights
        .event_time(|f| f.scheduled())
        .watermarks(bounded(disorder))
        .key_by(|f| f.origin)
        .window(tumbling(hours(1)))
        .aggregate(|w| HourWith {
            origin: w.key(),
            window_start: w.window().start.0,
            flights: w.count(),
            cancelled: w.sum(|f| u64::from(f.dep_time.is_none())),
            dep_delay: w.sum(|f| f.dep_delay.unwrap_or(0)),
        })
        .sink(files(output).csv().overwrite());
}

fn main() -> ExitCode {
    thalweg::main(hourly_by_origin)
}
