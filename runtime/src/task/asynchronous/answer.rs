//! What a future may answer.

use std::fmt::Display;

use crate::record::{Emit, Record};

/// What the future of an `async_map` may yield: anything that a closure may return, or a `Result` of it whose error is
/// `Display`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the answer of an `async_map`",
    label = "neither something that a stream carries nor a `Result` of it",
    note = "to fix: let the future yield a record, a number, a string, an `Option`, a `Vec` or a tuple of those, or a `Result` of one whose error is `Display`"
)]
pub trait Answer {
    /// The record that goes on.
    type Record: Record;
    /// The owned answer, or the error as text.
    ///
    /// # Errors
    /// If the answer is one.
    fn into_answer(self) -> Result<Self::Record, String>;
}

impl<E: Emit> Answer for E {
    type Record = E::Record;
    fn into_answer(self) -> Result<E::Record, String> {
        Ok(self.into_record())
    }
}

impl<E: Emit, D: Display> Answer for Result<E, D> {
    type Record = E::Record;
    fn into_answer(self) -> Result<E::Record, String> {
        self.map(Emit::into_record).map_err(|error| error.to_string())
    }
}

/// Takes an answer out of what it borrows from.
///
/// # Errors
/// If the answer is one.
pub fn answer<A: Answer>(answer: A) -> Result<A::Record, String> {
    answer.into_answer()
}
