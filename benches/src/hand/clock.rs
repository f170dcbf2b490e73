//! Event time as every query sees it: the maximum so far, and the watermark that follows it.

use std::hint::black_box;

use crate::nexmark::EventTime;

/// How far the watermark stays behind the maximum of event time, in milliseconds.
pub const LAG: EventTime = 1001;

/// The watermark moves at most this often, in milliseconds of event time.
pub const PERIOD: EventTime = 200;

/// Keeps the maximum of event time and derives the watermark.
#[derive(Debug)]
pub struct Clock {
    maximum: EventTime,
    /// The maximum at which the watermark moves next.
    due: EventTime,
}

impl Clock {
    /// A clock that has seen nothing.
    pub const fn new() -> Self {
        Self { maximum: EventTime::MIN, due: EventTime::MIN }
    }

    /// Sees an event's time; returns the watermark if it moved.
    ///
    /// A new maximum is rare, one event in seventy of this input, and a due one rarer: one branch
    /// per event, predicted.
    #[inline(always)]
    pub fn observe(&mut self, date_time: EventTime) -> Option<EventTime> {
        if date_time <= self.maximum {
            return None;
        }
        self.maximum = date_time;
        if date_time < self.due {
            return None;
        }
        self.due = date_time + PERIOD;
        Some(date_time - LAG)
    }

    /// Sees an event's time where no window waits for the watermark; it is made all the same, for
    /// whatever would come after the query.
    #[inline(always)]
    pub fn pass(&mut self, date_time: EventTime) {
        if let Some(watermark) = self.observe(date_time) {
            black_box(watermark);
        }
    }

    /// The latest event time seen.
    pub const fn maximum(&self) -> EventTime {
        self.maximum
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watermark_follows_the_maximum_at_most_once_per_period() {
        let mut clock = Clock::new();
        let moves: Vec<_> = [5000, 4000, 5199, 5200, 5100, 9000].map(|t| clock.observe(t)).into();
        assert_eq!(moves, [Some(3999), None, None, Some(4199), None, Some(7999)]);
        assert_eq!(clock.maximum(), 9000);
    }
}
