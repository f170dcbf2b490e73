//! How many records a turn takes.

use std::time::Duration;

/// The time slice of a turn.
pub(crate) const TURN: Duration = Duration::from_micros(200);

/// Learns from the last turns how many records fill half a time slice, so that no clock is read in a loop over records
/// and a slow closure still leaves its slot to others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    records: usize,
    /// Learns nothing.
    fixed: bool,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { records: Self::FIRST, fixed: false }
    }
}

impl Pace {
    const FIRST: usize = 256;
    /// As much as stays in the cache until it is processed: with 4096, a count per key behind an exchange cost about a
    /// tenth more than with 1024; a chain without exchange pays 0.2 ns a record for 1024 (bench `engine_cost`, 2026-11).
    const MOST: usize = 2048;

    /// Records for the next turn.
    pub(crate) fn records(self) -> usize {
        self.records
    }

    /// As many in every turn.
    pub(crate) fn fixed(records: usize) -> Pace {
        Pace { records: records.max(1), fixed: true }
    }

    /// Takes note of a turn over `records` records.
    pub(crate) fn took(&mut self, records: u64, time: Duration) {
        if self.fixed {
            return;
        }
        if time > TURN {
            let per_slice = u128::from(records) * TURN.as_nanos() / (2 * time.as_nanos());
            self.records = (per_slice as usize).clamp(1, self.records);
        } else if time < TURN / 4 && records as usize >= self.records {
            self.records = (self.records * 2).min(Self::MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pace_follows_the_closure() {
        let mut pace = Pace::default();
        for _ in 0..10 {
            pace.took(pace.records() as u64, Duration::from_nanos(5 * pace.records() as u64));
        }
        assert_eq!(pace.records(), Pace::MOST);
        pace.took(4096, Duration::from_millis(4096));
        assert_eq!(pace.records(), 1, "a millisecond per record");
        pace.took(1, Duration::from_millis(1));
        assert_eq!(pace.records(), 1);
        for _ in 0..4 {
            pace.took(pace.records() as u64, Duration::from_micros(10 * pace.records() as u64));
        }
        assert_eq!(pace.records(), 8, "up to half a slice");
    }
}
