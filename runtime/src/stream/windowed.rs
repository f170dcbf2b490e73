//! Aggregates over windows: one result per key and window, when it fires.

use super::agg::{Mean, Sum};
use super::base::not_run;
use super::{Agg, Stream, Windowed, Windows};
use crate::operator::{Measure, Number};
use crate::record::{Emit, Key, Ranked, Record, View};

impl<K: Record, T: Record> Windows<K, T> {
    /// Counts the records of each window.
    ///
    /// State: 8 bytes. Aggregated before the exchange, too. Flink: `aggregate` with a counter.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let words = source(collection(Vec::<String>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// words.key_by(|word| word).window(tumbling(mins(1))).count().sink(print());
    /// # }
    /// ```
    pub fn count(self) -> Stream<Windowed<K, u64>> {
        not_run(())
    }

    /// Sums a number of each record.
    ///
    /// Integers are summed in 64 bits (`u64` or `i64`; 128-bit ones in 128), checked: an overflow fails the task with
    /// operator and key. Floats are summed as `f64` in order of arrival (in a sliding
    /// window, slide by slide), decimals as decimals. State: the sum. Integers
    /// are aggregated before the exchange, too. Flink: `sum`, which wraps silently in the width of the field.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// sales.key_by(|(region, _)| region).window(tumbling(mins(5))).sum(|(_, n)| n).sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0277
    /// # use thalweg::prelude::*;
    /// # fn example(words: Timed<String>) {
    /// words.window_all(tumbling(mins(5))).sum(|word| word); // error: `String` cannot be summed
    /// # }
    /// ```
    pub fn sum<N: Emit>(self, f: impl Fn(View<'static, T>) -> N) -> Stream<Windowed<K, Sum<N>>>
    where
        N::Record: Number,
    {
        not_run(f)
    }

    /// Sums a number of each record; integers wrap around at the border of 64 bits (128 for 128-bit ones).
    ///
    /// For checksums and the like. Otherwise as [`sum`](Windows::sum).
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let hashes = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// hashes.window_all(tumbling(mins(5))).wrapping_sum(|hash| hash).sink(print());
    /// # }
    /// ```
    pub fn wrapping_sum<N: Emit>(
        self,
        f: impl Fn(View<'static, T>) -> N,
    ) -> Stream<Windowed<K, Sum<N>>>
    where
        N::Record: Number,
    {
        not_run(f)
    }

    /// The mean of a number of each record.
    ///
    /// `f64`, of decimals a decimal; integers are summed in 128 bits, so that large ones do not overflow. A window has at
    /// least one record, so the mean exists. State: sum and count. Flink: `aggregate` with an average.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let readings = source(collection(Vec::<(u32, f64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// readings.key_by(|(id, _)| id).window(tumbling(mins(1))).avg(|(_, c)| c).sink(print());
    /// # }
    /// ```
    pub fn avg<N: Emit>(
        self,
        f: impl Fn(View<'static, T>) -> N,
    ) -> Stream<Windowed<K, <Mean<N> as Emit>::Record>>
    where
        N::Record: Number,
    {
        not_run(f)
    }

    /// The least value of what the closure takes from each record.
    ///
    /// Anything that has an order: numbers (floats by `total_cmp`), strings, times, tuples and records of those. State:
    /// the value. Aggregated before the exchange, too. Flink: `min`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let readings = source(collection(Vec::<(u32, f64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// readings.key_by(|(id, _)| id).window(tumbling(mins(1))).min(|(_, c)| c).sink(print());
    /// # }
    /// ```
    pub fn min<V: Emit>(self, f: impl Fn(View<'static, T>) -> V) -> Stream<Windowed<K, V::Record>>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The greatest value of what the closure takes from each record.
    ///
    /// Anything that has an order, as for [`min`](Windows::min). State: the value. Aggregated before the exchange, too.
    /// Flink: `max`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let readings = source(collection(Vec::<(u32, f64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// readings.key_by(|(id, _)| id).window(tumbling(mins(1))).max(|(_, c)| c).sink(print());
    /// # }
    /// ```
    pub fn max<V: Emit>(self, f: impl Fn(View<'static, T>) -> V) -> Stream<Windowed<K, V::Record>>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The record with the least value of what the closure takes from it; the first of them if there are several.
    ///
    /// State: the record. Flink: `minBy`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// sales.key_by(|(region, _)| region).window(tumbling(mins(5))).min_by(|(_, n)| n).sink(print());
    /// # }
    /// ```
    pub fn min_by<V: Emit>(self, f: impl Fn(View<'static, T>) -> V) -> Stream<Windowed<K, T>>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The record with the greatest value of what the closure takes from it; the first of them if there are several.
    ///
    /// State: the record. Flink: `maxBy`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// sales.key_by(|(region, _)| region).window(tumbling(mins(5))).max_by(|(_, n)| n).sink(print());
    /// # }
    /// ```
    pub fn max_by<V: Emit>(self, f: impl Fn(View<'static, T>) -> V) -> Stream<Windowed<K, T>>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The record that came first.
    ///
    /// State: the record. By arrival, not by event time: for that, `min_by` it. Flink: `reduce((a, b) -> a)`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// sales.key_by(|(region, _)| region).window(tumbling(mins(5))).first().sink(print());
    /// # }
    /// ```
    pub fn first(self) -> Stream<Windowed<K, T>> {
        not_run(())
    }

    /// The record that came last.
    ///
    /// State: the record. By arrival, not by event time: for that, `max_by` it. Flink: `reduce((a, b) -> b)`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// sales.key_by(|(region, _)| region).window(tumbling(mins(5))).last().sink(print());
    /// # }
    /// ```
    pub fn last(self) -> Stream<Windowed<K, T>> {
        not_run(())
    }

    /// All records of the window, in order of arrival; of a session that was merged from several, those of each.
    ///
    /// State: all of them, until the window has fired. Flink: `apply` or `process` over the elements.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let words = source(collection(Vec::<String>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// words
    ///     .window_all(tumbling(mins(1)))
    ///     .to_vec()
    ///     .flat_map(|w| w.value.iter().map(move |word| (w.window.start, word)))
    ///     .sink(print());
    /// # }
    /// ```
    pub fn to_vec(self) -> Stream<Windowed<K, Vec<T>>> {
        not_run(())
    }

    /// How many different values the closure takes from the records, exactly.
    ///
    /// State: the set of values. The values have to be keys (see [`key_by`](Stream::key_by)). Flink: none; SQL's
    /// `COUNT(DISTINCT ..)`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let visits = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// visits.key_by(|(page, _)| page).window(tumbling(hours(1))).count_distinct(|(_, user)| user).sink(print());
    /// # }
    /// ```
    pub fn count_distinct<V: Emit>(
        self,
        f: impl Fn(View<'static, T>) -> V,
    ) -> Stream<Windowed<K, u64>>
    where
        V::Record: Key,
    {
        not_run(f)
    }

    /// Counts the different values of what the closure takes from each record, about: the standard error is 0.81 %,
    /// small counts are all but exact.
    ///
    /// HyperLogLog, by the value's canonical hash, with 16 384 registers. State: 4 bytes per different value up to some
    /// 2000, then 16 KiB. Aggregated before the exchange, too. For exact counts see [`count_distinct`](Windows::count_distinct). Flink: SQL's
    /// `APPROX_COUNT_DISTINCT`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let visits = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// visits.key_by(|(page, _)| page).window(tumbling(hours(1))).approx_count_distinct(|(_, user)| user).sink(print());
    /// # }
    /// ```
    pub fn approx_count_distinct<V: Emit>(
        self,
        f: impl Fn(View<'static, T>) -> V,
    ) -> Stream<Windowed<K, u64>>
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
    /// a minute take 27 KiB at most. Aggregated before the exchange, too. Flink: none; SQL's `PERCENTILE` is exact.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let requests = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// requests.key_by(|(path, _)| path).window(tumbling(hours(1))).quantile(0.99, |(_, micros)| micros).sink(print());
    /// # }
    /// ```
    pub fn quantile<N: Emit>(
        self,
        q: f64,
        f: impl Fn(View<'static, T>) -> N,
    ) -> Stream<Windowed<K, f64>>
    where
        N::Record: Measure,
    {
        not_run((q, f))
    }

    /// The `n` records with the greatest values of what the closure takes from them, greatest first; of equal ones,
    /// those that came first.
    ///
    /// State: `n` records. Flink: none; SQL's `Top-N`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// sales
    ///     .window_all(tumbling(hours(1)))
    ///     .top(3, |(_, cents)| cents)
    ///     .flat_map(|w| w.value.iter())
    ///     .sink(print());
    /// # }
    /// ```
    pub fn top<V: Emit>(
        self,
        n: usize,
        f: impl Fn(View<'static, T>) -> V,
    ) -> Stream<Windowed<K, Vec<T>>>
    where
        V::Record: Ranked,
    {
        not_run((n, f))
    }

    /// Several aggregates, as an expression over a handle: each `w.…(..)` is an accumulator, the rest runs once per
    /// result.
    ///
    /// Equal accumulators are shared. What the handle offers: see [`Agg`]. Records are aggregated before the exchange,
    /// too, if every part allows it. Flink: `aggregate` with an `AggregateFunction` and a `ProcessWindowFunction`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let readings = source(collection(Vec::<(u32, f64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// readings
    ///     .key_by(|(sensor, _)| sensor)
    ///     .window(tumbling(mins(10)))
    ///     .aggregate(|w| {
    ///         let mean = w.sum(|(_, celsius)| celsius) / w.count() as f64;
    ///         (w.key(), w.window().start, w.count(), mean)
    ///     })
    ///     .filter(|(_, _, n, _)| n > 1)
    ///     .sink(print());
    /// # }
    /// ```
    pub fn aggregate<R: Emit>(self, f: impl Fn(&Agg<K, T>) -> R) -> Stream<R::Record> {
        not_run(f)
    }

    /// Combines the records of a window two by two: the first record, then the closure of what came of the others so
    /// far and the next record.
    ///
    /// When sessions are merged, it combines what each had, the one that began to arrive first coming first. State: one
    /// record, in sliding windows for each. Not aggregated before the exchange: the order of arrival is kept. Flink:
    /// `reduce`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// sales
    ///     .key_by(|(region, _)| region)
    ///     .window(tumbling(mins(5)))
    ///     .reduce(|(region, a), (_, b)| (region, a.max(b)))
    ///     .sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0277
    /// # use thalweg::prelude::*;
    /// # fn example(words: Timed<String>) {
    /// words.window_all(tumbling(mins(5))).reduce(|a, b| a.len() + b.len()); // error: a reduced record is a record
    /// # }
    /// ```
    pub fn reduce<R: Emit<Record = T>>(
        self,
        f: impl Fn(View<'static, T>, View<'static, T>) -> R,
    ) -> Stream<Windowed<K, T>> {
        not_run(f)
    }

    /// Carries a value through the records of a window: the closure gets it by value and gives back the next one.
    ///
    /// Like `Iterator::fold`; the value is a record that starts as `init` in every window. Not for sessions: two may
    /// become one, and there is no way to merge what was folded. State: the value, in sliding windows for each. Not
    /// aggregated before the exchange. Flink: `aggregate` without `merge`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let words = source(collection(Vec::<String>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// words
    ///     .window_all(tumbling(mins(5)))
    ///     .fold(String::new(), |mut all, word| {
    ///         all.push_str(word);
    ///         all
    ///     })
    ///     .sink(print());
    /// # }
    /// ```
    pub fn fold<A: Record + Clone>(
        self,
        init: A,
        f: impl Fn(A, View<'static, T>) -> A,
    ) -> Stream<Windowed<K, A>> {
        not_run((init, f))
    }
}
