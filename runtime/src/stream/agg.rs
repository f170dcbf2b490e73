//! The handle that an `aggregate` closure builds its result from.

use super::base::{handle, not_run};
use crate::operator::Aggregate;
use crate::record::{Emit, Key, Ranked, Record, View};
use crate::time::Window;

handle! {
    /// The aggregates of one key (and window) in `.aggregate(|w| ..)`: each method call is an accumulator.
    ///
    /// Its methods are called in the closure's body like any other, in any expression, also several times; calls with
    /// the same text share an accumulator. They may not stand inside a nested closure, a loop or a macro, because there
    /// has to be a fixed list of them. What surrounds them runs once per result.
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

    /// How many records there are. See [`Keyed::count`](super::Keyed::count).
    pub fn count(&self) -> u64 {
        not_run(())
    }

    /// The checked sum of a number of each record. See [`Keyed::sum`](super::Keyed::sum).
    pub fn sum<N: Number>(&self, f: impl Fn(View<'static, T>) -> N) -> N::Sum {
        not_run(f)
    }

    /// The sum of a number of each record; integers wrap. See
    /// [`Keyed::wrapping_sum`](super::Keyed::wrapping_sum).
    pub fn wrapping_sum<N: Number>(&self, f: impl Fn(View<'static, T>) -> N) -> N::Sum {
        not_run(f)
    }

    /// The mean of a number of each record. See [`Keyed::avg`](super::Keyed::avg).
    pub fn avg<N: Number>(&self, f: impl Fn(View<'static, T>) -> N) -> f64 {
        not_run(f)
    }

    /// The least of what the closure takes from each record. See [`Keyed::min`](super::Keyed::min).
    pub fn min<V: Emit>(&self, f: impl Fn(View<'static, T>) -> V) -> View<'static, V::Record>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The greatest of what the closure takes from each record. See [`Keyed::max`](super::Keyed::max).
    pub fn max<V: Emit>(&self, f: impl Fn(View<'static, T>) -> V) -> View<'static, V::Record>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The first record with the least value. See [`Keyed::min_by`](super::Keyed::min_by).
    pub fn min_by<V: Emit>(&self, f: impl Fn(View<'static, T>) -> V) -> View<'static, T>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The first record with the greatest value. See [`Keyed::max_by`](super::Keyed::max_by).
    pub fn max_by<V: Emit>(&self, f: impl Fn(View<'static, T>) -> V) -> View<'static, T>
    where
        V::Record: Ranked,
    {
        not_run(f)
    }

    /// The record that came first. See [`Keyed::first`](super::Keyed::first).
    pub fn first(&self) -> View<'static, T> {
        not_run(())
    }

    /// The record that came last. See [`Keyed::last`](super::Keyed::last).
    pub fn last(&self) -> View<'static, T> {
        not_run(())
    }

    /// All records. See [`Keyed::to_vec`](super::Keyed::to_vec).
    pub fn to_vec(&self) -> View<'static, Vec<T>> {
        not_run(())
    }

    /// How many different values there are. See [`Keyed::count_distinct`](super::Keyed::count_distinct).
    pub fn count_distinct<V: Emit>(&self, f: impl Fn(View<'static, T>) -> V) -> u64
    where
        V::Record: Key,
    {
        not_run(f)
    }

    /// The `n` records with the greatest values, greatest first. See [`Keyed::top`](super::Keyed::top).
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
    ///     fn finish<'a>(&self, longest: &'a u64) -> u64 {
    ///         *longest
    ///     }
    /// }
    /// # fn example(lines: Stream<(u32, String)>) {
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

/// A number that can be summed: any integer, `f32`, `f64`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be summed",
    label = "not a number",
    note = "to fix: return an integer or a float from the closure; of an `Option`, `unwrap_or(0)`"
)]
pub trait Number: Emit {
    /// The type of the sum: 64 bits wide, wider for what is wider.
    type Sum: Record;
}

macro_rules! numbers {
    ($($sum:ty: $($number:ty)*;)*) => {$($(
        impl Number for $number {
            type Sum = $sum;
        }
    )*)*};
}

numbers! {
    u64: u8 u16 u32 u64;
    i64: i8 i16 i32 i64;
    u128: u128;
    i128: i128;
    f64: f32 f64;
}
