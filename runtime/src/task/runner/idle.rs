//! A task that has nothing to do, and what it waits for.

use std::time::{Duration, Instant};

use super::{Action, Outcome, Phase, Runner};
use crate::task::Failure;
use crate::task::source_task::SourceStatus;

impl Runner {
    /// True if requests of an `async_map` are under way.
    pub(crate) fn is_asking(&self) -> bool {
        self.handles.awaited.as_ref().is_some_and(|awaited| awaited.borrow().is_asking())
    }

    /// True if answers have come that nobody looked at.
    pub(crate) fn has_answers(&self) -> bool {
        self.handles.awaited.as_ref().is_some_and(|awaited| awaited.borrow().wants_turn())
    }

    /// True if no more may be asked before there are answers.
    pub(super) fn is_full(&self) -> bool {
        self.handles.awaited.as_ref().is_some_and(|awaited| awaited.borrow().is_full())
    }

    /// True if the task's input is a source.
    pub(crate) fn reads_source(&self) -> bool {
        self.handles.source.is_some()
    }

    /// What a task does when its slot has nothing else to do: it hands on what it holds back and takes note that its
    /// input is idle. To be called after a step that answered `Idle`.
    pub(crate) fn idle(&mut self, now: &mut Instant) -> Result<Outcome, Failure> {
        if self.phase != Phase::Running || self.stage.blocked.get() || self.barrier_waits() {
            return Ok(Outcome::Idle);
        }
        if !self.stands_still() {
            self.look_at_idleness(*now);
        }
        if self.flush_at.is_some() {
            self.actions.push_back(Action::Flush { sinks: true });
        }
        if self.actions.is_empty() { Ok(Outcome::Idle) } else { self.act(now) }
    }

    fn look_at_idleness(&mut self, now: Instant) {
        let source = self.handles.source.as_ref().map(|source| source.borrow());
        for (index, watermarks) in self.handles.watermarks.iter().enumerate() {
            let mut watermarks = watermarks.borrow_mut();
            match &source {
                Some(source) if source.status() == SourceStatus::Waiting => {
                    source.silent(&mut |split| watermarks.read_in_vain(split, now));
                }
                Some(_) => {}
                None => self.inbox.silent().for_each(|split| watermarks.read_in_vain(split, now)),
            }
            let due = watermarks.due(true).into_iter().flatten();
            self.actions.extend(due.map(|event| Action::Generated(index, event)));
        }
    }

    /// When the task wants a step although nothing arrives.
    pub(crate) fn wants_step_at(&self, now: Instant) -> Option<Instant> {
        if self.saving.is_some() {
            return Some(now + Self::SINK_POLL);
        }
        if self.phase != Phase::Running {
            return None;
        }
        if self.stage.blocked.get() {
            let mut sinks = self.handles.sinks.iter();
            return sinks.any(|sink| !sink.borrow_mut().is_ready()).then(|| now + Self::SINK_POLL);
        }
        if self.stands_still() {
            return self.flush_at;
        }
        let processing_time = self.stage.clock().processing_time(now);
        let timer = self.timer.map(|timer| {
            let left = timer.0.saturating_sub(processing_time.0).clamp(0, 3_600_000);
            now + Duration::from_millis(left as u64)
        });
        let looks = self.handles.watermarks.iter().filter_map(|marks| marks.borrow().next_look());
        looks.chain(timer).chain(self.flush_at).min()
    }
}
