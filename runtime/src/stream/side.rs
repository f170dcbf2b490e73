//! Sides: further outputs of operators.

use super::Stream;
use super::base::{IntoStream, not_run};
pub use crate::process::Side;

impl<T> std::ops::Deref for Side<T> {
    type Target = Stream<T>;

    fn deref(&self) -> &Stream<T> {
        not_run(self)
    }
}

impl<T> IntoStream<T> for Side<T> {}

/// Declares a side; what it carries is what is sent to it.
///
/// Write to it above the place where it is read, as one reads: then its type is known there. Read earlier, it has to be
/// annotated: `let bad: Side<Failed<String>> = side();`.
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let left = source(collection(Vec::<String>::new()));
/// # let right = source(collection(Vec::<String>::new()));
/// let bad = side();
/// left.try_map(|line| line.parse::<u64>()).errors_to(bad).sink(print());
/// right.try_map(|line| line.parse::<u64>()).errors_to(bad).sink(print());
/// bad.map(|failed| failed.record).sink(print());
/// # }
/// ```
pub fn side<T>() -> Side<T> {
    not_run(())
}
