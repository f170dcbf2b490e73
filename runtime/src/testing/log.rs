//! What a test did to its pipeline, so that it can be done again.

use std::collections::BTreeMap;

use crate::connector::Rejected;
use crate::error::JobError;
use crate::record::Record;
use crate::task::{Hands, Kit, Mark};
use crate::time::{Span, TimeEvent};

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
    ///
    /// What splits have said of time is in no checkpoint, so that it is said again from the start, step by step: idle
    /// splits are idle again, and those that have ended have. It comes in its old order before everything else; time
    /// does not go back behind where it was.
    pub(super) fn replay(&self, kit: &mut Kit) -> Result<(), JobError> {
        for (index, step) in self.steps.iter().enumerate() {
            let is_past = index < self.checkpointed;
            match step {
                Step::Send { split, number, send } if *number >= read(kit, *split) => {
                    send(&kit.hands);
                }
                Step::Mark(split, mark) if is_past && self.is_over(index, *split, *mark, kit) => {}
                Step::Mark(split, mark) => {
                    kit.mark(split.0, split.1, *mark);
                    if is_past {
                        kit.settle()?;
                    }
                }
                Step::Settle if !is_past => kit.settle()?,
                Step::Advance(span) if !is_past => kit.advance(*span)?,
                Step::Send { .. } | Step::Settle | Step::Advance(_) => {}
            }
        }
        Ok(())
    }
}

impl Log {
    /// True if a split is neither idle nor active because of this, but of records that came later.
    fn is_over(&self, index: usize, of: SplitId, mark: Mark, kit: &Kit) -> bool {
        let is_status = matches!(mark, Mark::Time(TimeEvent::Idle | TimeEvent::Active));
        let mut later = self.steps[index..self.checkpointed].iter();
        is_status
            && !kit.hands.only_fed_watermarks()
            && later.any(|step| matches!(step, Step::Send { split, .. } if *split == of))
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
