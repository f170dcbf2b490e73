//! The working days of each plane: flights with less than twelve hours between them.
//!
//! ```text
//! cargo run --release --example plane_sessions -- --input examples/data/flights.csv.gz --output target/planes
//! ```

use thalweg::prelude::*;

/// A flight out of New York City, as the Bureau of Transportation Statistics lists it.
#[record]
struct Flight {
    tailnum: Option<String>,
    distance: u64,
    minute: i64,
    time_hour: Timestamp,
}

impl FlightRef<'_> {
    /// Event time: the scheduled departure.
    fn scheduled(self) -> Timestamp {
        self.time_hour + mins(self.minute)
    }
}

/// One plane's session.
#[record]
struct Session {
    tailnum: String,
    /// The first departure, in milliseconds since the Unix epoch.
    session_start: i64,
    /// Twelve hours after the last departure.
    session_end: i64,
    flights: u64,
    /// Miles.
    distance: u64,
}

/// Gathers each plane's flights into sessions that end when it stays on the ground for twelve hours.
#[pipeline(name = "Plane sessions")]
fn plane_sessions(
    /// Flights as CSV with a header; `NA` is a missing value.
    #[arg(default = "examples/data/flights.csv.gz")]
    input: String,
    /// The directory that the answer is written to, as CSV.
    #[arg(default = "target/plane_sessions")]
    output: String,
    /// How far behind the latest departure a flight may be listed. As long as the data, it makes the job a batch.
    #[arg(default = "24h")]
    disorder: Span,
) {
    let flights: Stream<Flight> = source(files(input).csv().nulls(["NA"]));
    flights
        .event_time(|f| f.scheduled())
        .watermarks(bounded(disorder))
        // A flight that was cancelled early on has no plane.
        .filter_map(|f| f.tailnum.map(|tailnum| (tailnum, f.distance)))
        .key_by(|(tailnum, _)| tailnum)
        .window(session(hours(12)))
        .aggregate(|w| SessionWith {
            tailnum: w.key(),
            session_start: w.window().start.0,
            session_end: w.window().end.0,
            flights: w.count(),
            distance: w.sum(|(_, distance)| distance),
        })
        .sink(files(output).csv().overwrite());
}

fn main() -> ExitCode {
    thalweg::main(plane_sessions)
}
