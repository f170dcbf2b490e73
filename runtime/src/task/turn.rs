//! What a chain is given, once per turn.

use std::cell::Cell;
use std::time::Instant;

use crate::exchange::Batch;
use crate::time::Timestamp;

/// One turn of a chain: what it brings, what time it is, and whether to go on.
pub struct Turn<'f> {
    pub(crate) batch: Option<(usize, &'f Batch)>,
    pub(crate) empty: &'f Batch,
    /// The channel of the input, or the split of the source, that the records come from: watermarks are generated
    /// per split.
    pub(crate) split: usize,
    pub(crate) polls: bool,
    pub(crate) flushes: bool,
    pub(crate) watermark: Timestamp,
    pub(crate) processing_time: Timestamp,
    pub(crate) blocked: &'f Cell<bool>,
    pub(crate) deadline: Instant,
    pub(crate) checks: u32,
    pub(crate) more: bool,
}

impl<'f> Turn<'f> {
    /// How many calls of [`must_yield`](Turn::must_yield) share one look at the clock.
    const CHECKS_PER_CLOCK: u32 = 64;

    /// The batch on input `index`: an empty one if this turn brought none there.
    #[inline(always)]
    pub fn batch(&self, index: usize) -> &'f Batch {
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

    /// The split or channel that this turn's records come from.
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
        self.flushes
    }

    /// True if the chain must stop and be resumed: an output or sink is full, or the time slice is over. Whoever asks
    /// and stops has then to be resumable: [`more`](Turn::more) is set.
    #[inline(always)]
    pub fn must_yield(&mut self) -> bool {
        self.checks += 1;
        if self.blocked.get()
            || (self.checks % Self::CHECKS_PER_CLOCK == 0 && Instant::now() >= self.deadline)
        {
            self.more = true;
        }
        self.more
    }

    /// True if something in this turn stopped before its end.
    #[inline(always)]
    pub fn more(&self) -> bool {
        self.more
    }
}
