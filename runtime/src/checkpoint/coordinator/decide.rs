//! What is done when: triggers, expiry, and trying again.

use super::*;

impl<S: Clone, C: Clone> Coordinator<S, C> {
    /// When the next checkpoint is due.
    pub(super) fn due(&self) -> Option<Duration> {
        let interval = self.options.interval?;
        let pause = self.last_end.map_or(Duration::ZERO, |end| end + self.options.min_pause);
        Some((self.last_trigger? + interval).max(pause))
    }

    /// True if sinks are so far behind that no checkpoint is taken.
    pub(super) fn is_unconfirmed(&self) -> bool {
        let completed = self.completed.unwrap_or_default();
        let ids: BTreeSet<_> = self.prepared.keys().map(|(id, _)| *id).collect();
        ids.range(..=completed).count() >= UNCONFIRMED_MAX
    }

    pub(super) fn on_requested(
        &mut self,
        request: RequestId,
        kind: Kind,
        actions: &mut Actions<S, C>,
    ) {
        let is_wish = matches!(kind, Kind::Savepoint | Kind::Stop | Kind::Drain);
        assert!(is_wish, "nobody can ask for {kind:?}");
        let refusal = match self.phase {
            Phase::Failed => Some(Refusal::Failed),
            Phase::Going if self.requests.len() >= REQUESTS_MAX => {
                Some(Refusal::TooMany(REQUESTS_MAX))
            }
            Phase::Going => None,
            Phase::Ending(_) | Phase::Ended | Phase::Deposed => Some(Refusal::Ended),
        };
        if let Some(refusal) = refusal {
            actions.push(Action::Answer { request, result: Err(refusal) });
            return;
        }
        self.requests.push_back((request, kind));
    }

    /// What is late: a checkpoint, an answer of the pointer, confirmations.
    pub(super) fn on_time(&mut self, actions: &mut Actions<S, C>) {
        let (now, timeout) = (self.now, self.options.timeout);
        if let Some(in_flight) = &self.in_flight
            && in_flight.step == Step::Triggered
            && now >= in_flight.since + timeout
        {
            let waiting = in_flight.waiting.iter().copied().collect();
            self.abort(Abort::Expired { waiting }, actions);
        }
        if self.settle_at.is_some_and(|at| now >= at) {
            self.settle_at = None;
            actions.push(Action::Settle);
        }
        let is_late = self.completing.as_ref().is_some_and(|completing| now >= completing.again_at);
        if is_late && !cfg!(bug_32) {
            self.complete(actions);
        }
    }

    /// Triggers what is to be triggered, if it can be.
    pub(super) fn consider(&mut self, actions: &mut Actions<S, C>) {
        let is_ending = matches!(self.phase, Phase::Ending(kind) if kind != Kind::Stop);
        let is_idle = self.in_flight.is_none() && self.publishing.is_none();
        if is_ending && is_idle && self.completing.is_none() && self.now >= self.not_before {
            self.conclude(actions);
        }
        if self.phase != Phase::Going {
            return;
        }
        if let Some(skip) = self.obstacle() {
            self.count_skip(skip);
            return;
        }
        if !self.drains && matches!(self.requests.front(), Some((_, Kind::Drain))) {
            self.drains = true;
            actions.push(Action::Drain);
        }
        let Some((kind, request)) = self.choose() else { return };
        if self.next_id > self.id_high {
            self.publish(Purpose::Ids, actions);
            return;
        }
        self.requests.retain(|(waiting, _)| Some(*waiting) != request);
        self.trigger(kind, request, actions);
    }

    fn obstacle(&self) -> Option<Skip> {
        if self.in_flight.is_some() || self.publishing.is_some() {
            Some(Skip::InFlight)
        } else if !self.are_ready() && !cfg!(bug_27) {
            Some(Skip::NotRunning)
        } else {
            self.is_unconfirmed().then_some(Skip::Unconfirmed)
        }
    }

    fn count_skip(&mut self, skip: Skip) {
        if let Some(due) = self.due().filter(|due| *due <= self.now && self.skipped != Some(*due)) {
            self.skipped = Some(due);
            *self.counts.skipped.entry(skip).or_default() += 1;
        }
    }

    /// What to trigger now.
    fn choose(&self) -> Option<(Kind, Option<RequestId>)> {
        if self.now < self.not_before {
            return None;
        }
        if self.tasks.values().all(|task| task.state == TaskState::AwaitsFinal) {
            let drain = self.requests.iter().find(|(_, kind)| *kind == Kind::Drain);
            return Some(drain.map_or((Kind::Final, None), |(id, kind)| (*kind, Some(*id))));
        }
        if self.drains {
            return None;
        }
        let mut wishes = self.requests.iter().filter(|(_, kind)| *kind != Kind::Drain);
        if let Some((request, kind)) = wishes.next() {
            return Some((*kind, Some(*request)));
        }
        let is_due = self.due().is_some_and(|due| self.now >= due);
        is_due.then_some((Kind::Checkpoint, None))
    }

    fn trigger(&mut self, kind: Kind, request: Option<RequestId>, actions: &mut Actions<S, C>) {
        let id = self.next_id;
        self.next_id = id.next();
        self.counts.triggered += 1;
        self.last_trigger = Some(self.now);
        self.in_flight = Some(InFlight {
            id,
            kind,
            request,
            since: self.now,
            waiting: self.tasks.keys().copied().collect(),
            snapshots: BTreeMap::new(),
            step: Step::Triggered,
        });
        actions.push(Action::Trigger { id, kind });
    }
}
