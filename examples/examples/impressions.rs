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

#[cfg(test)]
mod tests {
    use thalweg::testing;

    use super::*;

    #[test]
    fn five_minutes_are_summed_once_their_time_has_passed() {
        let mut t = testing::pipeline(impressions).start();
        let at = |minute| Timestamp(0) + mins(minute);
        let mut shown = |region: &str, total_impressions, minute| {
            let region_code = region.to_owned();
            t.send("impressions", Impression { at: at(minute), region_code, total_impressions });
        };
        shown("NO", 3, 0);
        shown("NO", 4, 4);
        shown("SE", 1, 5);
        // A minute late is in time.
        shown("NO", 5, 4);
        assert!(t.output::<Windowed<String, u64>>("impressions").is_empty());
        t.watermark("impressions", at(5));
        let sums = t.results::<Windowed<String, u64>>("impressions");
        assert_eq!((sums.len(), sums[0].key.as_str(), sums[0].value), (1, "NO", 12));
    }
}
