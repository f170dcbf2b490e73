//! Sides: further outputs of operators.

use super::base::{deref_to_stream, handle, not_run};

handle! {
    /// A further output that operators write to: late records, failures. Made by [`side`]; then a stream like any
    /// other.
    ///
    /// Several writers are a union. A side that is never written or never read is refused. Flink: `OutputTag` and
    /// `getSideOutput`.
    Side<T>
}

deref_to_stream! { Side<T> => T; }

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
