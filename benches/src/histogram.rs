//! A histogram of durations, exact to about one part in 64.

use std::fmt;

/// Counts values by their leading bits: 64 buckets for every power of two, as HdrHistogram does.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

/// Bits of a value that tell its bucket within its power of two.
const DETAIL: u32 = 6;

impl Default for Histogram {
    fn default() -> Self {
        let counts = vec![0; bucket(u64::MAX) + 1];
        Self { counts, total: 0, max: 0 }
    }
}

impl Histogram {
    /// Adds a value, in nanoseconds.
    pub fn record(&mut self, ns: u64) {
        self.counts[bucket(ns)] += 1;
        self.total += 1;
        self.max = self.max.max(ns);
    }

    /// Adds what another histogram has counted.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    /// Values counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The value that a part `quantile` of all values does not exceed, in nanoseconds.
    pub fn quantile(&self, quantile: f64) -> u64 {
        let rank = (self.total as f64 * quantile).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank.max(1) {
                return upper_end(bucket).min(self.max);
            }
        }
        self.max
    }
}

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = |quantile| self.quantile(quantile) as f64 / 1000.0;
        write!(
            f,
            "p50 {:8.1} µs  p99 {:8.1} µs  p99.9 {:8.1} µs  max {:8.1} µs",
            us(0.5),
            us(0.99),
            us(0.999),
            self.max as f64 / 1000.0
        )
    }
}

fn bucket(value: u64) -> usize {
    let exponent = (u64::BITS - value.leading_zeros()).saturating_sub(DETAIL + 1);
    ((exponent as usize) << DETAIL) + (value >> exponent) as usize
}

/// The greatest value of a bucket.
fn upper_end(bucket: usize) -> u64 {
    let detail = 1 << DETAIL;
    if bucket < 2 * detail {
        return bucket as u64;
    }
    let exponent = bucket / detail - 1;
    let leading = (bucket - exponent * detail) as u64;
    ((leading + 1) << exponent).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_exact_to_a_64th() {
        let mut histogram = Histogram::default();
        (1..=1_000_000).for_each(|ns| histogram.record(ns));
        for quantile in [0.001, 0.5, 0.99, 0.999, 1.0] {
            let exact = 1_000_000.0 * quantile;
            let told = histogram.quantile(quantile) as f64;
            assert!(told >= exact && told <= exact * (1.0 + 1.0 / 64.0), "{quantile}: {told}");
        }
    }

    #[test]
    fn every_value_lies_in_its_bucket() {
        for shift in 0..64 {
            for value in [1u64 << shift, (1u64 << shift) - 1, u64::MAX >> shift] {
                let bucket = bucket(value);
                assert!(upper_end(bucket) >= value);
                assert!(bucket == 0 || upper_end(bucket - 1) < value);
            }
        }
    }
}
