//! The one trait at which generated code meets the runtime.

use super::{Failure, Turn};

/// A chain's code in one task: fused operators between two exchanges.
pub trait Chain {
    /// One turn: all that the turn brought is processed, or `turn` says that there is more.
    ///
    /// # Errors
    /// Whatever makes the task fail: the source, a sink, or a fallible operator whose errors go nowhere.
    fn turn(&mut self, turn: &mut Turn<'_>) -> Result<(), Failure>;
}

impl<F: FnMut(&mut Turn<'_>) -> Result<(), Failure>> Chain for F {
    #[inline]
    fn turn(&mut self, turn: &mut Turn<'_>) -> Result<(), Failure> {
        self(turn)
    }
}
