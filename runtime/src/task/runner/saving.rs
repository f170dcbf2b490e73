//! A task's part in checkpoints: what it has at a barrier is written slice by slice, between turns.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;

use super::{Action, Runner};
use crate::connector::Transaction;
use crate::exchange::{Frame, KeyGroups};
use crate::state::SnapshotWriter;
use crate::task::Failure;
use crate::task::panics::guard;
use crate::task::restored::Restored;
use crate::task::snapshot::{Checkpoints, SinkSnapshot, StateSnapshot, TaskMessage, TaskSnapshot};
use crate::time::{TimeEvent, Timestamp};

/// What was said of a task.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Said {
    Nothing,
    Opened,
    Waits,
}

/// A snapshot on its way out.
pub(super) struct Saving {
    snapshot: Box<TaskSnapshot>,
    /// Of each state, and whether it has more to write.
    writers: Vec<(SnapshotWriter, bool)>,
    /// The one that is being written.
    state: usize,
    /// What there was no room for.
    waiting: VecDeque<TaskMessage>,
    /// When the next slice is due.
    next_slice: Instant,
    /// How many there were.
    slices: u32,
}

/// As many times as long as a slice takes, what the task is for goes on.
const OTHER_WORK: u32 = 6;
/// The same, of the first slices: at first each record that comes finds its entry unwritten, and writes it.
const OTHER_WORK_AT_FIRST: u32 = 24;
const FIRST_SLICES: u32 = 32;

impl Saving {
    /// True if it is part of this checkpoint, or of an earlier one.
    fn is_of(&self, checkpoint: u64) -> bool {
        self.snapshot.checkpoint <= checkpoint
    }

    /// Nobody needs the state any more. What sinks have prepared is not lost by that: it belongs to the next checkpoint.
    fn abandon(&mut self) {
        self.writers.clear();
        self.snapshot.states.clear();
        self.waiting.retain(|message| !matches!(message, TaskMessage::Blocks { .. }));
    }
}

impl Runner {
    /// The checkpoint that this task's source is to begin, if there is one.
    pub(super) fn wanted_checkpoint(&self) -> Option<u64> {
        let checkpoints =
            self.job.checkpoints.as_ref().filter(|_| self.handles.source.is_some())?;
        let wanted = checkpoints.wanted();
        (wanted > self.last_checkpoint).then_some(wanted)
    }

    /// True behind the barrier of the checkpoint that the job stops with, unless that was given up. What happened here
    /// would be in no checkpoint: nothing is read, time does not pass, and no timer fires.
    pub(super) fn stands_still(&self) -> bool {
        let checkpoints = self.job.checkpoints.as_ref();
        checkpoints.is_some_and(|checkpoints| checkpoints.stops_with(self.last_checkpoint))
    }

    /// True if the source waits for the checkpoint that the job stops with: if that fails, it goes on.
    pub(super) fn is_paused(&self) -> bool {
        let is_finished = |checkpoints: &Arc<Checkpoints>| checkpoints.is_finished();
        self.stands_still() && !self.job.checkpoints.as_ref().is_some_and(is_finished)
    }

    /// True if the source is to end as if there were no more input.
    pub(super) fn must_drain(&self) -> bool {
        self.job.checkpoints.as_ref().is_some_and(|checkpoints| checkpoints.drains())
    }

    /// True if the source is to stop: what it has read is processed, windows stay open.
    pub(super) fn must_stop(&self) -> bool {
        match &self.job.checkpoints {
            None => self.job.is_stopping(),
            Some(_) => self.stands_still(),
        }
    }

    /// A control frame has come: takes note if barriers begin to be waited for, or no longer are.
    pub(super) fn look_at_alignment(&mut self, now: Instant) {
        if let Some(waited) = self.alignment.look(self.inbox.pending_checkpoint(), now) {
            self.meter.counts.alignment_ns += waited.as_nanos() as u64;
        }
    }

    /// Gives up the checkpoint whose barriers this task waits for, if nobody will ever complete it.
    pub(super) fn look_at_given_up(&mut self) {
        let Some(checkpoints) = &self.job.checkpoints else { return };
        if let Some(pending) = self.inbox.pending_checkpoint()
            && checkpoints.is_given_up(pending)
        {
            self.inbox.give_up(pending, &mut self.actions);
        }
    }

    /// Its input has ended: the job's last checkpoint can be taken when all tasks are that far.
    pub(super) fn say_that_it_waits(&mut self) {
        self.say(Said::Waits, TaskMessage::Waits(self.task));
    }

    /// It is open: checkpoints can be taken.
    pub(super) fn say_that_it_is_open(&mut self) {
        self.say(Said::Opened, TaskMessage::Opened(self.task));
    }

    fn say(&mut self, said: Said, message: TaskMessage) {
        if self.said < said {
            let left =
                self.job.checkpoints.as_ref().and_then(|checkpoints| checkpoints.tell(message));
            if left.is_none() {
                self.said = said;
            }
        }
    }

    /// True if a barrier has to wait for answers to what was asked before it.
    pub(super) fn barrier_waits(&self) -> bool {
        matches!(self.actions.front(), Some(Action::Barrier(_)))
            && (!self.held.is_empty()
                || self.handles.awaited.as_ref().is_some_and(|asked| !asked.borrow().is_empty()))
    }

    /// The barrier of a checkpoint has come on all channels, everything before it was processed, and it goes on.
    pub(super) fn barrier(&mut self, checkpoint: u64) -> Result<(), Failure> {
        self.last_checkpoint = checkpoint;
        let Some(checkpoints) = self.job.checkpoints.clone() else {
            self.broadcast(None, &|| Frame::Barrier { id: checkpoint });
            return Ok(());
        };
        if checkpoints.is_given_up(checkpoint) {
            self.broadcast(None, &|| Frame::Cancel { id: checkpoint });
            return Ok(());
        }
        self.refuse_too_much_state()?;
        self.flush_sinks()?;
        let transaction =
            Transaction { checkpoint, attempt: checkpoints.attempt, task: self.task.1 };
        let mut sinks = Vec::new();
        for sink in &self.handles.sinks {
            let mut sink = sink.borrow_mut();
            let preparation = guard(|| sink.prepare(&transaction))?;
            sinks.push(SinkSnapshot { name: sink.name().to_owned(), preparation });
        }
        self.broadcast(None, &|| Frame::Barrier { id: checkpoint });
        let mut source = self.handles.source.as_ref().map(|source| source.borrow().snapshot());
        for (split, snapshot) in source.iter_mut().flat_map(|source| &mut source.splits).enumerate()
        {
            let generators = self.handles.watermarks.iter();
            snapshot.times = generators.map(|marks| marks.borrow().seen(split)).collect();
        }
        let (mut states, mut writers) = (Vec::new(), Vec::new());
        let purpose = checkpoints.purpose(checkpoint);
        for (id, state) in self.handles.kept() {
            let (mut writer, meaning) = (SnapshotWriter::new(purpose), state.borrow().meaning());
            guard(|| {
                state.borrow_mut().save(&mut writer);
                Ok(())
            })?;
            writers.push((writer, true));
            let (id, sections, notes) = (id.clone(), Vec::new(), Default::default());
            states.push(StateSnapshot { id, meaning, sections, notes });
        }
        let (task, watermark) = (self.task, self.watermark);
        let alignment = self.alignment.of(checkpoint);
        let snapshot =
            TaskSnapshot { checkpoint, task, alignment, watermark, states, source, sinks };
        let (snapshot, waiting) = (Box::new(snapshot), VecDeque::new());
        let next_slice = self.stage.clock().now();
        self.saving = Some(Saving { snapshot, writers, state: 0, waiting, next_slice, slices: 0 });
        Ok(())
    }

    fn refuse_too_much_state(&self) -> Result<(), Failure> {
        let Some(most) = self.state_most else { return Ok(()) };
        let bytes: usize = self.handles.kept().map(|(_, state)| state.borrow().bytes()).sum();
        if bytes <= most {
            return Ok(());
        }
        Err(Failure::new(format!(
            "the state of this task has {bytes} bytes, and the backend `memory` saves {most} at most\n\
             help: set `[state] backend = \"fs\"`, or a larger `budget`"
        )))
    }

    /// A checkpoint was given up.
    pub(super) fn cancel(&mut self, checkpoint: u64) {
        self.last_checkpoint = self.last_checkpoint.max(checkpoint);
        if let Some(saving) = self.saving.as_mut().filter(|saving| saving.is_of(checkpoint)) {
            saving.abandon();
        }
        self.broadcast(None, &|| Frame::Cancel { id: checkpoint });
    }

    /// True if a slice of the snapshot under way is to be written before anything else is done.
    pub(super) fn saves_now(&self, now: Instant) -> bool {
        self.saving.as_ref().is_some_and(|saving| saving.next_slice <= now)
    }

    /// Writes a slice of the snapshot under way; true if that was any work. Moves `now` on.
    pub(super) fn save_more(&mut self, now: &mut Instant) -> Result<bool, Failure> {
        let start = *now;
        let worked = self.save_slice()?;
        *now = self.stage.clock().now();
        if let Some(saving) = &mut self.saving {
            let is_first = saving.slices < FIRST_SLICES;
            let other_work = if is_first { OTHER_WORK_AT_FIRST } else { OTHER_WORK };
            saving.next_slice = *now + now.duration_since(start) * other_work;
            saving.slices += 1;
        }
        Ok(worked)
    }

    fn save_slice(&mut self) -> Result<bool, Failure> {
        let Some(saving) = &mut self.saving else { return Ok(false) };
        let Some(checkpoints) = &self.job.checkpoints else { return Ok(false) };
        if checkpoints.is_given_up(saving.snapshot.checkpoint) {
            saving.abandon();
        }
        while let Some(message) = saving.waiting.pop_front() {
            if let Some(message) = checkpoints.tell(message) {
                saving.waiting.push_front(message);
                return Ok(false);
            }
        }
        let (checkpoint, task) = (saving.snapshot.checkpoint, self.task);
        if let Some((writer, more)) = saving.writers.get_mut(saving.state) {
            let state = self.handles.kept().nth(saving.state);
            let (_, state) = state.expect("a writer for each state");
            *more = *more && guard(|| Ok(state.borrow_mut().save_more(writer)))?;
            if !*more {
                writer.finish();
            }
            let (state, blocks) = (saving.state, writer.take_blocks());
            if !blocks.is_empty() {
                let blocks = TaskMessage::Blocks { checkpoint, task, state, blocks };
                saving.waiting.push_back(blocks);
            }
            if !*more {
                let saved = &mut saving.snapshot.states[state];
                saved.sections = writer.sections().collect();
                saved.notes = writer.notes().clone();
                saving.state += 1;
            }
            return Ok(true);
        }
        let Saving { snapshot, next_slice, slices, .. } =
            self.saving.take().expect("looked at above");
        if let Some(message) = checkpoints.tell(TaskMessage::Saved(snapshot)) {
            // Everything else has gone: there is but this to send.
            let TaskMessage::Saved(snapshot) = message else { unreachable!("what was sent") };
            let (writers, waiting) = (Vec::new(), VecDeque::new());
            self.saving = Some(Saving { snapshot, writers, state: 0, waiting, next_slice, slices });
            return Ok(false);
        }
        Ok(true)
    }

    /// Takes in what the task had when a checkpoint was taken.
    pub(super) fn restore(
        &mut self,
        restored: &Restored,
        groups: KeyGroups,
    ) -> Result<(), Failure> {
        let processing_time = self.stage.clock().processing_time(self.stage.clock().now());
        let hashes = hashes(groups, self.task.1);
        let mut floor = Timestamp::MIN;
        for (id, state) in self.handles.kept() {
            let Some(saved) = restored.states.get(id) else { continue };
            let give = || saved.give_to(&mut *state.borrow_mut(), hashes.clone(), processing_time);
            let loaded = guard(|| give().map_err(Failure::new));
            loaded.map_err(|failure| failure.at(|| format!("restoring the state `{id}`")))?;
            floor = if cfg!(bug_01) { floor } else { floor.max(saved.watermark) };
        }
        if let Some(source) = &self.handles.source {
            for (split, snapshot) in source.borrow().restored().iter().enumerate() {
                for (marks, time) in self.handles.watermarks.iter().zip(&snapshot.times) {
                    marks.borrow_mut().restore(split, *time);
                }
            }
            // Ahead of the first record, as in the run that goes on: it had been told before.
            for (index, marks) in self.handles.watermarks.iter().enumerate() {
                let due = marks.borrow_mut().due(true).into_iter().flatten();
                self.actions.extend(due.map(|event| Action::Generated(index, event)));
            }
        } else if floor > Timestamp::MIN {
            self.inbox.restore(floor);
            self.actions.push_back(Action::Time(TimeEvent::Watermark(floor)));
        }
        self.watermark = floor;
        self.look_at_timers();
        Ok(())
    }
}

/// The hashes of the keys of a task: those of its key groups, which are a range.
fn hashes(groups: KeyGroups, task: usize) -> RangeInclusive<u64> {
    let mut range = groups.range(task as u32);
    range.end -= u32::from(cfg!(bug_20));
    let first = |group: u32| (u128::from(group) << 64).div_ceil(u128::from(groups.groups()));
    first(range.start) as u64..=(first(range.end) - 1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::key_group;

    #[test]
    fn bug_20_the_hashes_of_tasks_are_those_that_are_sent_to_them() {
        for groups in (1..=40).chain([128, 1000, 32_768]) {
            for tasks in (1..=groups.min(17)).chain([groups]) {
                let groups = KeyGroups::new(groups, tasks);
                let owners = groups.owners();
                let ranges = (0..tasks as usize).map(|task| (task, hashes(groups, task)));
                let mut next = 0u128;
                for (task, range) in ranges {
                    assert_eq!(u128::from(*range.start()), next, "{groups:?}, task {task}");
                    next = u128::from(*range.end()) + 1;
                    for hash in [*range.start(), *range.end()] {
                        let group = key_group(hash, groups.groups()) as usize;
                        assert_eq!(usize::from(owners[group]), task, "{groups:?}, hash {hash}");
                    }
                }
                assert_eq!(next, 1 << 64, "{groups:?}");
            }
        }
    }
}
