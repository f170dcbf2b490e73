//! Sinks: what a pipeline writes to.

use super::SinkError;
use crate::record::{Record, View};
use crate::time::Timestamp;

/// Where records of type `T` go.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sink of `{T}`",
    label = "`{T}` cannot be written to this",
    note = "to fix: `.map(..)` to a record that the sink takes (text sinks take `String`), or choose another: `print()`, `files(dir).csv()`"
)]
pub trait Sink<T: Record>: Send + Sync + 'static {
    /// Writes what one task produces.
    type Writer: Writer<T>;

    /// What plans, logs and metrics call it.
    fn name(&self) -> String;

    /// Opens the writer of task `task` of `parallelism`.
    ///
    /// # Errors
    /// If the target cannot be opened.
    fn open(&self, task: usize, parallelism: usize) -> Result<Self::Writer, SinkError>;
}

/// Writes what one task produces. Dropped without [`finish`](Writer::finish), it leaves nothing partial under a final
/// name.
pub trait Writer<T: Record>: 'static {
    /// Writes one record.
    ///
    /// # Errors
    /// If the target does not take it.
    fn write(&mut self, time: Timestamp, record: View<'_, T>) -> Result<(), SinkError>;

    /// False while the target cannot take more: the task is not given input until it can.
    fn is_ready(&mut self) -> bool {
        true
    }

    /// Hands on what is buffered: the input is idle, or a while has passed.
    ///
    /// # Errors
    /// If the target does not take it.
    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// Records left out because they could not be encoded, under `.or_skip()`; so far.
    fn skipped(&self) -> u64 {
        0
    }

    /// The input has ended and every record was written: makes them visible, completely.
    ///
    /// # Errors
    /// If the target does not take them.
    fn finish(&mut self) -> Result<(), SinkError>;
}
