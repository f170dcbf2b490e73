//! Watermark generators: one per split of a source, or per channel of an exchange.

use std::task::Waker;
use std::time::{Duration, Instant};

use super::alignment::{Alignments, Member};
use super::valve::TimeEvents;
use super::{Strategy, TimeEvent, Timestamp, WatermarkValve};

/// Watches the timestamps of one split.
#[derive(Clone, Debug)]
pub struct Generator {
    /// The greatest timestamp, or the greatest watermark that a record brought.
    greatest: Timestamp,
    /// Set if jumps are guarded against.
    max_jump: Option<i64>,
    /// Records in a row that were too far ahead.
    ahead: u32,
    ignored: u64,
}

impl Generator {
    /// A stream that has really moved on shows it by this many records in a row beyond the greatest jump.
    const BELIEVED: u32 = 16;

    /// Takes note of a record's timestamp and returns it.
    #[inline(always)]
    pub fn observe(&mut self, time: impl Into<Timestamp>) -> Timestamp {
        let time = time.into();
        if self.max_jump.is_none() {
            self.greatest = self.greatest.max(time);
        } else {
            self.guarded(time);
        }
        time
    }

    /// Takes note of a watermark that a record brought.
    #[inline]
    pub fn punctuate(&mut self, watermark: impl Into<Timestamp>) {
        self.greatest = self.greatest.max(watermark.into());
    }

    /// Takes note of the watermark that a record brought, if any, and returns the record's timestamp.
    #[inline(always)]
    pub fn punctuated(
        &mut self,
        time: impl Into<Timestamp>,
        watermark: Option<Timestamp>,
    ) -> Timestamp {
        if let Some(watermark) = watermark {
            self.punctuate(watermark);
        }
        time.into()
    }

    /// Records that were too far ahead to be believed.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    #[inline(never)]
    fn guarded(&mut self, time: Timestamp) {
        let jump = time.0.saturating_sub(self.greatest.0);
        let believed = self.greatest == Timestamp::MIN
            || self.max_jump.is_none_or(|max| jump <= max)
            || self.ahead >= Self::BELIEVED
            || cfg!(bug_12);
        if believed {
            self.ahead = 0;
            self.greatest = self.greatest.max(time);
        } else {
            self.ahead += 1;
            self.ignored += 1;
        }
    }
}

/// The generators of one `.event_time(..)` in one task, and the watermark they make together.
#[derive(Debug)]
pub struct Watermarks {
    strategy: Strategy,
    generators: Vec<Generator>,
    /// When a split was first read in vain since its last record, or since the task was last held up downstream: a
    /// split that nobody could read is not idle.
    quiet_since: Vec<Option<Instant>>,
    valve: WatermarkValve,
    /// The last watermark that was handed out.
    emitted: Timestamp,
    /// Idle marks not handed out yet.
    status: Option<TimeEvent>,
    /// What a test said the watermark of each split is, at least.
    raised: Vec<Timestamp>,
    /// What records say does not count.
    only_raised: bool,
    /// What this task is in its alignment group.
    member: Option<Member>,
    /// Splits that were not read to their end.
    open: usize,
}

impl Watermarks {
    pub(crate) fn new(strategy: Strategy, splits: usize) -> Watermarks {
        let generator = Generator {
            greatest: Timestamp::MIN,
            max_jump: strategy.max_jump,
            ahead: 0,
            ignored: 0,
        };
        let open = splits;
        // A task without splits never reads, but its code asks for a generator.
        let splits = splits.max(1);
        Watermarks {
            strategy,
            generators: vec![generator; splits],
            quiet_since: vec![None; splits],
            valve: WatermarkValve::new(splits, Timestamp::MIN),
            emitted: Timestamp::MIN,
            status: None,
            raised: vec![Timestamp::MIN; splits],
            only_raised: false,
            member: None,
            open,
        }
    }

    /// The generator of a split.
    #[inline(always)]
    pub fn split(&mut self, split: usize) -> &mut Generator {
        &mut self.generators[split]
    }

    /// The watermark that was handed out last.
    pub fn watermark(&self) -> Timestamp {
        self.emitted
    }

    /// Records of all splits that were too far ahead to be believed.
    pub fn ignored(&self) -> u64 {
        self.generators.iter().map(Generator::ignored).sum()
    }

    /// What was seen of a split: goes into a snapshot.
    pub(crate) fn seen(&self, split: usize) -> Timestamp {
        self.generators[split].greatest
    }

    /// Goes on with a split of which so much was seen; the watermark is handed out again.
    pub(crate) fn restore(&mut self, split: usize, seen: Timestamp) {
        self.generators[split].greatest = seen;
        if seen > Timestamp::MIN {
            self.valve.report(split, TimeEvent::Watermark(self.of_split(split)));
        }
    }

    /// Takes part in an alignment group, if the strategy names one; `waker` wakes the task's slot.
    pub(crate) fn join(&mut self, alignments: &Alignments, waker: Waker) {
        let Some((group, max_drift)) = &self.strategy.alignment else { return };
        if self.open > 0 {
            self.member = Some(alignments.join(group, *max_drift, waker));
        }
    }

    /// True if the strategy names an alignment group.
    pub(crate) fn aligns(&self) -> bool {
        self.strategy.alignment.is_some()
    }

    /// True if the split being read is too far ahead of its group: it must not be read until the waker says so.
    pub(crate) fn must_wait(&self) -> bool {
        self.member.as_ref().is_some_and(Member::must_wait)
    }

    /// Records of `split` were processed.
    pub(crate) fn read(&mut self, split: usize) {
        if self.only_raised {
            return;
        }
        self.quiet_since[split] = None;
        let watermark = self.of_split(split);
        let woke = self.valve.report(split, TimeEvent::Active);
        self.keep(woke);
        let moved = self.valve.report(split, TimeEvent::Watermark(watermark));
        self.keep(moved);
        if let Some(member) = &self.member {
            member.report(Some(watermark));
        }
    }

    /// `split` was read, had nothing, and nothing downstream held it up.
    pub(crate) fn read_in_vain(&mut self, split: usize, now: Instant) {
        let since = *self.quiet_since[split].get_or_insert(now);
        if self.strategy.idle_after.is_some_and(|after| now.duration_since(since) >= after) {
            let paused = self.valve.report(split, TimeEvent::Idle);
            self.keep(paused);
            if let Some(member) = &self.member {
                member.report(None);
            }
        }
    }

    /// The task could not read: the clocks of idleness start again.
    pub(crate) fn held_up(&mut self) {
        if !cfg!(bug_02) {
            self.quiet_since.fill(None);
        }
    }

    /// `split` was read to its end.
    pub(crate) fn end(&mut self, split: usize) {
        let ended = self.valve.end(split);
        self.keep(ended);
        self.open = self.open.saturating_sub(1);
        match &self.member {
            // The next split starts where time starts.
            Some(member) if self.open > 0 => member.report(Some(Timestamp::MIN)),
            _ => self.member = None,
        }
    }

    /// When idleness is to be looked at again.
    pub(crate) fn next_look(&self) -> Option<Instant> {
        let after: Duration = self.strategy.idle_after?;
        let waiting = self.quiet_since.iter().flatten().min().map(|&since| since + after);
        waiting.filter(|_| !self.valve.is_idle())
    }

    /// From here on only [`told`](Watermarks::told) moves time.
    pub(crate) fn only_raised(&mut self) {
        self.only_raised = true;
    }

    /// A test says what a split reports.
    pub(crate) fn told(&mut self, split: usize, event: TimeEvent) {
        let event = match event {
            // What an idle split says of time counts as little as in the valve.
            TimeEvent::Watermark(_) if self.valve.is_channel_idle(split) => return,
            TimeEvent::Watermark(time) => {
                self.raised[split] = self.raised[split].max(time);
                TimeEvent::Watermark(self.of_split(split))
            }
            status => status,
        };
        let events = self.valve.report(split, event);
        self.keep(events);
    }

    /// What is to be sent downstream now. A watermark is held back while there is more to read and less than the
    /// interval of event time has passed since the last: each one flushes partial aggregates and open batches.
    pub(crate) fn due(&mut self, input_idle: bool) -> TimeEvents {
        let watermark = self.valve.watermark();
        let passed = i128::from(watermark.0) - i128::from(self.emitted.0);
        // The end of time is for the end of the input to tell, or for a test.
        let ends = watermark == Timestamp::MAX && !self.raised.contains(&Timestamp::MAX);
        let moved = passed > 0 && !ends;
        let status = self.status.take();
        let due = moved
            && (input_idle || status.is_some() || passed >= i128::from(self.strategy.interval));
        if due {
            self.emitted = watermark;
        }
        let watermark = due.then_some(TimeEvent::Watermark(watermark));
        match status {
            Some(TimeEvent::Active) => [status, watermark],
            _ => [watermark, status],
        }
    }

    fn of_split(&self, split: usize) -> Timestamp {
        let greatest = self.generators[split].greatest;
        let seen = match self.strategy.bound {
            _ if self.only_raised => Timestamp::MIN,
            Some(bound) => Timestamp(greatest.0.saturating_sub(bound).saturating_sub(1)),
            None => greatest,
        };
        seen.max(self.raised[split])
    }

    /// Idle and active again before anybody was told: nothing to tell.
    fn keep(&mut self, events: TimeEvents) {
        for event in events.into_iter().flatten() {
            match event {
                TimeEvent::Watermark(_) => {}
                status if self.status.is_some_and(|kept| kept != status) => self.status = None,
                status => self.status = Some(status),
            }
        }
    }
}

#[cfg(test)]
mod tests;
