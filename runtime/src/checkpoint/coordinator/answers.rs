//! What tasks say.

use super::*;

impl<S: Clone, C: Clone> Coordinator<S, C> {
    /// True if it is of this attempt.
    fn is_current(&mut self, fence: Fence) -> bool {
        let is_current = fence == self.fence || cfg!(bug_28);
        self.counts.obsolete += u64::from(!is_current);
        is_current
    }

    fn task(&mut self, task: TaskId) -> &mut Task {
        let count = self.tasks.len();
        self.tasks.get_mut(&task).unwrap_or_else(|| panic!("{task:?} of {count} tasks"))
    }

    pub(super) fn enter(&mut self, task: TaskId, fence: Fence, state: TaskState) {
        if self.is_current(fence) {
            let own = self.task(task);
            assert!(
                own.state != TaskState::AwaitsFinal || state == TaskState::AwaitsFinal,
                "{task:?} is {state:?} after its end"
            );
            own.state = state;
        }
        if self.last_trigger.is_none() && self.are_ready() {
            self.last_trigger = Some(self.now);
        }
    }

    /// True if no task is opening or restoring.
    pub(super) fn are_ready(&self) -> bool {
        self.tasks.values().all(|task| task.state != TaskState::Opening)
    }

    pub(super) fn on_lost(&mut self, task: TaskId, fence: Fence, actions: &mut Actions<S, C>) {
        if self.is_current(fence) {
            self.task(task);
            self.end_attempt(Abort::Lost { task }, actions);
        }
    }

    /// The attempt is over. What the pointer was asked for is still to be found out.
    fn end_attempt(&mut self, why: Abort, actions: &mut Actions<S, C>) {
        self.phase = Phase::Failed;
        self.completing = None;
        if self.in_flight.as_ref().is_some_and(|it| !matches!(it.step, Step::Publishing(_))) {
            self.abort(why, actions);
        }
        for (request, _) in std::mem::take(&mut self.requests) {
            actions.push(Action::Answer { request, result: Err(Refusal::Failed) });
        }
    }

    /// True if it is the first answer of this task about this checkpoint, in this attempt.
    pub(super) fn is_answer(&mut self, id: CheckpointId, task: TaskId, fence: Fence) -> bool {
        if !self.is_current(fence) {
            return false;
        }
        assert!(id < self.next_id, "{task:?} answers for {id}, which was not triggered");
        let own = self.task(task);
        if id <= own.answered {
            self.counts.obsolete += 1;
            return false;
        }
        own.answered = id;
        true
    }

    /// Keeps what was prepared until it is confirmed, whatever becomes of the checkpoint.
    pub(super) fn keep(&mut self, id: CheckpointId, task: TaskId, prepared: Vec<C>) {
        // Its answers come in order: had a later one been completed, this one would have been answered before.
        assert!(self.completed < Some(id), "{task:?} prepared for {id} when it was past");
        if !prepared.is_empty() {
            self.prepared.insert((id, task), prepared);
        }
    }

    pub(super) fn on_snapshot(
        &mut self,
        id: CheckpointId,
        task: TaskId,
        snapshot: S,
        actions: &mut Actions<S, C>,
    ) {
        let in_flight = self.in_flight.as_mut().filter(|it| it.id == id);
        let Some(in_flight) = in_flight else {
            self.counts.obsolete += 1;
            actions.push(Action::Discard { id, snapshots: vec![snapshot], manifest: None });
            return;
        };
        let was_waiting = in_flight.waiting.remove(&task);
        assert!(was_waiting, "{task:?} acknowledged {id} twice");
        in_flight.snapshots.insert(task, snapshot);
        if in_flight.waiting.is_empty() {
            assert_eq!(in_flight.step, Step::Triggered, "{id} waits for nobody");
            in_flight.step = Step::Writing;
            let snapshots = in_flight.snapshots.iter();
            let snapshots = snapshots.map(|(task, snapshot)| (*task, snapshot.clone())).collect();
            let (kind, request) = (in_flight.kind, in_flight.request);
            let prepared = self.prepared_up_to(id);
            actions.push(Action::Write { id, kind, request, snapshots, prepared });
        }
    }

    /// What is not confirmed of this checkpoint and earlier ones, in the order of checkpoints.
    pub(super) fn prepared_up_to(&self, last: CheckpointId) -> Vec<Prepared<C>> {
        let mut all = Vec::new();
        for ((checkpoint, task), prepared) in &self.prepared {
            if *checkpoint <= last {
                all.extend(prepared.iter().map(|committable| Prepared {
                    checkpoint: *checkpoint,
                    task: *task,
                    committable: committable.clone(),
                }));
            }
        }
        all
    }

    pub(super) fn on_declined(
        &mut self,
        id: CheckpointId,
        task: TaskId,
        why: Decline,
        actions: &mut Actions<S, C>,
    ) {
        match why {
            Decline::Prepare(why) => {
                if self.phase != Phase::Failed {
                    self.end_attempt(Abort::Declined { task, why: why.clone() }, actions);
                    actions.push(Action::Fail(Failure::OutputLost { task, why }));
                }
            }
            Decline::Snapshot(why) if self.in_flight.as_ref().is_some_and(|it| it.id == id) => {
                self.abort(Abort::Declined { task, why }, actions);
            }
            Decline::Snapshot(_) => self.counts.obsolete += 1,
        }
    }

    /// Gives up what is in flight, which the pointer does not say is the truth.
    pub(super) fn abort(&mut self, why: Abort, actions: &mut Actions<S, C>) {
        let in_flight = self.in_flight.take().expect("only what is in flight can be given up");
        let InFlight { id, kind, request, snapshots, step, .. } = in_flight;
        *self.counts.aborted.entry(why.name()).or_default() += 1;
        self.last_end = Some(self.now);
        actions.push(Action::Abort { id, why: why.clone() });
        let manifest = match step {
            Step::Publishing(retained) => Some(retained.manifest),
            Step::Triggered | Step::Writing => None,
        };
        if !snapshots.is_empty() || manifest.is_some() {
            let snapshots = snapshots.into_values().collect();
            actions.push(Action::Discard { id, snapshots, manifest });
        }
        if let Some(request) = request {
            let result = Err(Refusal::Aborted(why.clone()));
            actions.push(Action::Answer { request, result });
        }
        // A failed savepoint says so to who asked for it; the last checkpoint of a job has to work.
        if matches!(kind, Kind::Checkpoint | Kind::Final | Kind::Drain) {
            self.count_failure(why, actions);
        }
    }

    pub(super) fn count_failure(&mut self, last: Abort, actions: &mut Actions<S, C>) {
        self.not_before = self.now + RETRY;
        self.failures += 1;
        if self.failures >= self.options.tolerable && self.phase != Phase::Failed {
            self.end_attempt(Abort::Failed, actions);
            actions.push(Action::Fail(Failure::TooManyAborts { count: self.failures, last }));
        }
    }

    pub(super) fn on_confirmed(
        &mut self,
        id: CheckpointId,
        task: TaskId,
        fence: Fence,
        actions: &mut Actions<S, C>,
    ) {
        if !self.is_current(fence) {
            return;
        }
        assert!(self.completed >= Some(id), "{task:?} committed {id}, which is not complete");
        self.prepared.retain(|(checkpoint, by), _| *by != task || *checkpoint > id);
        let Some(completing) = self.completing.as_mut().filter(|it| it.id <= id) else { return };
        completing.waiting.remove(&task);
        if completing.waiting.is_empty() {
            let last = completing.last;
            self.completing = None;
            if last {
                self.conclude(actions);
            }
        }
    }
}
