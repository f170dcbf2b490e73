//! Where futures run: one tokio runtime per job, made when it is first needed.

use std::io;
use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Handle, Runtime};

/// The runtime that was given, or one of the job's own.
#[derive(Debug, Default)]
pub(crate) struct AsyncRuntime {
    given: Option<Handle>,
    own: Mutex<Option<Runtime>>,
}

impl AsyncRuntime {
    pub(crate) fn new(given: Option<Handle>) -> AsyncRuntime {
        AsyncRuntime { given, own: Mutex::default() }
    }

    /// The runtime.
    ///
    /// # Errors
    /// If its threads cannot be started.
    pub(crate) fn handle(&self) -> io::Result<Handle> {
        if let Some(handle) = &self.given {
            return Ok(handle.clone());
        }
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*own {
            return Ok(runtime.handle().clone());
        }
        let runtime = Runtime::new()?;
        let handle = runtime.handle().clone();
        *own = Some(runtime);
        Ok(handle)
    }
}

impl Drop for AsyncRuntime {
    /// A future that blocks its thread must not keep the job from ending.
    fn drop(&mut self) {
        let own = self.own.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = own.take() {
            runtime.shutdown_background();
        }
    }
}
