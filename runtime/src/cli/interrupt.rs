//! Ctrl-C and the signals that ask a process to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::EXIT_INTERRUPTED;
use super::screen::Screen;
use crate::task::Control;

/// How long an abort may take before the process ends without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Counts the signals that have come.
#[derive(Clone, Default)]
pub(super) struct Interrupts(Arc<AtomicUsize>);

impl Interrupts {
    /// Makes the first signal stop the jobs of `control` at a record boundary and the second abort them.
    pub(super) fn install(control: Control, screen: Screen) -> Interrupts {
        let interrupts = Interrupts::default();
        let counted = interrupts.clone();
        let installed = ctrlc::set_handler(move || counted.one_more(&control, &screen));
        if let Err(error) = installed {
            // A program that embeds jobs may have a handler of its own.
            tracing::warn!(%error, "Ctrl-C does not stop the job at a record boundary");
        }
        interrupts
    }

    /// True if a signal has come.
    pub(super) fn any(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }

    fn one_more(&self, control: &Control, screen: &Screen) {
        if self.0.fetch_add(1, Ordering::SeqCst) == 0 {
            screen.print("stopping at a record boundary; once more to abort\n");
            control.stop();
            return;
        }
        control.abort();
        // The main thread ends the process as soon as all tasks have ended. A closure of the user's that does not
        // return keeps its task from ending; then this ends the process.
        thread::sleep(PATIENCE);
        screen.show("");
        std::process::exit(i32::from(EXIT_INTERRUPTED));
    }
}
