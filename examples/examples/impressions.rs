//! Impressions per region in windows of five minutes.
//!
//! ```text
//! cargo run --release --example impressions
//! ```

use thalweg::prelude::*;

/// An advertisement was shown.
#[record]
struct Impression {
    at: Timestamp,
    region_code: String,
    total_impressions: u64,
}

/// Sums impressions per region over tumbling windows of five minutes.
#[pipeline(name = "Impressions")]
fn impressions(
    /// JSON lines: a file, a directory or a glob.
    #[arg(default = "examples/data/impressions.jsonl")]
    input: String,
) {
    let impressions: Stream<Impression> = source(files(input).json());
    impressions
        .event_time(|e| e.at)
        .watermarks(bounded(mins(1)))
        .key_by(|e| e.region_code)
        .window(tumbling(mins(5)))
        .sum(|e| e.total_impressions)
        .sink(print());
}

fn main() -> ExitCode {
    thalweg::main(impressions)
}
