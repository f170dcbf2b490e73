//! Running aggregates: a keyed stream without windows; each record yields its key's new value.
//!
//! State: one accumulator per key, for as long as the job runs. Nothing is aggregated before the exchange, since every
//! record has a result. Results come in the order of the records.

use super::agg::{Mean, Sum};
use super::base::not_run;
use super::{Agg, Changed, Keyed, Stream};
use crate::operator::{Measure, Number};
use crate::record::{Emit, Key, Ranked, Record, View};

impl<K: Key, T: Record> Keyed<K, T> {
    /// Counts the records of each key.
    ///
    /// State: 8 bytes per key. Flink: `sum(1)` on a keyed stream.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let words = source(collection(Vec::<String>::new()));
    /// words.key_by(|word| word).count().map(|c| format!("{} x {}", c.value, c.key)).sink(print());
    /// # }
    /// ```
    pub fn count(self) -> Stream<Changed<K, u64>> {
        not_run(())
    }

    /// Sums a number of each record of a key: checked, in 64 bits, as [`Windows::sum`](super::Windows::sum).
    ///
    /// State: the sum. Flink: `sum`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new()));
    /// sales.key_by(|(region, _)| region).sum(|(_, cents)| cents).sink(print());
    /// # }
    /// ```
    pub fn sum<N: Emit>(self, f: impl Fn(View<'static, T>) -> N) -> Stream<Changed<K, Sum<N>>>
    where
        N::Record: Number,
    {
        not_run(f)
    }

    /// Sums a number of each record of a key; integers wrap around at the border of 64 bits (128 for 128-bit ones).
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let hashes = source(collection(Vec::<(u32, u64)>::new()));
    /// hashes.key_by(|(shard, _)| shard).wrapping_sum(|(_, hash)| hash).sink(print());
    /// # }
    /// ```
    pub fn wrapping_sum<N: Emit>(
        self,
        f: impl Fn(View<'static, T>) -> N,
    ) -> Stream<Changed<K, Sum<N>>>
    where
        N::Record: Number,
    {
        not_run(f)
    }

    /// The mean so far of a number of each record of a key.
    ///
    /// State: sum and count.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let readings = source(collection(Vec::<(u32, f64)>::new()));
    /// readings.key_by(|(sensor, _)| sensor).avg(|(_, celsius)| celsius).sink(print());
    /// # }
    /// ```
    pub fn avg<N: Emit>(
        self,
        f: impl Fn(View<'static, T>) -> N,
    ) -> Stream<Changed<K, <Mean<N> as Emit>::Record>>
    where
        N::Record: Number,
    {
        not_run(f)
    }

    /// The least value so far of what the closure takes from each record of a key.
    ///
    /// State: the value. Flink: `min`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let readings = source(collection(Vec::<(u32, f64)>::new()));
    /// readings.key_by(|(sensor, _)| sensor).min(|(_, celsius)| celsius).sink(print());
    /// # }
    /// ```
    pub fn min<V: Emit>(self, f: impl Fn(View<'static, T>) -> V) -> Stream<Changed<K, V::Record>>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The greatest value so far of what the closure takes from each record of a key.
    ///
    /// State: the value. Flink: `max`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let readings = source(collection(Vec::<(u32, f64)>::new()));
    /// readings.key_by(|(sensor, _)| sensor).max(|(_, celsius)| celsius).sink(print());
    /// # }
    /// ```
    pub fn max<V: Emit>(self, f: impl Fn(View<'static, T>) -> V) -> Stream<Changed<K, V::Record>>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The record of a key, so far, with the least value of what the closure takes from it; the first of equal ones.
    ///
    /// State: the record. Flink: `minBy`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new()));
    /// sales.key_by(|(region, _)| region).min_by(|(_, cents)| cents).sink(print());
    /// # }
    /// ```
    pub fn min_by<V: Emit>(self, f: impl Fn(View<'static, T>) -> V) -> Stream<Changed<K, T>>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The record of a key, so far, with the greatest value of what the closure takes from it; the first of equal
    /// ones.
    ///
    /// State: the record. Flink: `maxBy`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new()));
    /// sales.key_by(|(region, _)| region).max_by(|(_, cents)| cents).sink(print());
    /// # }
    /// ```
    pub fn max_by<V: Emit>(self, f: impl Fn(View<'static, T>) -> V) -> Stream<Changed<K, T>>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The record of a key that came first, again for each record of the key.
    ///
    /// State: the record.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new()));
    /// sales.key_by(|(region, _)| region).first().sink(print());
    /// # }
    /// ```
    pub fn first(self) -> Stream<Changed<K, T>> {
        not_run(())
    }

    /// The record of a key that came last: the record itself, with its key.
    ///
    /// State: the record.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new()));
    /// sales.key_by(|(region, _)| region).last().map(|c| (c.key, c.value)).sink(print());
    /// # }
    /// ```
    pub fn last(self) -> Stream<Changed<K, T>> {
        not_run(())
    }

    /// All records of a key so far, in order of arrival.
    ///
    /// State and each result grow with every record: mostly one wants a window.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new()));
    /// sales.key_by(|(region, _)| region).to_vec().map(|c| c.value.len() as u64).sink(print());
    /// # }
    /// ```
    pub fn to_vec(self) -> Stream<Changed<K, Vec<T>>> {
        not_run(())
    }

    /// How many different values the closure took from the records of a key so far, exactly.
    ///
    /// State: the set of values, which have to be keys.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let visits = source(collection(Vec::<(String, u64)>::new()));
    /// visits.key_by(|(page, _)| page).count_distinct(|(_, user)| user).sink(print());
    /// # }
    /// ```
    pub fn count_distinct<V: Emit>(
        self,
        f: impl Fn(View<'static, T>) -> V,
    ) -> Stream<Changed<K, u64>>
    where
        V::Record: Key,
    {
        not_run(f)
    }

    /// Counts the different values of what the closure takes from each record, about: the standard error is 0.81 %,
    /// small counts are all but exact.
    ///
    /// HyperLogLog, by the value's canonical hash, with 16 384 registers. State: 4 bytes per different value up to some
    /// 2000, then 16 KiB. Per key. For exact counts see [`count_distinct`](Keyed::count_distinct). Flink: SQL's
    /// `APPROX_COUNT_DISTINCT`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let visits = source(collection(Vec::<(String, u64)>::new()));
    /// visits.key_by(|(page, _)| page).approx_count_distinct(|(_, user)| user).sink(print());
    /// # }
    /// ```
    pub fn approx_count_distinct<V: Emit>(
        self,
        f: impl Fn(View<'static, T>) -> V,
    ) -> Stream<Changed<K, u64>>
    where
        V::Record: Key,
    {
        not_run(f)
    }

    /// The value below which a share `q` of the numbers lies: `0.5` is the median, `0.99` the 99th percentile. Within
    /// 0.8 % of the exact one; the least and the greatest are exact.
    ///
    /// Of `n` numbers in order it is number ⌊q · (n − 1)⌋, counted from 0. `NaN` is above all numbers. State: 16 bytes
    /// for each of the 64 buckets per power of two that values fall into (DDSketch): latencies between a microsecond and
    /// a minute take 27 KiB at most. Per key. Flink: none; SQL's `PERCENTILE` is exact.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let requests = source(collection(Vec::<(String, u64)>::new()));
    /// requests.key_by(|(path, _)| path).quantile(0.99, |(_, micros)| micros).sink(print());
    /// # }
    /// ```
    pub fn quantile<N: Emit>(
        self,
        q: f64,
        f: impl Fn(View<'static, T>) -> N,
    ) -> Stream<Changed<K, f64>>
    where
        N::Record: Measure,
    {
        not_run((q, f))
    }

    /// The `n` records of a key, so far, with the greatest values of what the closure takes from them, greatest first;
    /// of equal ones, those that came first.
    ///
    /// State: `n` records.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new()));
    /// sales.key_by(|(region, _)| region).top(3, |(_, cents)| cents).sink(print());
    /// # }
    /// ```
    pub fn top<V: Emit>(
        self,
        n: usize,
        f: impl Fn(View<'static, T>) -> V,
    ) -> Stream<Changed<K, Vec<T>>>
    where
        V::Record: Ranked,
    {
        not_run((n, f))
    }

    /// Several aggregates per key, as an expression over a handle: each `w.…(..)` is an accumulator, the rest runs
    /// once per record.
    ///
    /// What the handle offers: see [`Agg`]; there is no `window()`. Flink: `aggregate`, by a process function.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new()));
    /// sales
    ///     .key_by(|(region, _)| region)
    ///     .aggregate(|w| (w.key(), w.count(), w.sum(|(_, cents)| cents)))
    ///     .sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0599
    /// # use thalweg::prelude::*;
    /// # fn example(words: Stream<String>) {
    /// words.key_by(|word| word).aggregate(|w| w.window().start); // error: a running aggregate has no window
    /// # }
    /// ```
    pub fn aggregate<R: Emit>(self, f: impl Fn(&Agg<K, T, ()>) -> R) -> Stream<R::Record> {
        not_run(f)
    }

    /// Combines the records of a key two by two: the first record, then the closure of what came of the others so far
    /// and the next record.
    ///
    /// State: one record. Flink: `reduce`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new()));
    /// sales
    ///     .key_by(|(region, _)| region)
    ///     .reduce(|(region, a), (_, b)| (region, a.max(b)))
    ///     .sink(print());
    /// # }
    /// ```
    pub fn reduce<R: Emit<Record = T>>(
        self,
        f: impl Fn(View<'static, T>, View<'static, T>) -> R,
    ) -> Stream<Changed<K, T>> {
        not_run(f)
    }

    /// Carries a value through the records of a key: the closure gets it by value and gives back the next one.
    ///
    /// Like `Iterator::fold`; the value is a record that starts as `init` for every key. State: the value.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new()));
    /// sales
    ///     .key_by(|(region, _)| region)
    ///     .fold((0u64, 0u64), |(n, best), (_, cents)| (n + 1, best.max(cents)))
    ///     .sink(print());
    /// # }
    /// ```
    pub fn fold<A: Record + Clone>(
        self,
        init: A,
        f: impl Fn(A, View<'static, T>) -> A,
    ) -> Stream<Changed<K, A>> {
        not_run((init, f))
    }
}
