//! Starting a plan: resources first, then tasks.

use tokio::runtime::{Builder, Runtime};

use super::RunError;
use crate::plan::Plan;
use crate::resource::open_all;
use crate::task::{Control, Options, Running, Summary, Watch, start};

/// A job that was started.
pub(crate) struct Launched {
    running: Running,
    /// What async resources live on: it ends after the tasks, with which the resources are closed.
    _runtime: Option<Runtime>,
}

/// Opens the plan's resources and starts its tasks.
///
/// # Errors
/// If a resource cannot be opened, or the plan cannot be run.
pub(crate) fn launch(
    plan: Plan,
    options: &Options,
    control: &Control,
) -> Result<Launched, RunError> {
    let mut runtime = None;
    if !plan.resources().is_empty() {
        let built = Builder::new_multi_thread()
            .worker_threads(RESOURCE_THREADS)
            .thread_name("thalweg-resources")
            .enable_all()
            .build();
        let built = built.map_err(RunError::Runtime)?;
        open_all(plan.resources(), built.handle()).map_err(RunError::Resource)?;
        runtime = Some(built);
    }
    let running = start(plan, options, control).map_err(RunError::Job)?;
    Ok(Launched { running, _runtime: runtime })
}

/// Threads for what async resources do in the background, such as keeping connections alive.
const RESOURCE_THREADS: usize = 2;

impl Launched {
    /// Looks at the job's metrics.
    pub(crate) fn watch(&self) -> Watch {
        self.running.watch()
    }

    /// Waits for the job's end.
    ///
    /// # Errors
    /// If a task failed.
    pub(crate) fn wait(self) -> Result<Summary, RunError> {
        self.running.wait().map_err(RunError::Job)
    }
}
