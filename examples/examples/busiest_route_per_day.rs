//! The busiest route of each day: a window of counts, and a second window that picks the greatest.
//!
//! ```text
//! cargo run --release --example busiest_route_per_day -- --input examples/data/flights.csv.gz --output target/routes
//! ```

use std::cmp::Reverse;

use thalweg::prelude::*;

/// A flight out of New York City, as the Bureau of Transportation Statistics lists it.
#[record]
struct Flight {
    origin: String,
    dest: String,
    minute: i64,
    time_hour: Timestamp,
}

impl FlightRef<'_> {
    /// Event time: the scheduled departure.
    fn scheduled(self) -> Timestamp {
        self.time_hour + mins(self.minute)
    }
}

/// The route with most flights on one day.
#[record]
struct Busiest {
    /// Milliseconds since the Unix epoch.
    window_start: i64,
    origin: String,
    dest: String,
    flights: u64,
}

/// Finds each day's route with most flights; of equals, the first by name.
#[pipeline(name = "Busiest route per day")]
fn busiest_route_per_day(
    /// Flights as CSV with a header; `NA` is a missing value.
    #[arg(default = "examples/data/flights.csv.gz")]
    input: String,
    /// The directory that the answer is written to, as CSV.
    #[arg(default = "target/busiest_route_per_day")]
    output: String,
    /// How far behind the latest departure a flight may be listed. As long as the data, it makes the job a batch.
    #[arg(default = "24h")]
    disorder: Span,
) {
    let flights: Stream<Flight> = source(files(input).csv().nulls(["NA"]));
    let routes = flights
        .event_time(|f| f.scheduled())
        .watermarks(bounded(disorder))
        .key_by(|f| (f.origin, f.dest))
        .window(tumbling(days(1)))
        .count();
    // A count's time is the last millisecond of its day, so a second window of a day holds all counts of that day.
    routes
        .window_all(tumbling(days(1)))
        .max(|route| (route.value, Reverse(route.key)))
        .map(|best| {
            let (flights, Reverse((origin, dest))) = best.value;
            BusiestWith { window_start: best.window.start.0, origin, dest, flights }
        })
        .sink(files(output).csv().overwrite());
}

fn main() -> ExitCode {
    thalweg::main(busiest_route_per_day)
}
