//! The time that windows go by.

use super::Time;
use crate::state::{Loader, SnapshotWriter};
use crate::task::Turn;
use crate::time::{Span, Timestamp};

/// Which time that is, and how far the machine's has come.
pub(crate) struct Clock {
    time: Time,
    /// The greatest processing time so far: clocks may go back, windows must not fire twice.
    latest: Timestamp,
}

impl Clock {
    pub fn new(time: Time) -> Clock {
        Clock { time, latest: Timestamp::MIN }
    }

    pub fn is_processing(&self) -> bool {
        self.time == Time::Processing
    }

    /// How far the machine's time has come goes into a snapshot.
    pub fn save(&self, out: &mut SnapshotWriter) {
        if self.is_processing() {
            out.note("clock", self.latest.0);
        }
    }

    /// Goes on where the clock was, and says up to which point in time the task that was furthest has fired; others may
    /// not have.
    pub fn load(&mut self, from: &Loader<'_>) -> Timestamp {
        if !self.is_processing() {
            return from.watermark();
        }
        self.latest = from.note("clock").map_or(self.latest, Timestamp);
        self.latest - Span(1)
    }

    /// Up to which point in time nothing more will come.
    #[inline(always)]
    pub fn now(&mut self, turn: &Turn<'_>) -> Timestamp {
        if self.time == Time::Event { turn.watermark() } else { self.processed(turn) }
    }

    /// In processing time a record may still come in this very millisecond; at the end of the input none will.
    #[inline(never)]
    fn processed(&mut self, turn: &Turn<'_>) -> Timestamp {
        self.latest = self.latest.max(turn.processing_time());
        let ended = turn.watermark() == Timestamp::MAX;
        if ended { Timestamp::MAX } else { self.latest - Span(1) }
    }

    /// The time of a record: its own, or that at which it comes in, after [`now`](Clock::now).
    #[inline(always)]
    pub fn time_of(&self, time: Timestamp) -> Timestamp {
        if self.time == Time::Event { time } else { self.latest }
    }
}
