//! Departures and the weather at the time: each flight with the latest report of its airport, summed up per month.
//!
//! ```text
//! cargo run --release --example departures_with_weather -- \
//!     --input examples/data/flights.csv.gz --weather examples/data/weather.csv.gz --output target/weather
//! ```

use thalweg::prelude::*;

/// A flight out of New York City, as the Bureau of Transportation Statistics lists it.
#[record]
struct Flight {
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

/// An airport's hourly report.
#[record]
struct Report {
    origin: String,
    /// Miles per hour.
    wind_speed: Option<f64>,
    /// Miles.
    visib: Option<f64>,
    time_hour: Timestamp,
}

/// One airport in one month.
#[record]
struct Month {
    origin: String,
    month: u8,
    flights: u64,
    /// Flights in a wind of twenty miles per hour or more.
    windy: u64,
    /// The mean visibility, in miles, rounded to a millionth.
    mean_visib: f64,
}

/// Joins each flight with the latest weather of its airport, and sums up wind and visibility per month.
#[pipeline(name = "Departures with weather")]
fn departures_with_weather(
    /// Flights as CSV with a header; `NA` is a missing value.
    #[arg(default = "examples/data/flights.csv.gz")]
    input: String,
    /// Hourly weather as CSV with a header, in order of time; `NA` is a missing value.
    #[arg(default = "examples/data/weather.csv.gz")]
    weather: String,
    /// The directory that the answer is written to, as CSV.
    #[arg(default = "target/departures_with_weather")]
    output: String,
    /// How far behind the latest departure a flight may be listed. As long as the data, it makes the job a batch.
    #[arg(default = "24h")]
    disorder: Span,
) {
    let flights: Stream<Flight> = source(files(input).csv().nulls(["NA"]));
    let flights = flights.event_time(|f| f.scheduled()).watermarks(bounded(disorder));
    let weather: Stream<Report> = source(files(weather).csv().nulls(["NA"]));
    let weather = weather.event_time(|r| r.time_hour).watermarks(monotonic());
    flights
        .join(weather)
        .on(|f| f.origin, |r| r.origin)
        .as_of()
        // A month is no window, because months differ in length: all of the input is one, with a key per month.
        .key_by(|(f, _)| (f.origin, f.scheduled().date().month))
        .window(global_window())
        .trigger(trigger::end_of_stream())
        .aggregate(|w| {
            let reports = w.sum(|(_, r)| u64::from(r.visib.is_some()));
            let mean = w.sum(|(_, r)| r.visib.unwrap_or(0.0)) / reports as f64;
            let (origin, month) = w.key();
            MonthWith {
                origin,
                month,
                flights: w.count(),
                windy: w.sum(|(_, r)| u64::from(r.wind_speed.is_some_and(|speed| speed >= 20.0))),
                mean_visib: (mean * 1e6).round() / 1e6,
            }
        })
        .sink(files(output).csv().overwrite());
}

fn main() -> ExitCode {
    thalweg::main(departures_with_weather)
}
