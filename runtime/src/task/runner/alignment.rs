//! How long a task's channels wait for a barrier: measured twice for each, not for records.

use std::time::{Duration, Instant};

/// The time between a barrier's first channel and its last.
#[derive(Default)]
pub(super) struct Alignment {
    /// The checkpoint that is waited for, and since when.
    since: Option<(u64, Instant)>,
    /// The one that was waited for last, and for how long.
    last: (u64, Duration),
}

impl Alignment {
    /// Takes note of the checkpoint that is waited for now; answers how long it took, if a wait is over.
    pub(super) fn look(&mut self, pending: Option<u64>, now: Instant) -> Option<Duration> {
        if pending == self.since.map(|(id, _)| id) {
            return None;
        }
        let before = std::mem::replace(&mut self.since, pending.map(|id| (id, now)));
        let (id, since) = before?;
        self.last = (id, now.saturating_duration_since(since));
        Some(self.last.1)
    }

    /// How long the channels waited for this checkpoint; not at all if all brought it at once.
    pub(super) fn of(&self, checkpoint: u64) -> Duration {
        if self.last.0 == checkpoint { self.last.1 } else { Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lasts_from_the_first_barrier_to_the_last() {
        let (mut alignment, start) = (Alignment::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        let ms = Duration::from_millis;
        assert_eq!(alignment.look(None, at(0)), None);
        assert_eq!(alignment.look(Some(4), at(1)), None);
        assert_eq!(alignment.look(Some(4), at(3)), None, "a second of three channels");
        assert_eq!(alignment.look(None, at(8)), Some(ms(7)));
        assert_eq!((alignment.of(4), alignment.of(5)), (ms(7), ms(0)));
        // 6 takes the place of 5, which was given up.
        assert_eq!(alignment.look(Some(5), at(10)), None);
        assert_eq!(alignment.look(Some(6), at(11)), Some(ms(1)));
        assert_eq!(alignment.look(None, at(14)), Some(ms(3)));
        assert_eq!(alignment.of(6), ms(3));
    }
}
