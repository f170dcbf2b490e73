//! The handle that an `aggregate` closure builds its result from.

use super::base::{handle, not_run};
use crate::operator::{Aggregate, Measure, Number, Total};
use crate::record::{Emit, Key, Ranked, Record, View};
use crate::time::Window;

handle! {
    /// The aggregates of one key (and window) in `.aggregate(|w| ..)`: each method call is an accumulator.
    ///
    /// Its methods are called in the closure's body like any other, in any expression, inside macros too; calls with the
    /// same text share an accumulator, and there may be eight different ones. What surrounds them runs once per result.
    /// The handle itself cannot be passed on.
    ///
    /// `W` is [`Window`] for windows and `()` for running aggregates, which have no [`window()`](Agg::window).
    Agg<K, T, W = Window>
}

impl<K: Record, T: Record> Agg<K, T, Window> {
    /// The window.
    pub fn window(&self) -> Window {
        not_run(())
    }
}

impl<K: Record, T: Record, W> Agg<K, T, W> {
    /// The view of the key; `()` for `window_all`.
    pub fn key(&self) -> View<'static, K> {
        not_run(())
    }

    /// How many records there are. See [`Windows::count`](super::Windows::count).
    pub fn count(&self) -> u64 {
        not_run(())
    }

    /// The checked sum of a number of each record. See [`Windows::sum`](super::Windows::sum).
    pub fn sum<N: Emit>(&self, f: impl Fn(View<'static, T>) -> N) -> Sum<N>
    where
        N::Record: Number,
    {
        not_run(f)
    }

    /// The sum of a number of each record; integers wrap. See
    /// [`Windows::wrapping_sum`](super::Windows::wrapping_sum).
    pub fn wrapping_sum<N: Emit>(&self, f: impl Fn(View<'static, T>) -> N) -> Sum<N>
    where
        N::Record: Number,
    {
        not_run(f)
    }

    /// The mean of a number of each record. See [`Windows::avg`](super::Windows::avg).
    pub fn avg<N: Emit>(&self, f: impl Fn(View<'static, T>) -> N) -> Mean<N>
    where
        N::Record: Number,
    {
        not_run(f)
    }

    /// The least of what the closure takes from each record. See [`Windows::min`](super::Windows::min).
    pub fn min<V: Emit>(&self, f: impl Fn(View<'static, T>) -> V) -> View<'static, V::Record>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The greatest of what the closure takes from each record. See [`Windows::max`](super::Windows::max).
    pub fn max<V: Emit>(&self, f: impl Fn(View<'static, T>) -> V) -> View<'static, V::Record>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The first record with the least value. See [`Windows::min_by`](super::Windows::min_by).
    pub fn min_by<V: Emit>(&self, f: impl Fn(View<'static, T>) -> V) -> View<'static, T>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The first record with the greatest value. See [`Windows::max_by`](super::Windows::max_by).
    pub fn max_by<V: Emit>(&self, f: impl Fn(View<'static, T>) -> V) -> View<'static, T>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The record that came first. See [`Windows::first`](super::Windows::first).
    pub fn first(&self) -> View<'static, T> {
        not_run(())
    }

    /// The record that came last. See [`Windows::last`](super::Windows::last).
    pub fn last(&self) -> View<'static, T> {
        not_run(())
    }

    /// All records. See [`Windows::to_vec`](super::Windows::to_vec).
    pub fn to_vec(&self) -> View<'static, Vec<T>> {
        not_run(())
    }

    /// How many different values there are. See [`Windows::count_distinct`](super::Windows::count_distinct).
    pub fn count_distinct<V: Emit>(&self, f: impl Fn(View<'static, T>) -> V) -> u64
    where
        V::Record: Key,
    {
        not_run(f)
    }

    /// How many different values there are, about. See
    /// [`Windows::approx_count_distinct`](super::Windows::approx_count_distinct).
    pub fn approx_count_distinct<V: Emit>(&self, f: impl Fn(View<'static, T>) -> V) -> u64
    where
        V::Record: Key,
    {
        not_run(f)
    }

    /// The value below which a share `q` of the numbers lies. See [`Windows::quantile`](super::Windows::quantile).
    pub fn quantile<N: Emit>(&self, q: f64, f: impl Fn(View<'static, T>) -> N) -> f64
    where
        N::Record: Measure,
    {
        not_run((q, f))
    }

    /// The `n` records with the greatest values, greatest first. See [`Windows::top`](super::Windows::top).
    pub fn top<V: Emit>(&self, n: usize, f: impl Fn(View<'static, T>) -> V) -> View<'static, Vec<T>>
    where
        V::Record: Ranked,
    {
        not_run((n, f))
    }

    /// An aggregate of one's own, fed with what the closure takes from each record.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// use thalweg::operator::{Aggregate, Overflow};
    /// use thalweg::record::View;
    ///
    /// /// The length of the longest string.
    /// #[derive(Clone, Copy)]
    /// struct Longest;
    ///
    /// impl Aggregate for Longest {
    ///     type In = String;
    ///     type Acc = u64;
    ///     type Out<'a> = u64;
    ///
    ///     fn add(&self, longest: &mut u64, text: &str) -> Result<(), Overflow> {
    ///         *longest = (*longest).max(text.len() as u64);
    ///         Ok(())
    ///     }
    ///     fn merge(&self, longest: &mut u64, other: View<'_, u64>) -> Result<(), Overflow> {
    ///         *longest = (*longest).max(other);
    ///         Ok(())
    ///     }
    ///     fn finish(&self, longest: &u64) -> u64 {
    ///         *longest
    ///     }
    /// }
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<(u32, String)>::new()));
    /// lines
    ///     .key_by(|(host, _)| host)
    ///     .aggregate(|w| (w.key(), w.with(Longest, |(_, line)| line.trim())))
    ///     .sink(print());
    /// # }
    /// ```
    pub fn with<A: Aggregate, V: Emit<Record = A::In>>(
        &self,
        aggregate: A,
        f: impl Fn(View<'static, T>) -> V,
    ) -> A::Out<'static> {
        not_run((aggregate, f))
    }
}

/// What a sum of what `N` is a form of is kept in.
pub type Sum<N> = <<N as Emit>::Record as Number>::Sum;
/// What the mean of such numbers is: `f64` but for decimals.
pub type Mean<N> = <<<N as Emit>::Record as Number>::Wide as Total>::Mean;
