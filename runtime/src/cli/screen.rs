//! Standard error, shared by the progress line and the log.
//!
//! The progress line is the last line of the terminal and is redrawn in place. Whoever else writes takes it away first
//! and puts it back afterwards, so that log lines scroll above it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A handle on standard error; clones share the progress line.
#[derive(Clone)]
pub(super) struct Screen {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    out: Box<dyn Write + Send>,
    /// What is shown now; empty for nothing.
    line: String,
}

/// To the line's start, and clear to its end.
const CLEAR: &str = "\r\x1b[K";

impl Screen {
    /// Standard error.
    pub(super) fn stderr() -> Screen {
        Screen::on(Box::new(io::stderr()))
    }

    fn on(out: Box<dyn Write + Send>) -> Screen {
        Screen { shared: Arc::new(Mutex::new(Shared { out, line: String::new() })) }
    }

    /// Shows a progress line in place of the last; an empty one takes it away.
    pub(super) fn show(&self, line: &str) {
        let mut shared = self.lock();
        let had = !shared.line.is_empty();
        line.clone_into(&mut shared.line);
        let drawn = drawn(line);
        // Standard error is all there is to report to: if it is gone, there is nothing left to do.
        let _ = match (had, line.is_empty()) {
            (_, false) => write!(shared.out, "{CLEAR}{drawn}"),
            (true, true) => write!(shared.out, "{CLEAR}"),
            (false, true) => Ok(()),
        };
        let _ = shared.out.flush();
    }

    /// Writes whole lines above the progress line.
    pub(super) fn print(&self, text: &str) {
        let mut shared = self.lock();
        if shared.line.is_empty() {
            let _ = shared.out.write_all(text.as_bytes());
        } else {
            let drawn = drawn(&shared.line);
            let _ = write!(shared.out, "{CLEAR}{text}{drawn}");
        }
        let _ = shared.out.flush();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Automatic wrapping is off while the line is drawn: the terminal cuts it at its own width, whatever that is.
fn drawn(line: &str) -> String {
    format!("\x1b[?7l{line}\x1b[?7h")
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.print(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    pub(crate) struct Kept(pub(crate) Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(crate) fn kept() -> (Screen, Kept) {
        let kept = Kept::default();
        (Screen::on(Box::new(kept.clone())), kept)
    }

    #[test]
    fn lines_scroll_above_the_progress_line() {
        let (screen, kept) = kept();
        screen.print("a\n");
        screen.show("50 %");
        screen.print("b\n");
        screen.show("");
        screen.show("");
        let text = String::from_utf8(kept.0.lock().expect("no panic").clone()).expect("UTF-8");
        let line = "\x1b[?7l50 %\x1b[?7h";
        assert_eq!(text, format!("a\n{CLEAR}{line}{CLEAR}b\n{line}{CLEAR}"));
    }
}
