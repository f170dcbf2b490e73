//! Jobs started from code.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{
    ArgumentError, ArgumentErrors, Arguments, Definition, Given, Layer, Origin, RunError, prepare,
};
use crate::plan::{OperatorSettings, Plan};
use crate::task::{self, CheckpointOptions, Control, Options, StateOptions, Summary};

/// A pipeline to be run inside a program or a test, without command line, environment or files.
///
/// ```no_run
/// # fn error_isolation() -> thalweg::job::Definition { unimplemented!() }
/// let job = thalweg::job::Job::new(error_isolation).arg("input", "app.log").parallelism(2);
/// let summary = job.run()?;
/// assert!(summary.metrics.records_out() > 0);
/// # Ok::<(), thalweg::job::RunError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Job {
    definition: Definition,
    given: Layer,
    operators: BTreeMap<String, OperatorSettings>,
    options: Options,
    control: Control,
}

impl Job {
    /// A job of the pipeline, one task per chain unless the pipeline or the program says otherwise.
    pub fn new(pipeline: impl Fn() -> Definition) -> Job {
        Job {
            definition: pipeline(),
            given: Layer::new(),
            operators: BTreeMap::new(),
            options: Options::default(),
            control: Control::new(),
        }
    }

    /// Gives a parameter its value, as text; again for another value of a repeated one.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl ToString) -> Job {
        let given = self.given.entry(name.to_owned());
        let given = given.or_insert_with(|| Given { values: Vec::new(), origin: Origin::Program });
        given.values.push(value.to_string());
        self
    }

    /// The names of its parameters.
    pub(crate) fn parameters(&self) -> Vec<&'static str> {
        self.definition.flat_parameters().iter().map(|parameter| parameter.name).collect()
    }

    /// Tasks per chain, and slots to run them.
    #[must_use]
    pub fn parallelism(mut self, parallelism: usize) -> Job {
        self.options.parallelism = parallelism;
        self
    }

    /// How long a record may wait for others before it crosses an exchange.
    #[must_use]
    pub fn buffer_timeout(mut self, timeout: Duration) -> Job {
        self.options.buffer_timeout = timeout;
        self
    }

    /// Takes checkpoints, and goes on from the last one that there is.
    #[must_use]
    pub fn checkpoints(mut self, checkpoints: CheckpointOptions) -> Job {
        self.options.checkpoints = Some(checkpoints);
        self
    }

    /// Where its keyed state is held.
    #[must_use]
    pub fn state(mut self, state: StateOptions) -> Job {
        self.options.state = state;
        self
    }

    /// Overrides the modifiers of an operator.
    #[must_use]
    pub fn operator(mut self, uid: &str, settings: OperatorSettings) -> Job {
        self.operators.insert(uid.to_owned(), settings);
        self
    }

    /// Lets `control` stop it.
    #[must_use]
    pub fn control(mut self, control: &Control) -> Job {
        self.control = control.clone();
        self
    }

    /// Its plan.
    ///
    /// # Errors
    /// If an argument is wrong or missing, or the pipeline's own statements fail.
    pub fn plan(&self) -> Result<Plan, RunError> {
        let conflicts = self.definition.conflicts(&[]);
        if !conflicts.is_empty() {
            return Err(RunError::Definition(conflicts));
        }
        if self.options.parallelism == 0 {
            let error = "parallelism 0 is wrong: a job needs at least one task".to_owned();
            return Err(RunError::Arguments(ArgumentErrors(vec![ArgumentError::Other(error)])));
        }
        let parameters = self.definition.flat_parameters();
        let arguments = Arguments::collect(&parameters, std::slice::from_ref(&self.given));
        prepare(&self.definition, &arguments.map_err(RunError::Arguments)?, &self.operators)
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// If it cannot be started, or a task fails.
    pub fn run(self) -> Result<Summary, RunError> {
        task::run(self.plan()?, &self.options, &self.control).map_err(RunError::Job)
    }
}
