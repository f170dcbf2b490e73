//! What a test did to its pipeline, so that it can be done again.

use std::collections::BTreeMap;

use crate::connector::Rejected;
use crate::error::JobError;
use crate::record::Record;
use crate::task::{Hands, Kit, Mark};
use crate::time::{Span, TimeEvent, Timestamp};

/// Everything that a test has done, in order.
#[derive(Default)]
pub(super) struct Log {
    steps: Vec<Step>,
    /// How many steps precede the last checkpoint, or were under way with it.
    checkpointed: usize,
    /// How much was sent to each split.
    sent: BTreeMap<SplitId, usize>,
}

/// A split: its source's chain, and its number.
pub(super) type SplitId = (usize, usize);

enum Step {
    /// Sends what is the so-many-th of its split.
    Send {
        split: SplitId,
        number: usize,
        send: Box<dyn Fn(&Hands)>,
    },
    Mark(SplitId, Mark),
    Settle,
    Advance(Span),
}

impl Log {
    /// Sends something, or what cannot be decoded; false if the source yields records of another type.
    pub(super) fn send<T: Record>(
        &mut self,
        kit: &Kit,
        split: SplitId,
        record: Result<T, Rejected>,
    ) -> bool {
        let sent = self.sent.entry(split).or_default();
        if !put(&kit.hands, split, copy(&record)) {
            return false;
        }
        let send = Box::new(move |hands: &Hands| {
            put(hands, split, copy(&record));
        });
        self.steps.push(Step::Send { split, number: *sent, send });
        *sent += 1;
        true
    }

    /// Says what a split reports; false if its chain makes no watermarks.
    pub(super) fn mark(&mut self, kit: &mut Kit, split: SplitId, mark: Mark) -> bool {
        self.steps.push(Step::Mark(split, mark));
        kit.mark(split.0, split.1, mark)
    }

    pub(super) fn settle(&mut self, kit: &mut Kit) -> Result<(), JobError> {
        self.steps.push(Step::Settle);
        kit.settle()
    }

    pub(super) fn advance(&mut self, kit: &mut Kit, span: Span) -> Result<(), JobError> {
        self.steps.push(Step::Advance(span));
        kit.advance(span)
    }

    /// A checkpoint is complete that was begun behind what was done so far.
    pub(super) fn checkpointed(&mut self) {
        self.checkpointed = self.steps.len();
    }

    /// Does again what the tasks have forgotten: they were restored.
    pub(super) fn replay(&self, kit: &mut Kit) -> Result<(), JobError> {
        self.tell_time_again(kit)?;
        for (index, step) in self.steps.iter().enumerate() {
            let is_past = index < self.checkpointed;
            match step {
                Step::Send { split, number, send } if *number >= read(kit, *split) => {
                    send(&kit.hands);
                }
                Step::Mark(split, mark) if !is_past => _ = kit.mark(split.0, split.1, *mark),
                Step::Settle if !is_past => kit.settle()?,
                Step::Advance(span) if !is_past => kit.advance(*span)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// What splits have said of time is in no checkpoint: how far each is, which are idle, and which have ended, in the
    /// order in which they are it.
    fn tell_time_again(&self, kit: &mut Kit) -> Result<(), JobError> {
        let mut told: BTreeMap<SplitId, Told> = BTreeMap::new();
        let only_fed = kit.hands.only_fed_watermarks();
        for (index, step) in self.steps[..self.checkpointed].iter().enumerate() {
            match step {
                Step::Mark(split, mark) => told.entry(*split).or_default().hear(index, *mark),
                // A record that is not only data makes its split active.
                Step::Send { split, .. } if !only_fed => {
                    told.entry(*split).or_default().idle_since = None;
                }
                _ => {}
            }
        }
        for (split, told) in &told {
            let reached = told.reached.map(TimeEvent::Watermark);
            reached.map(|reached| kit.mark(split.0, split.1, Mark::Time(reached)));
        }
        if told.values().any(|told| told.reached.is_some()) {
            kit.settle()?;
        }
        let mut ends: Vec<(usize, SplitId, Mark)> = Vec::new();
        for (split, told) in told {
            let idle = told.idle_since.map(|since| (since, split, Mark::Time(TimeEvent::Idle)));
            ends.extend(idle.into_iter().chain(told.ended.map(|at| (at, split, Mark::End))));
        }
        ends.sort_unstable_by_key(|(at, ..)| *at);
        ends.into_iter().try_for_each(|(_, (chain, split), mark)| {
            kit.mark(chain, split, mark);
            kit.settle()
        })
    }
}

/// What a split has said of time.
#[derive(Default)]
struct Told {
    reached: Option<Timestamp>,
    idle_since: Option<usize>,
    ended: Option<usize>,
}

impl Told {
    fn hear(&mut self, index: usize, mark: Mark) {
        match mark {
            // What a split says that is idle does not count.
            Mark::Time(TimeEvent::Watermark(time)) if self.idle_since.is_none() => {
                self.reached = self.reached.max(Some(time));
            }
            Mark::Time(TimeEvent::Watermark(_)) => {}
            Mark::Time(TimeEvent::Idle) => self.idle_since = self.idle_since.or(Some(index)),
            Mark::Time(TimeEvent::Active) => self.idle_since = None,
            Mark::End => self.ended = Some(index),
        }
    }
}

/// How much of a split's input its task has read.
fn read(kit: &Kit, (chain, split): SplitId) -> usize {
    let sources = kit.hands.sources.borrow();
    let source = sources.iter().find(|source| source.chain == chain);
    source.map_or(0, |source| source.read(split))
}

fn copy<T: Record>(record: &Result<T, Rejected>) -> Result<T, Rejected> {
    record.as_ref().map(|record| T::from_view(record.as_view())).map_err(Rejected::clone)
}

fn put<T: Record>(hands: &Hands, (chain, split): SplitId, record: Result<T, Rejected>) -> bool {
    let sources = hands.sources.borrow();
    let Some(source) = sources.iter().find(|source| source.chain == chain) else { return true };
    let (task, local) = source.task_of(split);
    let fed = source.fed::<T>(task);
    fed.map(|fed| fed.send(local, record)).is_some()
}
