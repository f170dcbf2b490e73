//! Exchanges: operators that say which task gets a record.

use super::base::not_run;
use super::{Keyed, Stream};
use crate::exchange::TaskNumber;
use crate::record::{Emit, Key, Record, View};

impl<T: Record> Stream<T> {
    /// Gives each record a key: all records of a key go to the same task, where windows, running aggregates and other
    /// keyed state find them.
    ///
    /// An exchange by key group (`key group = (hash · 128) >> 64` of one 64-bit hash over the key's canonical bytes).
    /// Order is kept within a key between one producing and one consuming task. Only the fields that are used behind
    /// it cross the exchange. Floats are no keys: `-0.0` and `NaN` are why. Flink: `keyBy`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let words = source(collection(Vec::<(String, u64)>::new()));
    /// words.key_by(|(word, _)| word).sum(|(_, n)| n).sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0277
    /// # use thalweg::prelude::*;
    /// # fn example(readings: Stream<f64>) {
    /// readings.key_by(|celsius| celsius); // error: `f64` cannot be a stream key
    /// # }
    /// ```
    pub fn key_by<K: Emit>(self, f: impl Fn(View<'static, T>) -> K) -> Keyed<K::Record, T>
    where
        K::Record: Key,
    {
        not_run(f)
    }

    /// Deals the records out to all tasks of the next operator in turn, a batch at a time.
    ///
    /// Evens out the load behind an uneven source or filter. Order is kept between one producing and one consuming
    /// task only. Flink: `rebalance`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines.rebalance().map(|line| line.to_uppercase()).sink(print());
    /// # }
    /// ```
    pub fn rebalance(self) -> Stream<T> {
        not_run(())
    }

    /// Deals the records out in turn to the tasks of the next operator that are nearest.
    ///
    /// As [`rebalance`](Stream::rebalance), but without the promise that each producer reaches every task; within one
    /// process all are equally near, so that the two are the same. Flink: `rescale`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines.rescale().map(|line| line.to_uppercase()).sink(print());
    /// # }
    /// ```
    pub fn rescale(self) -> Stream<T> {
        not_run(())
    }

    /// Sends each record to every task of the next operator.
    ///
    /// At parallelism `n` each record is seen `n` times. Order is kept between a producing and a consuming task.
    /// Flink: `broadcast`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let settings = source(collection(Vec::<String>::new()));
    /// settings.broadcast().inspect(|setting| eprintln!("{setting}")).sink(discard());
    /// # }
    /// ```
    pub fn broadcast(self) -> Stream<T> {
        not_run(())
    }

    /// Sends each record to the first task of the next operator: a bottleneck on purpose.
    ///
    /// Flink: `global`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines.global().sink(print());
    /// # }
    /// ```
    pub fn global(self) -> Stream<T> {
        not_run(())
    }

    /// Sends each record to the task of the next operator that the closure names: `value % parallelism`, for any
    /// integer; a negative one counts from the end.
    ///
    /// For records that belong together without being a key, or to keep together what a connection or a model per task
    /// serves. There is no keyed state behind it: for that use [`key_by`](Stream::key_by). The number of tasks may
    /// change between runs, so name by what is in the record, not by a count of tasks. Order is kept between one
    /// producing and one consuming task. Flink: `partitionCustom`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let orders = source(collection(Vec::<(u32, String)>::new()));
    /// orders.partition_by(|(region, _)| region).map(|(_, order)| order).sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0277
    /// # use thalweg::prelude::*;
    /// # fn example(orders: Stream<(u32, String)>) {
    /// orders.partition_by(|(_, order)| order); // error: `&str` does not number a task
    /// # }
    /// ```
    pub fn partition_by<N: TaskNumber>(self, f: impl Fn(View<'static, T>) -> N) -> Stream<T> {
        not_run(f)
    }
}
