//! Process functions, and the first record of each key.

use super::base::{deref_to_stream, handle, not_run};
use super::{Keyed, Stream};
use crate::process::{ContextKey, ProcessContext, ProcessFunction, StateFor, Unkeyed};
use crate::record::{Key, Record, View};
use crate::time::Timestamp;

handle! {
    /// A process function made of closures: records of type `T` with keys of type `K` come in, records of type `O` go
    /// out, and a state of type `S` is kept per key. Made by [`process`](Keyed::process).
    ///
    /// `on_event` has to follow; `on_timer` and `on_end` may. Then it is the stream of what it emits.
    Process<K, T, S, O>
}

deref_to_stream! { Process<K, T, S, O> => O; }

/// What `process` takes: the constructor of a state, whose closures follow, or a [`ProcessFunction`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no process function for this stream",
    label = "neither the constructor of a state nor a `ProcessFunction` for these keys and records",
    note = "to fix: write `.process(State::default).on_event(|state, e, cx| ..)`, or implement `ProcessFunction` with the stream's `Key` and `In`"
)]
pub trait Processes<K, T, By> {
    /// What stands behind it.
    type Then;
}

/// A process function made of closures.
#[derive(Debug)]
pub struct Closures<S, O>(super::base::Of<(S, O)>);

/// A process function that is a value.
#[derive(Debug)]
pub struct Value;

impl<K: ContextKey, T: Record, S: StateFor<K>, O: Record, F: Fn() -> S>
    Processes<K, T, Closures<S, O>> for F
{
    type Then = Process<K, T, S, O>;
}

impl<P: ProcessFunction<Key = K, In = T>, K: ContextKey, T: Record> Processes<K, T, Value> for P {
    type Then = Stream<P::Out>;
}

impl<K: Key, T: Record> Keyed<K, T> {
    /// Code of one's own for every record, with state and timers per key: when no other operator says it.
    ///
    /// The constructor makes a key's state, a record, at the key's first event; [`on_event`](Process::on_event) follows,
    /// [`on_timer`](Process::on_timer) and [`on_end`](Process::on_end) may. All types are inferred: the state's from the
    /// constructor, the stream's from the first `cx.emit(..)`. What the closures can do besides is on the page of
    /// [`ProcessContext`]. Instead of closures a value may be given that implements [`ProcessFunction`].
    ///
    /// State: one record per key until `cx.clear()`, or for [`.ttl(d)`](Stream::ttl) behind its last write; without
    /// either, for ever, so that it grows with the number of keys. Lists and maps of which an event touches only a little are
    /// [`ListState`](crate::state::ListState) and [`MapState`](crate::state::MapState) fields. Order is kept. Flink:
    /// `process` with a `KeyedProcessFunction`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// #[record]
    /// #[derive(Default)]
    /// struct Login {
    ///     failures: u32,
    ///     user: String,
    /// }
    /// # #[pipeline]
    /// # fn example() {
    /// # let logins = source(collection(Vec::<(u64, String, bool)>::new()))
    /// #     .event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// // Three failures of an account, each within a minute of the one before.
    /// logins
    ///     .key_by(|(account, ..)| account)
    ///     .process(Login::default)
    ///     .on_event(|login, (_, user, is_good), cx| {
    ///         login.failures = if is_good { 0 } else { login.failures + 1 };
    ///         login.user = user.to_owned();
    ///         if login.failures == 3 {
    ///             cx.emit((cx.key(), login.user.as_str()));
    ///         }
    ///         cx.timer_after(mins(1));
    ///     })
    ///     .on_timer(|_, _, cx| cx.clear())
    ///     .sink(print());
    /// # }
    /// ```
    ///
    /// The stream's own words are not for both: a state has to be a record.
    /// ```compile_fail,E0277
    /// # use thalweg::prelude::*;
    /// # fn example(words: Keyed<String, u64>) {
    /// words.process(std::sync::Mutex::<u64>::default).on_event(|_, n, cx| cx.emit(n)); // error: not a record
    /// # }
    /// ```
    pub fn process<By, P: Processes<K, T, By>>(self, process: P) -> P::Then {
        not_run(process)
    }

    /// Lets the first record of each key pass and drops the others.
    ///
    /// State: the keys seen, for ever; with [`.ttl(d)`](Stream::ttl) a key passes again `d` after it passed, and what
    /// is older is forgotten. Order is kept. Flink: deduplication, by hand with a `ValueState`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let orders = source(collection(Vec::<(u64, String)>::new()));
    /// orders.key_by(|(id, _)| id).dedup().ttl(hours(1)).map(|(_, text)| text).sink(print());
    /// # }
    /// ```
    pub fn dedup(self) -> Stream<T> {
        not_run(())
    }
}

impl<T: Record> Stream<T> {
    /// Code of one's own for every record, without a key: no state and no timers.
    ///
    /// The constructor has nothing to make: `|| ()`. What is left of [`ProcessContext`] are the times, random numbers,
    /// `emit` and `emit_to`, so that several records, and records for sides, come out of one. Flink: `process` with a
    /// `ProcessFunction`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// let long = side();
    /// lines
    ///     .process(|| ())
    ///     .on_event(|_, line, cx| {
    ///         if line.len() > 80 {
    ///             cx.emit_to(long, line.len() as u64);
    ///         }
    ///         for word in line.split_whitespace() {
    ///             cx.emit(word);
    ///         }
    ///     })
    ///     .sink(print());
    /// long.sink(print());
    /// # }
    /// ```
    ///
    /// Timers and state need a key:
    /// ```compile_fail,E0599
    /// # use thalweg::prelude::*;
    /// # fn example(lines: Stream<String>) {
    /// lines.process(|| ()).on_event(|_, line, cx| { cx.emit(line); cx.timer_after(secs(1)) }); // error
    /// # }
    /// ```
    pub fn process<By, P: Processes<Unkeyed, T, By>>(self, process: P) -> P::Then {
        not_run(process)
    }
}

impl<K: ContextKey, T: Record, S, O: Record> Process<K, T, S, O> {
    /// What is done with an event: `|state, event, cx|`. Flink: `processElement`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// #[record]
    /// #[derive(Default)]
    /// struct Best {
    ///     score: u64,
    /// }
    /// # #[pipeline]
    /// # fn example() {
    /// # let scores = source(collection(Vec::<(String, u64)>::new()));
    /// // Only what is better than everything before.
    /// scores
    ///     .key_by(|(player, _)| player)
    ///     .process(Best::default)
    ///     .on_event(|best, (player, score), cx| {
    ///         if score > best.score {
    ///             best.score = score;
    ///             cx.emit((player, score));
    ///         }
    ///     })
    ///     .ttl(days(30))
    ///     .sink(print());
    /// # }
    /// ```
    pub fn on_event(
        self,
        f: impl Fn(&mut S, View<'static, T>, &mut ProcessContext<'_, K, O>),
    ) -> Self {
        not_run(f)
    }

    /// What is done when the input has ended: `|state, cx|`, for each key that has state, behind all its timers.
    ///
    /// Called once per key in the order of (key hash, canonical key bytes), when a bounded input has been read to its
    /// end; not when a job is stopped. What it emits has the time [`Timestamp::MAX`]; timers it sets do not fire.
    /// A key whose [`ttl`](Stream::ttl) was over before is not among them. Without a key it is called once per task. Flink
    /// has no word for it.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// #[record]
    /// #[derive(Default)]
    /// struct Seen {
    ///     n: u64,
    /// }
    /// # #[pipeline]
    /// # fn example() {
    /// # let words = source(collection(Vec::<String>::new()));
    /// words
    ///     .key_by(|word| word)
    ///     .process(Seen::default)
    ///     .on_event(|seen, _, _| seen.n += 1)
    ///     .on_end(|seen, cx| cx.emit((cx.key(), seen.n)))
    ///     .sink(print());
    /// # }
    /// ```
    pub fn on_end(self, f: impl Fn(&mut S, &mut ProcessContext<'_, K, O>)) -> Self {
        not_run(f)
    }
}

impl<K: Key, T: Record, S, O: Record> Process<K, T, S, O> {
    /// What is done when a timer fires: `|state, at, cx|`, `at` being the timer's time.
    ///
    /// Timers are set with [`timer_at`](ProcessContext::timer_at) and [`timer_after`](ProcessContext::timer_after), and
    /// fire in the order of (time, key hash, canonical key bytes). A key whose state was forgotten gets a new one.
    /// Timers set here that are due fire in the same advance: one that sets its successor without end keeps a bounded
    /// job from ending. Flink: `onTimer`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// #[record]
    /// #[derive(Default)]
    /// struct Held {
    ///     sum: u64,
    /// }
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(u32, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// // Sums, handed on when a shop has been silent for a minute or so.
    /// sales
    ///     .key_by(|(shop, _)| shop)
    ///     .process(Held::default)
    ///     .on_event(|held, (_, cents), cx| {
    ///         held.sum += cents;
    ///         cx.timer_after(mins(1));
    ///     })
    ///     .on_timer(|held, at, cx| {
    ///         cx.emit((cx.key(), at, held.sum));
    ///         cx.clear();
    ///     })
    ///     .sink(print());
    /// # }
    /// ```
    pub fn on_timer(self, f: impl Fn(&mut S, Timestamp, &mut ProcessContext<'_, K, O>)) -> Self {
        not_run(f)
    }
}
