//! Operators whose closures may fail, and what becomes of the failures.

use std::fmt::Display;

use super::base::{deref_to_stream, handle, not_run};
use super::{Failed, Side, Stream};
use crate::record::{Emit, Record, View};

handle! {
    /// What a fallible operator yields: a stream of `R` whose failures still carry the input `T`.
    ///
    /// The next word decides about them: [`errors_to`](Fallible::errors_to) sends them to a side,
    /// [`or_skip`](Fallible::or_skip) drops and counts them. Without either it is a stream like any other, and the
    /// first failure fails the task, with operator, record and its position. A panic is never data: it fails the task
    /// in any case.
    Fallible<T, R>
}

deref_to_stream! { Fallible<T, R> => R; }

impl<T: Record> Stream<T> {
    /// [`map`](Stream::map) whose closure returns a `Result`; its error can be of any type that is `Display`.
    ///
    /// Order is kept; no state. What becomes of errors is said behind it: see [`Fallible`]. Flink: `map`, with
    /// exceptions.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// let bad = side();
    /// lines.try_map(|line| line.trim().parse::<u64>()).errors_to(bad).sink(print());
    /// bad.map(|failed| format!("{}: {}", failed.record, failed.error)).sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0277
    /// # use thalweg::prelude::*;
    /// # fn example(lines: Stream<String>) {
    /// lines.try_map(|line| line.parse::<u64>().map_err(|_| ())); // error: `()` doesn't implement `Display`
    /// # }
    /// ```
    pub fn try_map<R: Emit, E: Display>(
        self,
        f: impl Fn(View<'static, T>) -> Result<R, E>,
    ) -> Fallible<T, R::Record> {
        not_run(f)
    }

    /// [`filter_map`](Stream::filter_map) whose closure returns a `Result` of an `Option`.
    ///
    /// Order is kept; no state. What becomes of errors is said behind it: see [`Fallible`].
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines
    ///     .try_filter_map(|line| match line.strip_prefix("n=") {
    ///         Some(number) => number.parse::<u64>().map(Some),
    ///         None => Ok(None),
    ///     })
    ///     .or_skip()
    ///     .sink(print());
    /// # }
    /// ```
    pub fn try_filter_map<R: Emit, E: Display>(
        self,
        f: impl Fn(View<'static, T>) -> Result<Option<R>, E>,
    ) -> Fallible<T, R::Record> {
        not_run(f)
    }

    /// [`flat_map`](Stream::flat_map) whose closure returns a `Result` of something to iterate over.
    ///
    /// A record fails as a whole or yields as a whole. Order is kept; no state. What becomes of errors is said behind
    /// it: see [`Fallible`].
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines
    ///     .try_flat_map(|line| match line.split_once(',') {
    ///         Some((left, right)) => Ok([left, right]),
    ///         None => Err("no comma"),
    ///     })
    ///     .or_skip()
    ///     .sink(print());
    /// # }
    /// ```
    pub fn try_flat_map<I: IntoIterator, E: Display>(
        self,
        f: impl Fn(View<'static, T>) -> Result<I, E>,
    ) -> Fallible<T, <I::Item as Emit>::Record>
    where
        I::Item: Emit,
    {
        not_run(f)
    }
}

impl<T: Record, R: Record> Fallible<T, R> {
    /// Sends each failure to a side, as a [`Failed`] with the record, the error's text and the operator.
    ///
    /// The failures take the place of the records: order is kept in both. Flink: `OutputTag`, by hand.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// let bad = side();
    /// lines.try_map(|line| line.parse::<f64>()).errors_to(bad).sink(print());
    /// bad.map(|failed| (failed.operator, failed.record, failed.error)).sink(print());
    /// # }
    /// ```
    ///
    /// A side that takes something else is refused:
    /// ```compile_fail,E0308
    /// # use thalweg::prelude::*;
    /// # fn example(lines: Stream<String>) {
    /// let late: Side<u64> = side();
    /// lines.try_map(|line| line.parse::<f64>()).errors_to(late); // error: expected `Side<Failed<String>>`
    /// # }
    /// ```
    pub fn errors_to(self, side: Side<Failed<T>>) -> Stream<R> {
        not_run(side)
    }

    /// Drops each failure and counts it (`thalweg_skipped_records_total`).
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines.try_map(|line| line.parse::<f64>()).or_skip().sink(print());
    /// # }
    /// ```
    pub fn or_skip(self) -> Stream<R> {
        not_run(())
    }
}
