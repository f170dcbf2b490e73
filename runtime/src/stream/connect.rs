//! Process functions of two inputs: two keyed streams, or a keyed stream and rules.

use super::base::{deref_to_stream, handle, not_run};
use super::{Keyed, Stream};
use crate::process::{BroadcastContext, OnBroadcastContext, ProcessContext};
use crate::record::{Emit, Key, Record, View};
use crate::state::MapState;
use crate::time::Timestamp;

handle! {
    /// Two streams of one key: made by [`connect`](Keyed::connect); [`process`](Connected::process) has to follow. Flink:
    /// `ConnectedStreams`.
    Connected<K, L, R>
}

handle! {
    /// A keyed stream and rules: made by [`connect`](Keyed::connect); [`process`](WithBroadcast::process) has to follow.
    /// Flink: `BroadcastConnectedStream`.
    WithBroadcast<K, T, B, R>
}

handle! {
    /// Records of type `R` that every task is to get, each under a key of type `B`: made by
    /// [`broadcast_by`](Stream::broadcast_by), to be given to [`connect`](Keyed::connect). Flink: `BroadcastStream`.
    Broadcast<B, R>
}

handle! {
    /// A process function of two keyed inputs. [`on_left`](ConnectedProcess::on_left) and
    /// [`on_right`](ConnectedProcess::on_right) have to follow; `on_timer` and `on_end` may.
    ConnectedProcess<K, L, R, S, O>
}

handle! {
    /// A process function of a keyed input that is told rules. [`on_event`](BroadcastProcess::on_event) has to follow;
    /// `on_broadcast`, `on_timer` and `on_end` may.
    BroadcastProcess<K, T, B, R, S, O>
}

deref_to_stream! {
    ConnectedProcess<K, L, R, S, O> => O;
    BroadcastProcess<K, T, B, R, S, O> => O;
}

/// What a keyed stream may be connected with: another of the same key, or what
/// [`broadcast_by`](Stream::broadcast_by) made.
#[diagnostic::on_unimplemented(
    message = "a stream keyed by `{K}` cannot be connected with this",
    label = "neither a stream keyed alike nor rules",
    note = "to fix: put `.key_by(|x| ..)` with the same type of key on it, or `.broadcast_by(|rule| ..)`"
)]
pub trait Connects<K, L> {
    /// Both together.
    type Both;
}

impl<K, L, R> Connects<K, L> for Keyed<K, R> {
    type Both = Connected<K, L, R>;
}

impl<K, L, B, R> Connects<K, L> for Broadcast<B, R> {
    type Both = WithBroadcast<K, L, B, R>;
}

impl<T: Record> Stream<T> {
    /// Sends each record to every task of the function that it is connected to, under a key: rules, rates, models.
    ///
    /// Goes on as `events.key_by(..).connect(rules.broadcast_by(..))`, and nowhere else. Order is kept between a
    /// producing and a consuming task; with several producing tasks the order between theirs may differ from task to
    /// task, so let rules of one key come from one. Flink: `broadcast` with a `MapStateDescriptor`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let payments = source(collection(Vec::<(u64, u32, f64)>::new()));
    /// # let limits = source(collection(Vec::<(u32, f64)>::new()));
    /// // Each task knows the latest limit of each country.
    /// payments
    ///     .key_by(|(account, ..)| account)
    ///     .connect(limits.broadcast_by(|(country, _)| country))
    ///     .process(f64::default)
    ///     .on_event(|spent, (_, country, euros), cx| {
    ///         *spent += euros;
    ///         if let Some((_, limit)) = cx.broadcast().get(country)
    ///             && *spent > limit
    ///         {
    ///             cx.emit((cx.key(), *spent));
    ///         }
    ///     })
    ///     .sink(print());
    /// # }
    /// ```
    pub fn broadcast_by<B: Emit>(self, f: impl Fn(View<'static, T>) -> B) -> Broadcast<B::Record, T>
    where
        B::Record: Key,
    {
        not_run(f)
    }
}

impl<K: Key, L: Record> Keyed<K, L> {
    /// Puts another stream beside this one, for a process function of both: one keyed alike, so that both see one
    /// state, or rules that every task gets ([`broadcast_by`](Stream::broadcast_by)).
    ///
    /// Time is the lesser watermark of both, a side that is idle left out: timers need event time on both. Between the
    /// two inputs there is no order. Flink: `connect`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// #[record]
    /// #[derive(Default)]
    /// struct Open {
    ///     order: Option<String>,
    /// }
    /// # #[pipeline]
    /// # fn example() {
    /// # let orders = source(collection(Vec::<(u64, String)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// # let payments = source(collection(Vec::<(u64, f64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// // Orders that nobody has paid an hour later.
    /// orders
    ///     .key_by(|(id, _)| id)
    ///     .connect(payments.key_by(|(id, _)| id))
    ///     .process(Open::default)
    ///     .on_left(|open, (_, text), cx| {
    ///         open.order = Some(text.to_owned());
    ///         cx.timer_after(hours(1));
    ///     })
    ///     .on_right(|_, _, cx| cx.clear())
    ///     .on_timer(|open, _, cx| {
    ///         if let Some(text) = &open.order {
    ///             cx.emit((cx.key(), text.as_str()));
    ///         }
    ///         cx.clear();
    ///     })
    ///     .sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0277
    /// # use thalweg::prelude::*;
    /// # fn example(a: Keyed<u64, String>, b: Keyed<u32, String>) {
    /// a.connect(b); // error: keyed by `u64` and by `u32`
    /// # }
    /// ```
    pub fn connect<C: Connects<K, L>>(self, other: C) -> C::Both {
        not_run(other)
    }
}

impl<K: Key, L: Record, R: Record> Connected<K, L, R> {
    /// Code of one's own for the records of both streams, with one state and timers per key: as
    /// [`Keyed::process`], with [`on_left`](ConnectedProcess::on_left) and [`on_right`](ConnectedProcess::on_right).
    ///
    /// State: one record per key, as there. Flink: `process` with a `KeyedCoProcessFunction`.
    pub fn process<S: Record, O: Record>(
        self,
        init: impl Fn() -> S,
    ) -> ConnectedProcess<K, L, R, S, O> {
        not_run(init)
    }
}

impl<K: Key, L: Record, R: Record, S, O: Record> ConnectedProcess<K, L, R, S, O> {
    /// What is done with a record of the stream that was connected: `|state, record, cx|`. Flink: `processElement1`.
    pub fn on_left(
        self,
        f: impl Fn(&mut S, View<'static, L>, &mut ProcessContext<'_, K, O>),
    ) -> Self {
        not_run(f)
    }

    /// What is done with a record of the stream that it was connected with: `|state, record, cx|`. Flink:
    /// `processElement2`.
    pub fn on_right(
        self,
        f: impl Fn(&mut S, View<'static, R>, &mut ProcessContext<'_, K, O>),
    ) -> Self {
        not_run(f)
    }

    /// What is done when a timer fires: as [`on_timer`](super::Process::on_timer) of one input.
    pub fn on_timer(self, f: impl Fn(&mut S, Timestamp, &mut ProcessContext<'_, K, O>)) -> Self {
        not_run(f)
    }

    /// What is done when both inputs have ended: as [`on_end`](super::Process::on_end) of one input.
    pub fn on_end(self, f: impl Fn(&mut S, &mut ProcessContext<'_, K, O>)) -> Self {
        not_run(f)
    }
}

impl<K: Key, T: Record, B: Key, R: Record> WithBroadcast<K, T, B, R> {
    /// Code of one's own for every record of the keyed stream, which can read the rules: as [`Keyed::process`], with
    /// [`on_broadcast`](BroadcastProcess::on_broadcast).
    ///
    /// State: one record per key, as there, and all rules in every task. Flink: `process` with a
    /// `KeyedBroadcastProcessFunction`.
    pub fn process<S: Record, O: Record>(
        self,
        init: impl Fn() -> S,
    ) -> BroadcastProcess<K, T, B, R, S, O> {
        not_run(init)
    }
}

impl<K: Key, T: Record, B: Key, R: Record, S, O: Record> BroadcastProcess<K, T, B, R, S, O> {
    /// What is done with an event: `|state, event, cx|`; `cx.broadcast()` are the rules. Flink: `processElement`.
    pub fn on_event(
        self,
        f: impl Fn(&mut S, View<'static, T>, &mut BroadcastContext<'_, '_, K, O, B, R>),
    ) -> Self {
        not_run(f)
    }

    /// What is done with a rule: `|rules, rule, cx|`. Without it, each is kept under its key in place of the one before.
    ///
    /// `rules` is the map of them, [`cx.key()`](OnBroadcastContext::key) the rule's key, and
    /// [`cx.each_key(|key, state| ..)`](OnBroadcastContext::each_key) visits the keys of this task. It runs in every
    /// task: what it emits comes once from each. Flink: `processBroadcastElement`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let events = source(collection(Vec::<(u64, u32)>::new()));
    /// # let rules = source(collection(Vec::<(u32, bool)>::new()));
    /// events
    ///     .key_by(|(id, _)| id)
    ///     .connect(rules.broadcast_by(|(kind, _)| kind))
    ///     .process(u64::default)
    ///     .on_event(|n, (id, kind), cx| {
    ///         *n += 1;
    ///         if cx.broadcast().contains(kind) {
    ///             cx.emit((id, *n));
    ///         }
    ///     })
    ///     .on_broadcast(|rules, (kind, is_on), cx| {
    ///         if is_on {
    ///             rules.insert(kind, (kind, is_on));
    ///         } else {
    ///             rules.remove(kind);
    ///             cx.each_key(|_, n| *n = 0);
    ///         }
    ///     })
    ///     .sink(print());
    /// # }
    /// ```
    pub fn on_broadcast(
        self,
        f: impl Fn(&mut MapState<B, R>, View<'static, R>, &mut OnBroadcastContext<'_, '_, K, S, O, B>),
    ) -> Self {
        not_run(f)
    }

    /// What is done when a timer fires: as [`on_timer`](super::Process::on_timer), with the rules at hand.
    pub fn on_timer(
        self,
        f: impl Fn(&mut S, Timestamp, &mut BroadcastContext<'_, '_, K, O, B, R>),
    ) -> Self {
        not_run(f)
    }

    /// What is done when both inputs have ended: as [`on_end`](super::Process::on_end), with the rules at hand.
    pub fn on_end(self, f: impl Fn(&mut S, &mut BroadcastContext<'_, '_, K, O, B, R>)) -> Self {
        not_run(f)
    }
}
