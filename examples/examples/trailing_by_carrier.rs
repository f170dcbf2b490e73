//! The last six hours of each airline, every hour: how many flights, and the worst delay.
//!
//! ```text
//! cargo run --release --example trailing_by_carrier -- --input examples/data/flights.csv.gz --output target/trailing
//! ```

use thalweg::prelude::*;

/// A flight out of New York City, as the Bureau of Transportation Statistics lists it.
#[record]
struct Flight {
    dep_delay: Option<i64>,
    carrier: String,
    minute: i64,
    time_hour: Timestamp,
}

impl FlightRef<'_> {
    /// Event time: the scheduled departure.
    fn scheduled(self) -> Timestamp {
        self.time_hour + mins(self.minute)
    }
}

/// One airline in six hours.
#[record]
struct Trail {
    carrier: String,
    /// Milliseconds since the Unix epoch.
    window_start: i64,
    flights: u64,
    /// Minutes; nothing if no flight has left.
    max_dep_delay: Option<i64>,
}

/// Counts each airline's flights of the last six hours, every hour, and finds the worst delay.
#[pipeline(name = "Trailing by carrier")]
fn trailing_by_carrier(
    /// Flights as CSV with a header; `NA` is a missing value.
    #[arg(default = "examples/data/flights.csv.gz")]
    input: String,
    /// The directory that the answer is written to, as CSV.
    #[arg(default = "target/trailing_by_carrier")]
    output: String,
    /// How far behind the latest departure a flight may be listed. As long as the data, it makes the job a batch.
    #[arg(default = "24h")]
    disorder: Span,
) {
    let flights: Stream<Flight> = source(files(input).csv().nulls(["NA"]));
    flights
        .event_time(|f| f.scheduled())
        .watermarks(bounded(disorder))
        .key_by(|f| f.carrier)
        .window(sliding(hours(6), hours(1)))
        .aggregate(|w| TrailWith {
            carrier: w.key(),
            window_start: w.window().start.0,
            flights: w.count(),
            max_dep_delay: w.max(|f| f.dep_delay),
        })
        .sink(files(output).csv().overwrite());
}

fn main() -> ExitCode {
    thalweg::main(trailing_by_carrier)
}
