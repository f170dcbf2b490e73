//! What a job keeps, reads and writes, found out without running it: a task of each chain is opened, but for its source
//! and its sinks.
//!
//! It is the factories of the plan that say it, as they do in every task, so that what is compared with a checkpoint
//! before a job starts is what the job will have.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::executor::{Options, describe};
use super::panics::guard;
use super::restored::Recovery;
use super::shared::Shared;
use super::snapshot::Parameters;
use super::wiring::Wiring;
use super::{Handle, Signal, Stage, TaskContext};
use crate::error::JobError;
use crate::plan::{Plan, Topology};
use crate::state::State;

/// What a job keeps, reads and writes.
#[derive(Default)]
pub(crate) struct Survey {
    /// By id, empty.
    pub(crate) states: BTreeMap<String, Handle<dyn State>>,
    /// What sources read and sinks write.
    pub(crate) connectors: Parameters,
}

impl Survey {
    /// Looks at the tasks of a plan.
    ///
    /// # Errors
    /// If one cannot be opened.
    pub(super) fn of(plan: &Plan, options: &Options, shared: &Shared) -> Result<Survey, JobError> {
        let topology = Topology::new(plan, options.parallelism, options.key_groups)?;
        let signals = [Arc::new(Signal::default())];
        let recovery = Recovery::default();
        let wiring = Wiring::new(plan, &topology, options, &signals, shared, &recovery);
        let mut survey = Survey::default();
        for seed in wiring.into_slots(options.parallelism).into_iter().flatten() {
            let place = (seed.seed.chain, seed.seed.task);
            if place.1 > 0 {
                continue;
            }
            let mut cx = TaskContext::surveying(seed.seed, Stage::default());
            let factory = &plan.chains()[place.0].factory;
            guard(|| factory(&mut cx))
                .map_err(|failure| describe(plan, options, place, failure))?;
            let (states, connectors) = cx.surveyed();
            survey.states.extend(states);
            survey.connectors.extend(connectors);
        }
        Ok(survey)
    }
}
