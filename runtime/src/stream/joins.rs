//! Joins: two streams by key, for as long as a bound says.

use std::ops::RangeBounds;

use super::base::{deref_to_stream, handle, not_run};
use super::{IntoStream, Side, Stream};
use crate::join::Grouped;
use crate::record::{Emit, Key, Record, View};
use crate::time::Span;
use crate::window::{Fired, Fixed, Out};

handle! {
    /// Two streams, waiting for the keys by which they are joined: made by [`join`](Stream::join) and its kin.
    Join<L, R, O>
}

handle! {
    /// Two streams by key, waiting for what bounds the join: a [`window`](JoinOn::window), an
    /// [interval](JoinOn::within), or [`as_of`](JoinOn::as_of).
    JoinOn<L, R, O>
}

handle! {
    /// The rows of a join, and what may still be said of it: where late records go.
    Joined<L, R, O>
}

handle! {
    /// The rows of a join by window, and what may still be said of it: [offset](JoinedByWindow::offset),
    /// [lateness](JoinedByWindow::allowed_lateness), where late records go.
    JoinedByWindow<L, R, O>
}

handle! {
    /// Two streams, waiting for the keys by which they are grouped: made by [`co_group`](Stream::co_group).
    CoGroup<L, R>
}

handle! {
    /// Two streams by key, waiting for their [window](CoGroupOn::window).
    CoGroupOn<K, L, R>
}

handle! {
    /// Two streams by key and window, waiting for [the function](CoGroupWindows::apply) that is given both sides.
    CoGroupWindows<K, L, R>
}

deref_to_stream! {
    Joined<L, R, O> => O;
    JoinedByWindow<L, R, O> => O;
}

impl<T: Record> Stream<T> {
    /// Joins two streams: yields each pair `(left, right)` of records that have the same key and that the bound allows.
    ///
    /// [`on`](Join::on) says the keys, then one bound says which of two records with one key are a pair, and with that
    /// for how long each has to be kept: [`window`](JoinOn::window), [`within`](JoinOn::within) or
    /// [`as_of`](JoinOn::as_of). Both streams need event time (for windows, processing time will do); time is that of
    /// both together, what the least of them says. A stream may be joined with itself. State: the records of both
    /// sides, whole, for as long as the bound says. Flink: `join`, `intervalJoin`, temporal joins.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// #[record]
    /// struct Order { id: u64, item: String, at: Timestamp }
    /// #[record]
    /// struct Payment { order: u64, cents: u64, at: Timestamp }
    ///
    /// # #[pipeline]
    /// # fn example() {
    /// # let orders = source(collection(Vec::<Order>::new())).event_time(|o| o.at).watermarks(monotonic());
    /// # let payments = source(collection(Vec::<Payment>::new())).event_time(|p| p.at).watermarks(monotonic());
    /// orders
    ///     .join(payments)
    ///     .on(|order| order.id, |payment| payment.order)
    ///     .within(mins(0)..=mins(30))
    ///     .map(|(order, payment)| (order.item, payment.cents))
    ///     .sink(print());
    /// # }
    /// ```
    ///
    /// Without a bound it is not a stream:
    /// ```compile_fail,E0599
    /// # use thalweg::prelude::*;
    /// # fn example(a: Timed<u64>, b: Timed<u64>) {
    /// a.join(b).on(|a| a, |b| b).sink(print()); // error: no method `sink` for `JoinOn<u64, u64, (u64, u64)>`
    /// # }
    /// ```
    pub fn join<R: Record>(self, right: impl IntoStream<R>) -> Join<T, R, (T, R)> {
        not_run(right)
    }

    /// As [`join`](Stream::join), and each left record that has no partner comes out alone: `(left, None)`.
    ///
    /// It does when the watermark proves that none will come: when its window fires; behind [`within`](JoinOn::within),
    /// when the last time at which a partner might come has passed, which is then its time.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let orders = source(collection(Vec::<(u64, Timestamp)>::new())).event_time(|(_, at)| at).watermarks(monotonic());
    /// # let payments = source(collection(Vec::<(u64, Timestamp)>::new())).event_time(|(_, at)| at).watermarks(monotonic());
    /// orders
    ///     .left_join(payments)
    ///     .on(|(id, _)| id, |(order, _)| order)
    ///     .within(mins(0)..=mins(30))
    ///     .filter(|(_, payment)| payment.is_none())
    ///     .map(|((id, _), _)| format!("order {id} is not paid"))
    ///     .sink(print());
    /// # }
    /// ```
    pub fn left_join<R: Record>(self, right: impl IntoStream<R>) -> Join<T, R, (T, Option<R>)> {
        not_run(right)
    }

    /// As [`join`](Stream::join), and each right record that has no partner comes out alone: `(None, right)`. See
    /// [`left_join`](Stream::left_join).
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let a = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// # let b = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// a.right_join(b).on(|a| a, |b| b).window(tumbling(mins(1))).map(|(a, b)| (a.unwrap_or(0), b)).sink(print());
    /// # }
    /// ```
    pub fn right_join<R: Record>(self, right: impl IntoStream<R>) -> Join<T, R, (Option<T>, R)> {
        not_run(right)
    }

    /// As [`join`](Stream::join), and each record of either side that has no partner comes out alone. See
    /// [`left_join`](Stream::left_join).
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let a = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// # let b = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// a.full_join(b).on(|a| a, |b| b).window(tumbling(mins(1))).filter(|(a, b)| a.is_none() || b.is_none()).sink(print());
    /// # }
    /// ```
    pub fn full_join<R: Record>(
        self,
        right: impl IntoStream<R>,
    ) -> Join<T, R, (Option<T>, Option<R>)> {
        not_run(right)
    }

    /// Groups two streams by key and window: a function is given both sides' records of each key.
    ///
    /// [`on`](CoGroup::on) says the keys, [`window`](CoGroupOn::window) the windows, [`apply`](CoGroupWindows::apply)
    /// what becomes of a group. A key is there if one side has a record of it. State: the records of both sides, whole,
    /// once per window. Flink: `coGroup`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// # let refunds = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// sales
    ///     .co_group(refunds)
    ///     .on(|(shop, _)| shop, |(shop, _)| shop)
    ///     .window(tumbling(hours(1)))
    ///     .apply(|w, sales, refunds, out| {
    ///         let sold: u64 = sales.iter().map(|(_, cents)| cents).sum();
    ///         let refunded: u64 = refunds.iter().map(|(_, cents)| cents).sum();
    ///         out.emit((w.key(), w.window().start, sold, refunded));
    ///     })
    ///     .sink(print());
    /// # }
    /// ```
    pub fn co_group<R: Record>(self, right: impl IntoStream<R>) -> CoGroup<T, R> {
        not_run(right)
    }
}

impl<L: Record, R: Record, O: Record> Join<L, R, O> {
    /// The key of each side's records: those with equal keys may be joined.
    ///
    /// Both closures have to return the same type, which has to be a key; see [`key_by`](Stream::key_by). Each side is
    /// partitioned by it.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let a = source(collection(Vec::<(u64, String)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// # let b = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// a.join(b).on(|(_, name)| name, |(name, _)| name).window(tumbling(mins(1))).sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0271
    /// # use thalweg::prelude::*;
    /// # fn example(a: Timed<u64>, b: Timed<u32>) {
    /// a.join(b).on(|a| a, |b| b).as_of(); // error: one key is `u64`, the other `u32`
    /// # }
    /// ```
    pub fn on<A: Emit, B: Emit<Record = A::Record>>(
        self,
        left: impl Fn(View<'static, L>) -> A,
        right: impl Fn(View<'static, R>) -> B,
    ) -> JoinOn<L, R, O>
    where
        A::Record: Key,
    {
        not_run((left, right))
    }
}

impl<L: Record, R: Record, O: Record> JoinOn<L, R, O> {
    /// Joins records that lie in the same window: every left one with every right one, when the window fires.
    ///
    /// Rows have the window's last millisecond as their time. A record of sliding windows is joined in each of its
    /// windows, and kept once for each; sessions are those of both sides together. State goes with the window. Flink:
    /// `join(..).where(..).equalTo(..).window(..)`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let persons = source(collection(Vec::<(u64, String)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// # let auctions = source(collection(Vec::<(u64, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// persons
    ///     .join(auctions)
    ///     .on(|(id, _)| id, |(seller, _)| seller)
    ///     .window(tumbling(secs(10)))
    ///     .map(|((id, name), (_, auction))| (id, name, auction))
    ///     .sink(print());
    /// # }
    /// ```
    pub fn window(self, window: impl Fixed) -> JoinedByWindow<L, R, O> {
        not_run(window)
    }

    /// Joins records whose times are near each other: the right one's minus the left one's lies in the range.
    ///
    /// `-mins(10)..=mins(0)`: the right record is at most ten minutes older than the left one. The end is left out by
    /// `..`, the start by a pair of [`Bound`](std::ops::Bound)s. Needs event time. A pair comes out when its second
    /// record comes, with the later of both times; of a key's partners in order of time, roughly, then of arrival. A
    /// record older than the watermark is late; one as old as the watermark is not. State: a left record stays until no
    /// partner can come any more, that is until the watermark reaches its time plus the range's end, a right one until
    /// its time minus the range's start; both go in portions of half the range. Flink: `intervalJoin(..).between(..)`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let clicks = source(collection(Vec::<(u64, Timestamp)>::new())).event_time(|(_, at)| at).watermarks(monotonic());
    /// # let views = source(collection(Vec::<(u64, Timestamp)>::new())).event_time(|(_, at)| at).watermarks(monotonic());
    /// clicks.join(views).on(|(ad, _)| ad, |(ad, _)| ad).within(-mins(10)..=mins(0)).sink(print());
    /// # }
    /// ```
    pub fn within(self, interval: impl RangeBounds<Span>) -> Joined<L, R, O> {
        not_run(interval)
    }

    /// Joins each left record with the latest right one at or before its time; of several with one time, the one that
    /// came last.
    ///
    /// What a price was, which version of a rule held. Needs event time. A row comes out when the watermark reaches the
    /// left record, so that no earlier right one is missing, with the left record's time; rows of a time come in the
    /// order of key hashes. A right record without a left one (`right_join`, `full_join`) comes out when a later right
    /// one takes its place, with that one's time; at the end of the input, at the end of time. A record whose time the
    /// watermark has reached is late. State: each key's latest right record for ever, and what the watermark has not
    /// reached. Flink: a temporal join (`FOR SYSTEM_TIME AS OF`).
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let orders = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// # let rates = source(collection(Vec::<(String, f64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// orders
    ///     .join(rates)
    ///     .on(|(currency, _)| currency, |(currency, _)| currency)
    ///     .as_of()
    ///     .map(|((_, amount), (_, rate))| amount as f64 * rate)
    ///     .sink(print());
    /// # }
    /// ```
    pub fn as_of(self) -> Joined<L, R, O> {
        not_run(())
    }
}

macro_rules! late_sides {
    ($($name:ident<$($param:ident),*>)*) => {$(
        impl<$($param: Record),*> $name<$($param),*> {
            /// Sends late records of the left side to a side instead of dropping them. Either way they are counted
            /// (`thalweg_late_records_total`).
            ///
            /// ```
            /// # use thalweg::prelude::*;
            /// # #[pipeline]
            /// # fn example() {
            /// # let a = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
            /// # let b = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
            /// let late = side();
            /// a.join(b).on(|a| a, |b| b).within(secs(0)..=secs(5)).late_left_to(late).sink(print());
            /// late.map(|a| format!("late: {a}")).sink(print());
            /// # }
            /// ```
            pub fn late_left_to(self, side: Side<L>) -> Self {
                not_run(side)
            }

            /// Sends late records of the right side to a side instead of dropping them. Either way they are counted
            /// (`thalweg_late_records_total`).
            ///
            /// ```
            /// # use thalweg::prelude::*;
            /// # #[pipeline]
            /// # fn example() {
            /// # let a = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
            /// # let b = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
            /// let late = side();
            /// a.join(b).on(|a| a, |b| b).window(tumbling(mins(1))).late_right_to(late).sink(print());
            /// late.map(|b| format!("late: {b}")).sink(print());
            /// # }
            /// ```
            pub fn late_right_to(self, side: Side<R>) -> Self {
                not_run(side)
            }
        }
    )*};
}
late_sides! {
    JoinOn<L, R, O> Joined<L, R, O> JoinedByWindow<L, R, O>
    CoGroupOn<K, L, R> CoGroupWindows<K, L, R>
}

macro_rules! window_options {
    ($($name:ident<$($param:ident),*>)*) => {$(
        impl<$($param: Record),*> $name<$($param),*> {
            /// Moves the windows' borders, as [`offset`](super::Windows::offset) of a window does.
            ///
            /// ```
            /// # use thalweg::prelude::*;
            /// # #[pipeline]
            /// # fn example() {
            /// # let a = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
            /// # let b = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
            /// a.join(b).on(|a| a, |b| b).window(tumbling(days(1))).offset(-hours(8)).sink(print());
            /// # }
            /// ```
            pub fn offset(self, offset: Span) -> Self {
                not_run(offset)
            }

            /// Keeps a window that has fired for `lateness` more of event time: a record that comes in that time fires
            /// all rows of its key again.
            ///
            /// Whoever reads the rows has to put up with repeated ones. Flink: `allowedLateness`.
            ///
            /// ```
            /// # use thalweg::prelude::*;
            /// # #[pipeline]
            /// # fn example() {
            /// # let a = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
            /// # let b = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
            /// a.join(b).on(|a| a, |b| b).window(tumbling(mins(5))).allowed_lateness(mins(1)).sink(print());
            /// # }
            /// ```
            pub fn allowed_lateness(self, lateness: Span) -> Self {
                not_run(lateness)
            }
        }
    )*};
}
window_options! { JoinedByWindow<L, R, O> CoGroupWindows<K, L, R> }

impl<L: Record, R: Record> CoGroup<L, R> {
    /// The key of each side's records; see [`on`](Join::on) of a join.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let a = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// # let b = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// a.co_group(b)
    ///     .on(|a| a % 10, |b| b % 10)
    ///     .window(tumbling(mins(1)))
    ///     .apply(|w, lefts, rights, out| out.emit((w.key(), lefts.len() as u64, rights.len() as u64)))
    ///     .sink(print());
    /// # }
    /// ```
    pub fn on<A: Emit, B: Emit<Record = A::Record>>(
        self,
        left: impl Fn(View<'static, L>) -> A,
        right: impl Fn(View<'static, R>) -> B,
    ) -> CoGroupOn<A::Record, L, R>
    where
        A::Record: Key,
    {
        not_run((left, right))
    }
}

impl<K: Record, L: Record, R: Record> CoGroupOn<K, L, R> {
    /// The windows by which both sides are grouped; see [`window`](JoinOn::window) of a join.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let a = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// # let b = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// a.co_group(b)
    ///     .on(|a| a, |b| b)
    ///     .window(tumbling(mins(1)))
    ///     .apply(|_, lefts, rights, out| if rights.is_empty() { lefts.iter().for_each(|a| out.emit(a)) })
    ///     .sink(print());
    /// # }
    /// ```
    pub fn window(self, window: impl Fixed) -> CoGroupWindows<K, L, R> {
        not_run(window)
    }
}

impl<K: Record, L: Record, R: Record> CoGroupWindows<K, L, R> {
    /// Gives a function both sides of each key when its window fires: where they belong (key, window, watermark), the
    /// left records, the right records, and where results go.
    ///
    /// The records are views, in order of arrival; a side may be empty, but not both. The function emits any number of
    /// results; they have the window's last millisecond as their time. Flink: `CoGroupFunction`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let views = source(collection(Vec::<(u64, String)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// # let clicks = source(collection(Vec::<(u64, String)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// views
    ///     .co_group(clicks)
    ///     .on(|(user, _)| user, |(user, _)| user)
    ///     .window(tumbling(mins(30)))
    ///     .apply(|w, views, clicks, out| {
    ///         for (_, url) in clicks {
    ///             out.emit((w.key(), url, views.len() as u64));
    ///         }
    ///     })
    ///     .sink(print());
    /// # }
    /// ```
    pub fn apply<O: Record>(
        self,
        f: impl Fn(Fired<'static, K>, Grouped<'static, L>, Grouped<'static, R>, &mut Out<'_, O>),
    ) -> Stream<O> {
        not_run(f)
    }
}
