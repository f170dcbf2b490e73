//! Futures per record.

use std::future::Future;

use super::base::{handle, not_run};
use super::{Failed, Side, Stream};
use crate::record::{Emit, Key, Record, View};
use crate::task::{Answer, Retry};
use crate::time::Span;

handle! {
    /// What [`async_map`](Stream::async_map) yields: a stream of `(T, R)`, each record with its answer.
    ///
    /// The words say how requests are made; [`errors_to`](Answers::errors_to) or [`or_skip`](Answers::or_skip) say
    /// what becomes of those that fail: whose answer is an `Err`, or that take longer than
    /// [`timeout`](Answers::timeout). Without either of them the first one fails the task, with operator and record. A
    /// panic is never data: it fails the task in any case.
    Answers<T, R>
}

impl<T, R> std::ops::Deref for Answers<T, R> {
    type Target = Stream<(T, R)>;

    fn deref(&self) -> &Stream<(T, R)> {
        not_run(self)
    }
}

impl<T, R> super::IntoStream<(T, R)> for Answers<T, R> {}

impl<T: Record> Stream<T> {
    /// Asks about each record, without waiting for the answer of one before the next is asked about: the closure makes
    /// a future, and the record goes on with what it yields.
    ///
    /// The future owns a copy of its record, of which the closure gets the view, and runs on the threads of a tokio
    /// runtime; the slot goes on meanwhile. What the closure captures, such as a client opened by
    /// [`async_resource`](super::async_resource), is cloned per future. The answer is what a closure may return, or a
    /// `Result` of it.
    ///
    /// Up to [`capacity`](Answers::capacity) records wait in each task; when there are as many, no more input is taken.
    /// Answers go on in the order of the records ([`ordered`](Answers::ordered)) unless
    /// [`unordered`](Answers::unordered) is said. In both cases watermarks, and the end, stay behind the records that
    /// came before them; event times are kept. State: the records that wait. A request may be made again after a
    /// failure, so it should do no harm twice. Flink: `AsyncDataStream.orderedWait`, `unorderedWait`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # struct Client;
    /// # impl Client {
    /// #     async fn name_of(&self, id: u64) -> Result<String, std::io::Error> { Ok(id.to_string()) }
    /// # }
    /// # #[pipeline]
    /// # fn example() {
    /// # let orders = source(collection(Vec::<(u64, u64)>::new()));
    /// let client = async_resource(|| async { Ok::<_, std::io::Error>(Client) });
    /// let unknown = side();
    /// orders
    ///     .async_map(|(customer, _)| async move { client.name_of(customer).await })
    ///     .unordered()
    ///     .capacity(500)
    ///     .timeout(secs(5))
    ///     .retry(exponential_backoff(4, millis(50), secs(1)))
    ///     .cache(10_000, mins(10), |(customer, _)| customer)
    ///     .errors_to(unknown)
    ///     .map(|((_, amount), name)| (name, amount))
    ///     .sink(print());
    /// unknown.map(|failed| failed.error).sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0277
    /// # use thalweg::prelude::*;
    /// # fn example(orders: Stream<(u64, u64)>) {
    /// orders.async_map(|(customer, _)| customer); // error: `u64` is not a future
    /// # }
    /// ```
    pub fn async_map<F, A>(self, f: impl FnOnce(View<'static, T>) -> F) -> Answers<T, A::Record>
    where
        F: Future<Output = A> + Send,
        A: Answer,
    {
        not_run(f)
    }
}

impl<T: Record, R: Record> Answers<T, R> {
    /// Answers go on in the order of the records: one that is late holds back those behind it. This needs not be said.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let ids = source(collection([1u64, 2]));
    /// ids.async_map(|id| async move { id + 1 }).ordered().sink(print());
    /// # }
    /// ```
    pub fn ordered(self) -> Answers<T, R> {
        not_run(())
    }

    /// Answers go on as they come, but none passes a watermark: between two watermarks the order is lost, also within
    /// a key.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let ids = source(collection([1u64, 2]));
    /// ids.async_map(|id| async move { id + 1 }).unordered().sink(print());
    /// # }
    /// ```
    pub fn unordered(self) -> Answers<T, R> {
        not_run(())
    }

    /// How many records may wait in each task, those included whose answers wait for others: 100 if it is not said.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let ids = source(collection([1u64, 2]));
    /// ids.async_map(|id| async move { id + 1 }).capacity(1_000).sink(print());
    /// # }
    /// ```
    pub fn capacity(self, records: usize) -> Answers<T, R> {
        not_run(records)
    }

    /// How long a request may take, all its attempts together, in real time; then it has failed. Without this word it
    /// may take for ever.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let ids = source(collection([1u64, 2]));
    /// ids.async_map(|id| async move { id + 1 }).timeout(secs(5)).or_skip().sink(print());
    /// # }
    /// ```
    pub fn timeout(self, limit: Span) -> Answers<T, R> {
        not_run(limit)
    }

    /// Calls the closure again for a record whose answer is an `Err`:
    /// [`fixed_delay(attempts, delay)`](crate::task::fixed_delay) or
    /// [`exponential_backoff(attempts, first, longest)`](crate::task::exponential_backoff).
    ///
    /// Attempts count the first one. The last error is the one that is told.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines
    ///     .async_map(|line| async move { line.parse::<u64>() })
    ///     .retry(fixed_delay(3, millis(100)))
    ///     .or_skip()
    ///     .sink(print());
    /// # }
    /// ```
    pub fn retry(self, retry: Retry) -> Answers<T, R> {
        not_run(retry)
    }

    /// Keeps up to `entries` answers in each task, those used last, for records of the same key; each for `ttl` of
    /// processing time from its arrival on. Errors are not kept.
    ///
    /// The cache is not state: it is empty after a restart. With `key_by` before it, each task sees its own keys only.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let orders = source(collection(Vec::<(u64, String)>::new()));
    /// orders
    ///     .async_map(|(customer, _)| async move { customer + 1 })
    ///     .cache(10_000, mins(5), |(customer, _)| customer)
    ///     .sink(print());
    /// # }
    /// ```
    pub fn cache<K: Emit>(
        self,
        entries: usize,
        ttl: Span,
        key: impl Fn(View<'static, T>) -> K,
    ) -> Answers<T, R>
    where
        K::Record: Key,
    {
        not_run((entries, ttl, key))
    }

    /// Sends each record whose request failed to a side, as a [`Failed`] with the record, the error's text and the
    /// operator; it takes the place that its answer would have had.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// let bad = side();
    /// lines.async_map(|line| async move { line.parse::<u64>() }).errors_to(bad).sink(print());
    /// bad.map(|failed| failed.record).sink(print());
    /// # }
    /// ```
    pub fn errors_to(self, side: Side<Failed<T>>) -> Stream<(T, R)> {
        not_run(side)
    }

    /// Leaves records out whose request failed, and counts them.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines.async_map(|line| async move { line.parse::<u64>() }).or_skip().sink(print());
    /// # }
    /// ```
    pub fn or_skip(self) -> Stream<(T, R)> {
        not_run(())
    }
}
