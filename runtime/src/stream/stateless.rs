//! Operators that keep nothing: each record goes through on its own.

use super::base::not_run;
use super::{IntoStream, Owned, Stream};
use crate::record::{Emit, Record, View};

impl<T: Record> Stream<T> {
    /// Turns each record into another one.
    ///
    /// Order is kept; no state; fused with its neighbours. The closure returns anything that can be carried: to build
    /// a record without allocating, return a view or a `…With` of it. Flink: `map`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines
    ///     .map(|line| line.to_uppercase())
    ///     .map(|line| (line.len() as u64, line.trim()))
    ///     .sink(print());
    /// # }
    /// ```
    ///
    /// A closure whose result cannot be carried is refused:
    /// ```compile_fail,E0277
    /// # use thalweg::prelude::*;
    /// # fn example(lines: Stream<String>) {
    /// lines.map(|line| std::rc::Rc::new(line.len())); // error: `Rc<usize>` cannot be carried by a stream
    /// # }
    /// ```
    pub fn map<R: Emit>(self, f: impl Fn(View<'static, T>) -> R) -> Stream<R::Record> {
        not_run(f)
    }

    /// Keeps the records for which the closure returns true.
    ///
    /// Order is kept; no state. Flink: `filter`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines.filter(|line| line.contains("ERROR")).sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0308
    /// # use thalweg::prelude::*;
    /// # fn example(lines: Stream<String>) {
    /// lines.filter(|line| line.len()); // error: expected `bool`, found `usize`
    /// # }
    /// ```
    pub fn filter(self, f: impl Fn(View<'static, T>) -> bool) -> Stream<T> {
        not_run(f)
    }

    /// Turns each record into another one or drops it: the closure returns an `Option`.
    ///
    /// Order is kept; no state. Flink: `flatMap` with at most one result.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines.filter_map(|line| line.strip_prefix("price=")).sink(print());
    /// # }
    /// ```
    pub fn filter_map<R: Emit>(
        self,
        f: impl Fn(View<'static, T>) -> Option<R>,
    ) -> Stream<R::Record> {
        not_run(f)
    }

    /// Turns each record into any number of others: the closure returns something to iterate over.
    ///
    /// The results follow one another in the iterator's order, in the place of the record; no state. The iterator is
    /// drained at once, so it has to end. Flink: `flatMap`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines.flat_map(|line| line.split_whitespace()).sink(print());
    /// # }
    /// ```
    pub fn flat_map<I: IntoIterator>(
        self,
        f: impl Fn(View<'static, T>) -> I,
    ) -> Stream<<I::Item as Emit>::Record>
    where
        I::Item: Emit,
    {
        not_run(f)
    }

    /// Looks at each record and hands it on as it is.
    ///
    /// For logging and metrics. Effects are at-least-once: after a failure records are seen again. Flink: none.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines.inspect(|line| eprintln!("{line}")).sink(discard());
    /// # }
    /// ```
    pub fn inspect(self, f: impl Fn(View<'static, T>)) -> Stream<T> {
        not_run(f)
    }

    /// Hands the next operator's closure the record itself instead of its view.
    ///
    /// The record is moved where it was just made, and copied out of the batch where it comes from an exchange. Worth
    /// it only if the closure wants to keep an allocation: a `String` that is passed on, a `Vec` that is sorted. For
    /// which operators, see [`Owned`]. Flink: none, records are objects there.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines
    ///     .map(|line| line.to_uppercase())
    ///     .owned()
    ///     .map(|mut line: String| {
    ///         line.push('!');
    ///         line
    ///     })
    ///     .sink(print());
    /// # }
    /// ```
    pub fn owned(self) -> Owned<T> {
        not_run(())
    }

    /// Joins two streams of the same records into one.
    ///
    /// The order within each of them is kept, none is promised between them; the watermark is the lesser of both. No
    /// state. Flink: `union`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let web = source(collection(Vec::<String>::new()));
    /// # let mobile = source(collection(Vec::<String>::new()));
    /// web.union(mobile).filter(|line| !line.is_empty()).sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0277
    /// # use thalweg::prelude::*;
    /// # fn example(lines: Stream<String>, counts: Stream<u64>) {
    /// lines.union(counts); // error: `Stream<u64>` is not a stream of `String`
    /// # }
    /// ```
    pub fn union(self, other: impl IntoStream<T>) -> Stream<T> {
        not_run(other)
    }

    /// Divides a stream: the first result has the records for which the closure returns true, the second the others.
    ///
    /// Order is kept in both; no state. Both have to be used. Flink: side outputs of a process function.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// let (errors, rest) = lines.partition(|line| line.starts_with("ERROR"));
    /// errors.sink(print());
    /// rest.sink(discard());
    /// # }
    /// ```
    pub fn partition(self, f: impl Fn(View<'static, T>) -> bool) -> (Stream<T>, Stream<T>) {
        not_run(f)
    }
}
