//! Windows with a trigger, an evictor, or a function over their elements.

use super::base::not_run;
use super::{Stream, Windows};
use crate::record::{Key, Record, View};
use crate::window::evictor::Evictor;
use crate::window::trigger::Trigger;
use crate::window::{Events, Fired, Out, WindowFunction};

impl<K: Record, T: Record> Windows<K, T> {
    /// Says when the window fires, in place of its own trigger.
    ///
    /// The module [`trigger`](crate::trigger) has `count(n)`, `early(every)`, `event_time()`, `processing_time()`,
    /// `end_of_stream()` and `purging(trigger)`; one's own implements [`Trigger`]. A window with a trigger is not
    /// aggregated before the exchange. State: what the trigger remembers, per key and window, and its timers. Flink:
    /// `trigger`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(u32, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// // The day's sales so far, every minute.
    /// sales.key_by(|(shop, _)| shop).window(tumbling(days(1))).trigger(trigger::early(mins(1))).sum(|(_, n)| n).sink(print());
    /// # }
    /// ```
    pub fn trigger<R: Trigger<T>>(self, trigger: R) -> Windows<K, T> {
        not_run(trigger)
    }

    /// Fires when an element is further than `threshold` from the one that fired last, or came first (`DeltaTrigger` in
    /// Flink).
    ///
    /// The closure gets that element and the new one, and says how far they are apart. The contents stay, unless
    /// [`purging`](Windows::purging) follows. State: one element per key and window. Not for sessions.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let trips = source(collection(Vec::<(u32, f64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// // Every hundred kilometres, how many readings there were so far.
    /// trips
    ///     .key_by(|(car, _)| car)
    ///     .window(global_window())
    ///     .delta_trigger(100.0, |old, new| new.1 - old.1)
    ///     .count()
    ///     .sink(print());
    /// # }
    /// ```
    pub fn delta_trigger<D: PartialOrd>(
        self,
        threshold: D,
        delta: impl Fn(View<'static, T>, View<'static, T>) -> D,
    ) -> Windows<K, T> {
        not_run((threshold, delta))
    }

    /// Behind [`delta_trigger`](Windows::delta_trigger): each firing drops the contents. Other triggers are wrapped:
    /// `.trigger(trigger::purging(trigger::count(100)))`. Flink: `PurgingTrigger`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let trips = source(collection(Vec::<(u32, f64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// trips
    ///     .key_by(|(car, _)| car)
    ///     .window(global_window())
    ///     .delta_trigger(100.0, |old, new| new.1 - old.1)
    ///     .purging()
    ///     .count()
    ///     .sink(print());
    /// # }
    /// ```
    pub fn purging(self) -> Windows<K, T> {
        not_run(())
    }

    /// Takes elements out when the window fires: before its function, or behind it ([`after`](Evictor::after)).
    ///
    /// The module [`evictor`](crate::evictor) has `count(n)` and `time(span)`. What is taken out is gone for the window's
    /// later firings too. A window with an evictor keeps its elements, whatever its function, and aggregates them when
    /// it fires; one without elements left has no result, but `apply` and `process` are called. State: the elements, per
    /// key and window. Flink: `evictor`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let prices = source(collection(Vec::<(u32, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// // Every ten prices, the highest of those of the last minute.
    /// prices
    ///     .key_by(|(share, _)| share)
    ///     .window(global_window())
    ///     .trigger(trigger::count(10))
    ///     .evictor(evictor::time(mins(1)))
    ///     .max(|(_, price)| price)
    ///     .sink(print());
    /// # }
    /// ```
    pub fn evictor(self, evictor: Evictor) -> Windows<K, T> {
        not_run(evictor)
    }

    /// Takes out, before the function, the elements whose distance to the last one is `threshold` or more
    /// (`DeltaEvictor` in Flink).
    ///
    /// The closure gets an element and the last one. Otherwise as [`evictor`](Windows::evictor).
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let trips = source(collection(Vec::<(u32, f64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// // Every ten readings, how many there were on the last kilometre.
    /// trips
    ///     .key_by(|(car, _)| car)
    ///     .window(global_window())
    ///     .trigger(trigger::count(10))
    ///     .delta_evictor(1.0, |old, new| new.1 - old.1)
    ///     .count()
    ///     .sink(print());
    /// # }
    /// ```
    pub fn delta_evictor<D: PartialOrd>(
        self,
        threshold: D,
        delta: impl Fn(View<'static, T>, View<'static, T>) -> D,
    ) -> Windows<K, T> {
        not_run((threshold, delta))
    }

    /// A function over the window's elements: any number of results, in any form.
    ///
    /// `w` has [`key`](Fired::key), [`window`](Fired::window) and [`watermark`](Fired::watermark); `events` are
    /// [views](Events) of the elements in order of arrival; `out.emit(x)` emits, and what is emitted may borrow from the
    /// elements. The stream's type is that of the first `emit`. State: the elements, per key and window, whole records
    /// that no pruning makes smaller; an [aggregate](Windows::aggregate) keeps less. Flink: `apply`, or `process` without
    /// state.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let bids = source(collection(Vec::<(u32, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// // Every bid that is below the mean of its minute.
    /// bids.key_by(|(auction, _)| auction)
    ///     .window(tumbling(mins(1)))
    ///     .apply(|w, bids, out| {
    ///         let mean = bids.iter().map(|(_, price)| price).sum::<u64>() / bids.len() as u64;
    ///         for (_, price) in bids.iter().filter(|(_, price)| *price < mean) {
    ///             out.emit((w.key(), w.window().start, price));
    ///         }
    ///     })
    ///     .sink(print());
    /// # }
    /// ```
    pub fn apply<O: Record>(
        self,
        f: impl Fn(Fired<'static, K>, Events<'static, T>, &mut Out<'_, O>),
    ) -> Stream<O> {
        not_run(f)
    }
}

impl<K: Key, T: Record> Windows<K, T> {
    /// A function over the window's elements that keeps state, per key or per key and window, or writes to sides: a value
    /// that implements [`WindowFunction`].
    ///
    /// State: the elements, and what the function keeps. Flink: `process` with a `ProcessWindowFunction`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// use thalweg::window::{Events, Out, WindowCx, WindowFunction};
    ///
    /// /// How many more clicks there were than in the minute before.
    /// struct Growth;
    ///
    /// impl WindowFunction for Growth {
    ///     type Key = u32;
    ///     type In = u32;
    ///     type Out = (u32, i64);
    ///     type KeyState = i64;
    ///     type WindowState = ();
    ///
    ///     fn process(&self, w: &mut WindowCx<'_, Self>, clicks: Events<'_, u32>, out: &mut Out<'_, (u32, i64)>) {
    ///         let before = std::mem::replace(w.key_state(), clicks.len() as i64);
    ///         out.emit((w.key(), *w.key_state() - before));
    ///     }
    /// }
    /// # #[pipeline]
    /// # fn example() {
    /// # let clicks = source(collection(Vec::<u32>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// clicks.key_by(|page| page).window(tumbling(mins(1))).process(Growth).sink(print());
    /// # }
    /// ```
    ///
    /// Sessions merge, and no state per window could be kept of them: there `type WindowState` has to be `()`, which the
    /// compiler checks where the pipeline is compiled.
    pub fn process<F: WindowFunction<Key = K, In = T>>(self, function: F) -> Stream<F::Out> {
        not_run(function)
    }
}
