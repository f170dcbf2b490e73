//! How a pipeline under test is started.

use super::Pipeline;
use super::explore::Trouble;
use crate::job::{Definition, Job, RunError};
use crate::plan::OperatorSettings;
use crate::task::{Kit, KitOptions};
use crate::time::Timestamp;

/// A pipeline to be tested: see [the module](super).
pub fn pipeline(pipeline: impl Fn() -> Definition) -> Setup {
    Setup { job: Job::new(pipeline), kit: KitOptions::default(), trouble: None }
}

/// A pipeline under test that was not started yet.
#[derive(Clone)]
pub struct Setup {
    job: Job,
    kit: KitOptions,
    trouble: Option<Trouble>,
}

impl Setup {
    /// Gives a parameter its value, as text; again for another value of a repeated one.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl ToString) -> Setup {
        self.job = self.job.arg(name, value);
        self
    }

    /// The names of the pipeline's parameters.
    pub fn parameters(&self) -> Vec<&'static str> {
        self.job.parameters()
    }

    /// Overrides the modifiers of an operator.
    #[must_use]
    pub fn operator(mut self, uid: &str, settings: OperatorSettings) -> Setup {
        self.job = self.job.operator(uid, settings);
        self
    }

    /// Tasks per chain that does not say otherwise; one if not set. All of them run on the test's thread, in turns.
    #[must_use]
    pub fn parallelism(mut self, parallelism: usize) -> Setup {
        self.job = self.job.parallelism(parallelism);
        self.kit.options.parallelism = parallelism;
        self
    }

    /// A source has this many splits instead of one. Split `i` of a source is read by its task `i`, modulo their number.
    #[must_use]
    pub fn splits(mut self, source: &str, splits: usize) -> Setup {
        self.kit.splits.insert(source.to_owned(), splits);
        self
    }

    /// Tasks process this many records at a time, and hand on what came of them. If not set, as many as in production
    /// when nothing else is to be done.
    #[must_use]
    pub fn batch(mut self, records: usize) -> Setup {
        self.kit.batch = Some(records.max(1));
        self
    }

    /// Frames that may be under way between two tasks; 8 if not set. With few of them tasks stop and go on more often.
    #[must_use]
    pub fn frames(mut self, frames: usize) -> Setup {
        self.kit.options.frames = frames;
        self
    }

    /// Watermarks and idleness come from the test alone: what `.watermarks(..)` says of the records does not
    /// count, and a record does not make an idle source active.
    #[must_use]
    pub fn only_fed_watermarks(mut self) -> Setup {
        self.kit.only_fed_watermarks = true;
        self
    }

    /// The processing time to start at; the epoch if not set.
    #[must_use]
    pub fn processing_time(mut self, time: Timestamp) -> Setup {
        self.kit.processing_time = time;
        self
    }

    /// Lets things happen to it.
    pub(super) fn trouble(mut self, trouble: Trouble) -> Setup {
        self.trouble = Some(trouble);
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// If an argument is wrong or missing, or the pipeline cannot be started.
    #[track_caller]
    pub fn start(self) -> Pipeline {
        match self.try_start() {
            Ok(pipeline) => pipeline,
            Err(error) => panic!("the pipeline cannot be started: {error}"),
        }
    }

    /// The same, where that it cannot be started is what is tested.
    ///
    /// # Errors
    /// If an argument is wrong or missing, or the pipeline cannot be started.
    pub fn try_start(self) -> Result<Pipeline, RunError> {
        let plan = self.job.plan()?;
        let mut pipeline = Pipeline::new(plan, self.kit).map_err(RunError::Job)?;
        pipeline.trouble = self.trouble;
        Ok(pipeline)
    }
}

impl Pipeline {
    pub(super) fn new(
        plan: crate::plan::Plan,
        kit: KitOptions,
    ) -> Result<Pipeline, crate::error::JobError> {
        let wanted: Vec<String> = kit.splits.keys().cloned().collect();
        let pipeline = Pipeline::of(Kit::start(plan, kit)?);
        for source in wanted {
            pipeline.check_source(&source);
        }
        Ok(pipeline)
    }
}
