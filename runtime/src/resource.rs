//! Resources: what a pipeline needs once per process and has an effect, for instance a connection pool.
//!
//! A pipeline's body runs whenever its plan is built, so it must not open anything. It declares a resource instead; the
//! executor opens all of a plan's resources before the first record, in the order of their declaration. Each is closed,
//! that is dropped, with its last handle: the tasks hold handles and so does the plan, so after the last record.
//!
//! ```text
//!   plan.resource("pool", || ..) ──▶ Resource<T> ── cloned into closures ──▶ deref: &T
//!             │                          │ (both share one Slot<T>)
//!             └── Plan::resources() ─────┴── executor: open_all
//! ```

use std::fmt::Display;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::task::Failure;

/// A shared handle on something that is opened once per process, before the first record.
///
/// It dereferences to what was opened, and is cheap to clone.
pub struct Resource<T> {
    slot: Arc<Slot<T>>,
}

struct Slot<T> {
    name: String,
    value: OnceLock<T>,
    /// Gone once it was called.
    open: Mutex<Option<Opener<T>>>,
}

type Opener<T> = Box<dyn FnOnce(&tokio::runtime::Handle) -> Result<T, String> + Send>;

impl<T> Clone for Resource<T> {
    fn clone(&self) -> Resource<T> {
        Resource { slot: Arc::clone(&self.slot) }
    }
}

impl<T> Deref for Resource<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.slot.value.get().unwrap_or_else(|| not_open(&self.slot.name))
    }
}

#[cold]
fn not_open(name: &str) -> ! {
    panic!(
        "resource `{name}` is used before it is open: a pipeline's own statements run while the plan is built; use it \
         inside an operator's closure"
    )
}

/// A declared resource, whatever its type.
pub trait OpenResource: Send + Sync {
    /// Its name, for messages.
    fn name(&self) -> &str;

    /// Opens it. Async ones run on `runtime`; the calling thread waits.
    ///
    /// # Errors
    /// If it cannot be opened; the message names the resource.
    fn open(&self, runtime: &tokio::runtime::Handle) -> Result<(), Failure>;
}

impl<T: Send + Sync> OpenResource for Slot<T> {
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&self, runtime: &tokio::runtime::Handle) -> Result<(), Failure> {
        let opener = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(opener) = opener else {
            return Ok(()); // Open already: once per process is the promise.
        };
        let value = opener(runtime).map_err(|error| {
            Failure::new(format!("resource `{}` cannot be opened: {error}", self.name))
        })?;
        assert!(self.value.set(value).is_ok(), "resource `{}` was opened twice", self.name);
        Ok(())
    }
}

/// Opens resources in order; stops at the first that fails.
///
/// # Errors
/// That of the first resource that cannot be opened.
pub fn open_all(
    resources: &[Arc<dyn OpenResource>],
    runtime: &tokio::runtime::Handle,
) -> Result<(), Failure> {
    for resource in resources {
        tracing::debug!(resource = resource.name(), "opening");
        resource.open(runtime)?;
    }
    Ok(())
}

impl<T: Send + Sync + 'static> Resource<T> {
    /// A resource that `open` opens.
    pub(crate) fn new<E: Display>(
        name: &str,
        open: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Resource<T> {
        Resource::with(name, Box::new(move |_| open().map_err(|error| error.to_string())))
    }

    /// A resource whose `open` is async.
    pub(crate) fn new_async<E, F>(
        name: &str,
        open: impl FnOnce() -> F + Send + 'static,
    ) -> Resource<T>
    where
        E: Display,
        F: Future<Output = Result<T, E>>,
    {
        Resource::with(
            name,
            Box::new(move |runtime| runtime.block_on(open()).map_err(|error| error.to_string())),
        )
    }

    fn with(name: &str, open: Opener<T>) -> Resource<T> {
        let open = Mutex::new(Some(open));
        Resource { slot: Arc::new(Slot { name: name.to_owned(), value: OnceLock::new(), open }) }
    }

    /// What the executor opens.
    pub(crate) fn opener(&self) -> Arc<dyn OpenResource> {
        Arc::clone(&self.slot) as Arc<dyn OpenResource>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime")
    }

    #[test]
    fn it_opens_once_and_is_shared_by_clones() {
        let opened = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        let resource = Resource::new("pool", move || {
            Ok::<_, String>(count.fetch_add(1, Ordering::Relaxed) + 41)
        });
        let clone = resource.clone();
        let runtime = runtime();
        let all = [resource.opener(), clone.opener()];
        open_all(&all, runtime.handle()).expect("opens");
        assert_eq!((*resource, *clone, opened.load(Ordering::Relaxed)), (41, 41, 1));
    }

    #[test]
    fn an_async_one_opens_on_the_runtime() {
        let resource = Resource::new_async("client", || async {
            tokio::task::yield_now().await;
            Ok::<_, String>(7)
        });
        resource.opener().open(runtime().handle()).expect("opens");
        assert_eq!(*resource, 7);
    }

    #[test]
    fn an_error_names_the_resource() {
        let resource = Resource::<u8>::new("pool", || Err("connection refused"));
        let error = resource.opener().open(runtime().handle()).expect_err("refused");
        assert_eq!(error.to_string(), "resource `pool` cannot be opened: connection refused");
    }

    #[test]
    #[should_panic(expected = "resource `pool` is used before it is open")]
    fn use_before_opening_says_what_to_do() {
        let resource = Resource::new("pool", || Ok::<u8, String>(1));
        let _ = *resource;
    }
}
