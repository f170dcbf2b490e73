//! Panics in user code become failures of their task, with the place where they started.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

use super::Failure;
use crate::state::DiskError;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static STARTED_AT: RefCell<Option<(String, u32)>> = const { RefCell::new(None) };
}

/// Adds to the process's panic hook, once: a panic under [`guard`] is told by the job's error, not on stderr. All
/// other panics go to the hook that was there before. With `THALWEG_BACKTRACE` set, the way to it is printed as well.
pub(crate) fn install_hook() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(
            move |info| {
                if GUARDED.get() { note(info) } else { before(info) }
            },
        ));
    });
}

fn note(info: &PanicHookInfo<'_>) {
    let location = info.location().map(|location| (location.file().to_owned(), location.line()));
    STARTED_AT.set(location);
    if std::env::var_os("THALWEG_BACKTRACE").is_some() {
        eprintln!("{}", Backtrace::force_capture());
    }
}

/// Runs `work`; a panic in it is a failure.
pub(crate) fn guard<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    let was_guarded = GUARDED.replace(true);
    // A task is dropped after its failure: what it left half-done is not looked at.
    let result = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(was_guarded);
    result.unwrap_or_else(|panic| Err(failure(panic)))
}

/// The same for code that runs before a job starts.
pub(crate) fn guarded<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    install_hook();
    guard(work)
}

#[cold]
fn failure(panic: Box<dyn Any + Send>) -> Failure {
    let panic = match panic.downcast::<Failure>() {
        Ok(failure) => return *failure,
        Err(panic) => panic,
    };
    // A table says so where its disk fails.
    let panic = match panic.downcast::<DiskError>() {
        Ok(error) => return Failure::new(*error),
        Err(panic) => panic,
    };
    let message = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(message), _) => message,
        (_, Some(message)) => message.as_str(),
        _ => "a value that is no text",
    };
    Failure::panicked(message, STARTED_AT.take())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_becomes_a_failure_with_its_place() {
        install_hook();
        let line = line!() + 1;
        let failure = guard(|| -> Result<(), Failure> { panic!("no {}", 7) }).unwrap_err();
        assert_eq!(failure.panicked_at(), Some((file!(), line)));
        assert_eq!(failure.to_string(), format!("panicked at {}:{line}: no 7", file!()));
    }
}
