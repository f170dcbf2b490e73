//! The second phases of a job's sinks, by the sinks' names.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use crate::connector::{Committable, Opening, Sink, SinkError, TwoPhaseCommitSink};
use crate::record::Record;

/// Begins an attempt of each sink before any of its tasks opens it, and commits afterwards.
#[derive(Default)]
pub(crate) struct Committers {
    job: String,
    attempt: u64,
    /// What the checkpoint that the attempt goes on from has kept, by sink; none if it begins afresh.
    kept: Option<BTreeMap<String, Vec<Committable>>>,
    opened: Mutex<BTreeMap<String, Arc<dyn TwoPhaseCommitSink>>>,
}

/// A sink that two threads use.
struct Shared<T, S>(Arc<S>, PhantomData<fn() -> T>);

impl<T: Record, S: Sink<T>> Shared<T, S> {
    fn second_phase(&self) -> &dyn TwoPhaseCommitSink {
        self.0.two_phase().expect("a sink that has a second phase keeps it")
    }
}

impl<T: Record, S: Sink<T>> TwoPhaseCommitSink for Shared<T, S> {
    fn commit(&self, committable: &Committable) -> Result<(), SinkError> {
        self.second_phase().commit(committable)
    }
    fn abort_orphans(&self, opening: &Opening<'_>) -> Result<(), SinkError> {
        self.second_phase().abort_orphans(opening)
    }
}

impl Committers {
    /// The committers of an attempt.
    pub(crate) fn new(
        job: &str,
        attempt: u64,
        kept: Option<BTreeMap<String, Vec<Committable>>>,
    ) -> Committers {
        Committers { job: job.to_owned(), attempt, kept, opened: Mutex::default() }
    }

    /// Begins the attempt of a sink, once for all its tasks: what its checkpoint has kept is committed, and what else
    /// there is of earlier attempts is given up.
    pub(crate) fn open<T: Record, S: Sink<T>>(
        &self,
        name: &str,
        sink: &Arc<S>,
    ) -> Result<(), SinkError> {
        // Held while the first task does it: the others wait for it.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(second_phase) = sink.two_phase().filter(|_| !opened.contains_key(name)) else {
            return Ok(());
        };
        let kept =
            self.kept.as_ref().and_then(|kept| kept.get(name)).map_or(&[][..], Vec::as_slice);
        kept.iter().try_for_each(|committable| second_phase.commit(committable))?;
        let (job, attempt, restored) = (&self.job, self.attempt, self.kept.is_some());
        second_phase.abort_orphans(&Opening { job, sink: name, attempt, restored, kept })?;
        opened.insert(name.to_owned(), Arc::new(Shared(sink.clone(), PhantomData)));
        Ok(())
    }

    /// Makes visible what a completed checkpoint has kept of a sink.
    pub(crate) fn commit(&self, name: &str, committable: &Committable) -> Result<(), SinkError> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let sink = opened.get(name).cloned();
        drop(opened);
        let sink = sink.ok_or_else(|| {
            SinkError::new(
                format!("there is nothing that could commit for the sink `{name}`"),
                "this is a defect of the engine, please report it",
            )
        })?;
        sink.commit(committable)
    }
}
