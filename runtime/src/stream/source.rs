//! Where streams begin.

use super::base::not_run;
use super::{Failed, Side, Stream};
use crate::connector::{Files, Socket, Source};

/// Begins a stream with what a source yields.
///
/// The source's splits (files, byte ranges, partitions) are dealt out to the parallel tasks; order is kept within a
/// split. What the records are follows from the source, or from an annotation: `let bids: Stream<Bid> = source(..)`.
/// A record that cannot be decoded fails the task, unless the source's builder says `.or_skip()` or
/// `.errors_to(side)`.
///
/// Flink: `env.fromSource`.
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// source(collection(["to be", "or not"].map(String::from)))
///     .flat_map(|line| line.split(' '))
///     .sink(print());
/// # }
/// ```
///
/// ```compile_fail,E0277
/// # use thalweg::prelude::*;
/// # fn example() {
/// source("flights.csv"); // error: `&str` is not a source: `files("flights.csv").text()` is one
/// # }
/// ```
pub fn source<S: Source>(source: S) -> Stream<S::Record> {
    not_run(source)
}

impl<F, D> Files<F, D> {
    /// Sends what cannot be decoded to a side, as a [`Failed`]: the raw record (lossy text), the error, and where it
    /// stood; of a sink what cannot be encoded, with the record as `{:?}` shows it. Without it, and without `.or_skip()`,
    /// the first such record fails the task.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// let bad = side();
    /// source(files("data/*.log").text().errors_to(bad)).sink(print());
    /// bad.map(|failed| format!("{}: {}", failed.operator, failed.error)).sink(print());
    /// # }
    /// ```
    #[must_use]
    pub fn errors_to(self, side: Side<Failed<String>>) -> Files<F, D> {
        not_run((self, side))
    }
}

impl Socket {
    /// Sends lines that are not UTF-8 to a side, as a [`Failed`]: the line (lossy text), the error, and its number.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// let bad = side();
    /// source(socket("localhost:9999").errors_to(bad)).sink(print());
    /// bad.map(|failed| failed.operator).sink(print());
    /// # }
    /// ```
    #[must_use]
    pub fn errors_to(self, side: Side<Failed<String>>) -> Socket {
        not_run((self, side))
    }
}
