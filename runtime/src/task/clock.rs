//! Time as tasks see it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::time::Timestamp;

/// Where tasks get the time from.
pub trait Clock {
    /// Time that only passes.
    fn now(&self) -> Instant;
    /// What [`now`](Clock::now) answered, in milliseconds since the Unix epoch; never goes back.
    fn processing_time(&self, now: Instant) -> Timestamp;
}

/// The machine's clock. Processing time starts at the wall clock and goes on with time that only passes: a wall clock
/// that is set back or forward while a job runs neither repeats nor skips a processing-time window.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
    epoch_ms: i64,
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        let epoch_ms = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        SystemClock { start: Instant::now(), epoch_ms }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn processing_time(&self, now: Instant) -> Timestamp {
        if cfg!(bug_13) {
            return Timestamp(SystemClock::default().epoch_ms);
        }
        let passed = now.saturating_duration_since(self.start).as_millis();
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        Timestamp(self.epoch_ms.saturating_add(passed))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn bug_13_processing_time_follows_time_that_only_passes() {
        // Whatever the wall clock said at the start, and whatever it says by now.
        for epoch_ms in [0, 1_000_000, i64::MAX - 5] {
            let clock = SystemClock { start: Instant::now(), epoch_ms };
            let later = |ms: u64| clock.processing_time(clock.start + Duration::from_millis(ms));
            assert_eq!(later(0), Timestamp(epoch_ms));
            assert_eq!(later(7), Timestamp(epoch_ms.saturating_add(7)));
            assert!(later(3_600_000) >= later(7));
            let before = clock.start.checked_sub(Duration::from_secs(3_600));
            assert!(before.is_none_or(|before| clock.processing_time(before) == later(0)));
        }
    }
}
