//! What a chain is given, once per turn.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Clock;
use super::clock::SystemClock;
use crate::exchange::{Batch, Cursor};
use crate::time::Timestamp;

/// One turn of a chain: what it brings, what time it is, and whether to go on.
pub struct Turn<'f> {
    pub(crate) batch: Option<(usize, &'f Batch)>,
    empty: &'f Batch,
    pub(crate) split: usize,
    pub(crate) polls: bool,
    /// The watermark that follows; the end of time for any other control frame.
    pub(crate) flushes: Option<Timestamp>,
    pub(crate) watermark: Timestamp,
    pub(crate) processing_time: Timestamp,
    pub(crate) blocked: &'f Cell<bool>,
    pub(crate) cursor: &'f Cursor,
    /// Records that this turn is to take at most: what keeps it within its time slice.
    pub(crate) limit: usize,
    clock: &'f dyn Clock,
    deadline: Instant,
    checks: u32,
    more: bool,
    skipped: u64,
}

/// What all turns of one task share. A task's runner has one; tests and benchmarks of operators make turns with it.
pub struct Stage {
    empty: Batch,
    pub(crate) blocked: Rc<Cell<bool>>,
    pub(crate) cursor: Cursor,
    clock: Box<dyn Clock>,
}

impl Default for Stage {
    fn default() -> Stage {
        Stage::new(Box::new(SystemClock::default()))
    }
}

impl Stage {
    pub(crate) fn new(clock: Box<dyn Clock>) -> Stage {
        let (empty, cursor) = (Batch::default(), Cursor::default());
        Stage { empty, blocked: Rc::new(Cell::new(false)), cursor, clock }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// A turn that brings nothing but this watermark, and has all the time there is.
    pub fn turn(&self, watermark: Timestamp) -> Turn<'_> {
        self.turn_until(watermark, self.clock.now() + Duration::from_secs(3600))
    }

    /// The same with a deadline.
    pub(crate) fn turn_until(&self, watermark: Timestamp, deadline: Instant) -> Turn<'_> {
        Turn {
            batch: None,
            empty: &self.empty,
            split: 0,
            polls: false,
            flushes: None,
            watermark,
            processing_time: Timestamp::MIN,
            blocked: &self.blocked,
            cursor: &self.cursor,
            limit: usize::MAX,
            clock: &*self.clock,
            deadline,
            checks: 0,
            more: false,
            skipped: 0,
        }
    }

    /// From now on turns must yield, as if an output were full; or need not any more.
    pub fn block(&self, blocked: bool) {
        self.blocked.set(blocked);
    }
}

impl<'f> Turn<'f> {
    /// How many calls of [`must_yield`](Turn::must_yield) share one look at the clock.
    const CHECKS_PER_CLOCK: u32 = 64;

    /// The same turn with something for partial aggregates to do: see [`flushes`](Turn::flushes).
    #[must_use]
    pub fn flushing(mut self) -> Turn<'f> {
        self.flushes = Some(Timestamp::MAX);
        self
    }

    /// The same turn in front of a watermark.
    #[must_use]
    pub fn flushing_until(mut self, watermark: Timestamp) -> Turn<'f> {
        self.flushes = Some(watermark);
        self
    }

    /// The same turn at a processing time.
    #[must_use]
    pub fn at(mut self, processing_time: Timestamp) -> Turn<'f> {
        self.processing_time = processing_time;
        self
    }

    /// The batch on input `index`: an empty one if this turn brought none there.
    #[inline(always)]
    pub(crate) fn batch(&self, index: usize) -> &'f Batch {
        match self.batch {
            Some((input, batch)) if input == index => batch,
            _ => self.empty,
        }
    }

    /// True if the source is to be read.
    #[inline(always)]
    pub fn polls(&self) -> bool {
        self.polls
    }

    /// The channel of the input, or the split of the source, that this turn's records come from: watermarks are
    /// generated per split.
    #[inline(always)]
    pub fn split(&self) -> usize {
        self.split
    }

    /// The watermark of the chain's input.
    #[inline(always)]
    pub fn watermark(&self) -> Timestamp {
        self.watermark
    }

    /// The processing time of this turn.
    #[inline(always)]
    pub fn processing_time(&self) -> Timestamp {
        self.processing_time
    }

    /// True if partial aggregates must be written out: a control frame follows, or the input is idle.
    #[inline(always)]
    pub fn flushes(&self) -> bool {
        self.flushes.is_some()
    }

    /// Which of them: those of panes that end by this watermark, and whatever there is if it is the end of time.
    #[inline(always)]
    pub(crate) fn flushes_until(&self) -> Timestamp {
        self.flushes.unwrap_or(Timestamp::MIN)
    }

    /// True if the chain must stop and be resumed: an output or sink is full, or the time slice is over. Whoever asks
    /// and stops has then to be resumable: [`more`](Turn::more) is set.
    #[inline(always)]
    pub fn must_yield(&mut self) -> bool {
        self.checks += 1;
        if self.blocked.get()
            || (self.checks.is_multiple_of(Self::CHECKS_PER_CLOCK) && self.is_over())
        {
            self.more = true;
        }
        self.more
    }

    /// Ends the loop over this turn's records behind the one at hand, as a full output does: something that it caused
    /// has to be done before the next one. The runner brings the rest with the next turn.
    #[inline]
    pub(crate) fn pause(&self) {
        self.blocked.set(true);
    }

    /// Ends the time slice: the next look says that the chain must yield.
    #[cfg(test)]
    pub(crate) fn end_slice(&mut self) {
        self.more = true;
    }

    #[inline(never)]
    fn is_over(&self) -> bool {
        self.clock.now() >= self.deadline
    }

    /// True if something in this turn stopped before its end.
    #[inline(always)]
    pub fn more(&self) -> bool {
        self.more
    }

    /// Counts a record that a fallible operator left out (`.or_skip()`).
    #[inline]
    pub fn skip(&mut self) {
        self.skipped += 1;
    }

    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }
}
