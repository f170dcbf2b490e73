//! From a manifest to the truth, to what is visible.

use super::*;

impl<S: Clone, C: Clone> Coordinator<S, C> {
    pub(super) fn on_written(
        &mut self,
        id: CheckpointId,
        result: Result<Retained, String>,
        actions: &mut Actions<S, C>,
    ) {
        let in_flight = self.in_flight.as_mut().filter(|it| it.id == id);
        let Some(in_flight) = in_flight.filter(|it| it.step == Step::Writing) else {
            // It was given up, with the attempt, while it was written.
            assert!(self.phase == Phase::Failed, "the manifest of {id} was not asked for");
            self.counts.obsolete += 1;
            if let Ok(retained) = result {
                let manifest = Some(retained.manifest);
                actions.push(Action::Discard { id, snapshots: Vec::new(), manifest });
            }
            return;
        };
        match result {
            Err(why) => self.abort(Abort::Storage { why }, actions),
            Ok(retained) if in_flight.kind == Kind::Savepoint => {
                let request = in_flight.request;
                self.in_flight = None;
                self.counts.completed += 1;
                self.last_end = Some(self.now);
                let request = request.expect("somebody has asked for every savepoint");
                actions.push(Action::Answer { request, result: Ok(retained) });
            }
            Ok(retained) => {
                assert_eq!(retained.id, id, "the manifest of another checkpoint");
                in_flight.step = Step::Publishing(retained);
                self.publish(Purpose::Checkpoint, actions);
            }
        }
    }

    pub(super) fn publish(&mut self, purpose: Purpose, actions: &mut Actions<S, C>) {
        assert!(self.publishing.is_none(), "the pointer has not answered: {:?}", self.publishing);
        let mut checkpoints = self.retained.clone();
        if let Some(InFlight { step: Step::Publishing(retained), .. }) = &self.in_flight {
            checkpoints.push(retained.clone());
        }
        checkpoints.drain(..checkpoints.len().saturating_sub(self.options.retained));
        // Long before they are used up, the next are set aside along with a checkpoint.
        let is_low = self.next_id.0 + IDS / 2 > self.id_high.0;
        let high = if is_low { self.next_id.0 + IDS } else { self.id_high.0 };
        let finished = purpose == Purpose::End;
        let publication = Publication { checkpoints, id_high: CheckpointId(high), finished };
        self.publishing = Some((purpose, publication.clone()));
        actions.push(Action::Publish(publication));
    }

    pub(super) fn on_published(&mut self, outcome: Outcome, actions: &mut Actions<S, C>) {
        let asked = self.publishing.take();
        let (purpose, publication) = asked.expect("the pointer answers what it was asked");
        match outcome {
            Outcome::Unknown => {
                self.publishing = Some((purpose, publication));
                self.settle_at = Some(self.now + RETRY);
            }
            Outcome::Lost => {
                self.settle_at = None;
                self.phase = Phase::Deposed;
                actions.push(Action::StandDown);
                // Whether it is the truth is for the next leader to say.
                if self.in_flight.take().is_some() {
                    *self.counts.aborted.entry(Abort::Failed.name()).or_default() += 1;
                }
            }
            Outcome::Failed(why) => {
                self.settle_at = None;
                let why = Abort::Storage { why };
                match purpose {
                    Purpose::Checkpoint => self.abort(why, actions),
                    Purpose::Ids | Purpose::End => self.count_failure(why, actions),
                }
            }
            Outcome::Won => {
                self.settle_at = None;
                self.id_high = publication.id_high;
                match purpose {
                    Purpose::Ids => {}
                    Purpose::Checkpoint => self.on_completed(publication.checkpoints, actions),
                    Purpose::End => self.end(true, actions),
                }
            }
        }
    }

    /// What was in flight is the truth.
    fn on_completed(&mut self, retained: Vec<Retained>, actions: &mut Actions<S, C>) {
        let in_flight = self.in_flight.take().expect("a checkpoint was published");
        let InFlight { id, kind, request, .. } = in_flight;
        assert!(self.completed < Some(id), "{id} is completed after {:?}", self.completed);
        let before = std::mem::replace(&mut self.retained, retained);
        let own = self.retained.last().expect("at least the last one is retained").clone();
        assert_eq!(own.id, id, "the truth is another checkpoint");
        self.completed = Some(id);
        self.counts.completed += 1;
        self.failures = 0;
        self.last_end = Some(self.now);
        let subsumed: Vec<_> =
            before.into_iter().filter(|old| !self.retained.contains(old)).collect();
        if !subsumed.is_empty() {
            actions.push(Action::Subsume(subsumed));
        }
        if let Some(request) = request {
            actions.push(Action::Answer { request, result: Ok(own) });
        }
        if self.phase == Phase::Failed {
            return; // Its sinks commit it when the next attempt begins.
        }
        let last = matches!(kind, Kind::Stop | Kind::Drain | Kind::Final);
        if last {
            self.phase = Phase::Ending(kind);
        }
        let of_id = self.prepared.keys().filter(|(checkpoint, _)| *checkpoint <= id);
        let mut waiting: BTreeSet<_> = of_id.map(|(_, task)| *task).collect();
        if last {
            waiting.extend(self.tasks.keys());
        }
        self.completing = Some(Completing { id, last, waiting, again_at: self.now });
        self.complete(actions);
    }

    /// Says that a checkpoint is complete, for the first time or again.
    pub(super) fn complete(&mut self, actions: &mut Actions<S, C>) {
        let Some(completing) = &mut self.completing else { return };
        completing.again_at = self.now + RETRY;
        let (id, last) = (completing.id, completing.last);
        assert!(self.completed >= Some(id), "{id} is not the truth");
        let tasks: Vec<_> = completing.waiting.iter().copied().collect();
        if tasks.is_empty() {
            self.completing = None;
        }
        let prepared = self.prepared_up_to(id);
        actions.push(Action::Complete { id, last, tasks, prepared });
    }

    /// All tasks have confirmed the last checkpoint.
    pub(super) fn conclude(&mut self, actions: &mut Actions<S, C>) {
        assert!(self.prepared.is_empty(), "the job ends before all of its output is visible");
        match self.phase {
            Phase::Ending(Kind::Stop) => self.end(false, actions),
            Phase::Ending(_) => self.publish(Purpose::End, actions),
            phase => panic!("{phase:?} is not the end"),
        }
    }

    fn end(&mut self, finished: bool, actions: &mut Actions<S, C>) {
        self.phase = Phase::Ended;
        for (request, _) in std::mem::take(&mut self.requests) {
            actions.push(Action::Answer { request, result: Err(Refusal::Ended) });
        }
        actions.push(Action::Ended { finished });
    }
}
