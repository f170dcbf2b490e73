//! Process functions that are told rules: a keyed input, and one whose records every task gets.

use super::context::{ProcessContext, Unkeyed};
use super::keyed::{Due, Process};
use super::rng::Rng;
use super::side::{Side, Sides};
use super::timers::TimeDomain;
use crate::record::{Emit, Key, Record, View};
use crate::state::{
    Cursor, Forever, Keep, Kept, LoadError, Loader, MapState, SnapshotWriter, State, by_key,
};
use crate::task::{Scratch, Turn};
use crate::time::{Span, Timestamp};

/// `cx` of a function that is told rules, for an event, a timer or the end: all that [`ProcessContext`] can, and the
/// rules, to be read. Flink: `ReadOnlyContext`.
pub struct BroadcastContext<'a, 'c, K: Key, O, B: Key, R: Record> {
    context: &'a mut ProcessContext<'c, K, O>,
    rules: &'a MapState<B, R>,
}

impl<'a, K: Key, O, B: Key, R: Record> BroadcastContext<'a, '_, K, O, B, R> {
    /// The rules, as they are now in this task. Flink: `getBroadcastState`.
    #[inline(always)]
    pub fn broadcast(&self) -> &'a MapState<B, R> {
        self.rules
    }
}

/// `cx` of a function that is told a rule: the times, `emit` and `emit_to` of a [`ProcessContext`] without a key, the
/// rule's own key, and a visit of all keys of the task. Flink: `KeyedBroadcastProcessFunction.Context`.
pub struct OnBroadcastContext<'a, 'c, K: Key, S, O, B: Key> {
    context: &'a mut ProcessContext<'c, Unkeyed, O>,
    key: View<'a, B>,
    keys: &'a mut dyn Keys<K, S>,
}

impl<'a, K: Key, S, O, B: Key> OnBroadcastContext<'a, '_, K, S, O, B> {
    /// The rule's key, as `broadcast_by` made it.
    #[inline(always)]
    pub fn key(&self) -> View<'a, B> {
        self.key
    }

    /// Visits the state of each key of this task that has one, in the order of (key hash, canonical key bytes).
    ///
    /// It takes as long as there are keys, and nothing else happens in the task meanwhile. Flink: `applyToKeyedState`.
    pub fn each_key(&mut self, mut visit: impl FnMut(View<'_, K>, &mut S)) {
        self.keys.visit(&mut |key, state| visit(key.as_view(), state));
    }
}

/// Methods of [`ProcessContext`], handed on. (Not by `DerefMut`: `cx.emit(cx.key())` would borrow twice.)
macro_rules! forward {
    (reads { $($(#[$read_doc:meta])* fn $read:ident() -> $out:ty;)* }
     writes { $($(#[$doc:meta])* fn $name:ident $(<$T:ident: $bound:ident>)? ($($arg:ident: $ty:ty),*);)* }) => {
        $(
            $(#[$read_doc])*
            #[inline(always)]
            pub fn $read(&self) -> $out {
                self.context.$read()
            }
        )*
        $(
            $(#[$doc])*
            #[inline(always)]
            pub fn $name $(<$T: $bound>)? (&mut self, $($arg: $ty),*) {
                self.context.$name($($arg),*);
            }
        )*
    };
}

impl<K: Key, O: Record, B: Key, R: Record> BroadcastContext<'_, '_, K, O, B, R> {
    forward! {
        reads {
            /// As [`ProcessContext::timestamp`].
            fn timestamp() -> Timestamp;
            /// As [`ProcessContext::watermark`].
            fn watermark() -> Timestamp;
            /// As [`ProcessContext::processing_time`].
            fn processing_time() -> Timestamp;
        }
        writes {
            /// As [`ProcessContext::emit`].
            fn emit(record: impl Emit<Record = O>);
            /// As [`ProcessContext::emit_to`].
            fn emit_to<T: Record>(side: Side<T>, record: impl Emit<Record = T>);
        }
    }

    /// As [`ProcessContext::rng`].
    #[inline]
    pub fn rng(&mut self) -> &mut Rng {
        self.context.rng()
    }
}

impl<'c, K: Key, O, B: Key, R: Record> BroadcastContext<'_, 'c, K, O, B, R> {
    forward! {
        reads {
            /// As [`ProcessContext::key`].
            fn key() -> View<'c, K>;
            /// As [`ProcessContext::time_domain`].
            fn time_domain() -> TimeDomain;
        }
        writes {
            /// As [`ProcessContext::timer_at`].
            fn timer_at(time: Timestamp);
            /// As [`ProcessContext::timer_after`].
            fn timer_after(span: Span);
            /// As [`ProcessContext::cancel`].
            fn cancel(time: Timestamp);
            /// As [`ProcessContext::processing_timer_at`].
            fn processing_timer_at(time: Timestamp);
            /// As [`ProcessContext::processing_timer_after`].
            fn processing_timer_after(span: Span);
            /// As [`ProcessContext::cancel_processing`].
            fn cancel_processing(time: Timestamp);
            /// As [`ProcessContext::clear`].
            fn clear();
        }
    }
}

impl<K: Key, S, O: Record, B: Key> OnBroadcastContext<'_, '_, K, S, O, B> {
    forward! {
        reads {
            /// As [`ProcessContext::timestamp`]: that of the rule.
            fn timestamp() -> Timestamp;
            /// As [`ProcessContext::watermark`].
            fn watermark() -> Timestamp;
            /// As [`ProcessContext::processing_time`].
            fn processing_time() -> Timestamp;
        }
        writes {
            /// As [`ProcessContext::emit`]; it comes once from each task.
            fn emit(record: impl Emit<Record = O>);
            /// As [`ProcessContext::emit_to`].
            fn emit_to<T: Record>(side: Side<T>, record: impl Emit<Record = T>);
        }
    }

    /// As [`ProcessContext::rng`].
    #[inline]
    pub fn rng(&mut self) -> &mut Rng {
        self.context.rng()
    }
}

/// States of keys, however long they are kept.
trait Keys<K, S> {
    fn visit(&mut self, visit: &mut dyn FnMut(&K, &mut S));
}

impl<K: Key, S, L: Keep> Keys<K, S> for Kept<K, S, L> {
    fn visit(&mut self, visit: &mut dyn FnMut(&K, &mut S)) {
        let mut cursor = Cursor::default();
        while let Some((hash, key)) = self.next_in_order(&mut cursor) {
            let key = K::from_view(key.as_view());
            if let Some(state) = self.get_mut(hash, key.as_view()) {
                visit(&key, state);
            }
        }
    }
}

/// A keyed process function and the rules that it is told. The rules are the same in every task.
pub struct BroadcastProcess<K: Key, S, I, B: Key, R: Record, L: Keep = Forever> {
    process: Process<K, S, I, L>,
    rules: MapState<B, R>,
}

impl<K: Key, S, I: Fn() -> S, B: Key, R: Record, L: Keep> BroadcastProcess<K, S, I, B, R, L> {
    /// No rules yet.
    pub fn new(process: Process<K, S, I, L>) -> Self {
        BroadcastProcess { process, rules: MapState::new() }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.process.prepare(hashes);
    }

    /// Keeps a rule under its key, in place of the one that was there: what is done where no function is given.
    pub fn keep(&mut self, key: impl Emit<Record = B>, rule: impl Emit<Record = R>) {
        self.rules.insert(key, rule);
    }

    /// Calls the function for a rule.
    #[expect(clippy::too_many_arguments, reason = "called by emitted code only")]
    pub fn on_broadcast<E: Emit<Record = R>, O: Record>(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        key: impl Emit<Record = B>,
        rule: E,
        emitted: &mut Scratch<O>,
        sides: &mut Sides,
        f: impl FnOnce(&mut MapState<B, R>, E, &mut OnBroadcastContext<'_, '_, K, S, O, B>),
    ) {
        let at = self.process.moment(turn, time);
        let (keys, rng) = self.process.parts(at);
        let mut context = ProcessContext { at, hash: 0, emitted, sides, rng, part: () };
        let mut cx = OnBroadcastContext { context: &mut context, key: key.as_view(), keys };
        f(&mut self.rules, rule, &mut cx);
    }

    /// Calls the function for an event.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "called by emitted code only")]
    pub fn on_event<E, O: Record>(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: impl Emit<Record = K>,
        event: E,
        emitted: &mut Scratch<O>,
        sides: &mut Sides,
        f: impl FnOnce(&mut S, E, &mut BroadcastContext<'_, '_, K, O, B, R>),
    ) {
        let rules = &self.rules;
        self.process.on_event(
            turn,
            time,
            hash,
            key,
            event,
            emitted,
            sides,
            |state, event, context| {
                f(state, event, &mut BroadcastContext { context, rules });
            },
        );
    }

    /// What is due next: see [`Process::due`].
    #[inline]
    pub fn due(&mut self, turn: &mut Turn<'_>) -> Option<Due<K, S>> {
        let due = self.process.due(turn);
        if due.is_none() && turn.watermark() == Timestamp::MAX && !turn.more() {
            self.rules.clear();
        }
        due
    }

    /// Calls the function if what is due is a timer.
    #[inline]
    pub fn on_timer<O: Record>(
        &mut self,
        turn: &Turn<'_>,
        due: &Due<K, S>,
        emitted: &mut Scratch<O>,
        sides: &mut Sides,
        f: impl FnOnce(&mut S, Timestamp, &mut BroadcastContext<'_, '_, K, O, B, R>),
    ) {
        let rules = &self.rules;
        self.process.on_timer(turn, due, emitted, sides, |state, at, context| {
            f(state, at, &mut BroadcastContext { context, rules });
        });
    }

    /// Calls the function if what is due is a key's end.
    #[inline]
    pub fn on_end<O: Record>(
        &mut self,
        turn: &Turn<'_>,
        due: &mut Due<K, S>,
        emitted: &mut Scratch<O>,
        sides: &mut Sides,
        f: impl FnOnce(&mut S, &mut BroadcastContext<'_, '_, K, O, B, R>),
    ) {
        let rules = &self.rules;
        self.process.on_end(turn, due, emitted, sides, |state, context| {
            f(state, &mut BroadcastContext { context, rules });
        });
    }
}

impl<K: Key, S: Record, I, B: Key, R: Record, L: Keep> State
    for BroadcastProcess<K, S, I, B, R, L>
{
    fn entries(&self) -> usize {
        self.process.entries() + self.rules.held()
    }

    fn bytes(&self) -> usize {
        self.process.bytes() + self.rules.held() * size_of::<((u64, u32), (B, R))>()
    }

    fn timers(&self) -> usize {
        self.process.timers()
    }

    fn next_timer(&self) -> Option<Timestamp> {
        self.process.next_timer()
    }

    fn meaning(&self) -> String {
        format!("{}, {}", by_key::<B>("rules"), self.process.meaning())
    }
    fn save(&mut self, out: &mut SnapshotWriter) {
        self.process.save(out);
        let mut out = out.section::<(B, R)>(RULES);
        for (key, rule) in self.rules.iter() {
            out.put(B::key_hash(key), (key, rule));
        }
    }

    fn save_more(&mut self, out: &mut SnapshotWriter) -> bool {
        self.process.save_more(out)
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.process.load(from)?;
        from.all::<(B, R)>(RULES, |_, (key, rule)| self.rules.insert(key, rule))
    }
}

/// The section of the rules: each task writes the same.
const RULES: &str = "rules";
