//! What a process function is given besides its state and the record.

use super::rng::Rng;
use super::side::{Side, Sides};
use super::timers::{TimeDomain, Timers};
use crate::record::{Emit, Key, Record, View};
use crate::state::Moment;
use crate::task::Scratch;
use crate::time::{Span, Timestamp};

/// The key of a process function's context: any [`Key`], or [`Unkeyed`].
pub trait ContextKey: 'static {
    /// What the context holds for it.
    #[doc(hidden)]
    type Part<'c>;
}

impl<K: Key> ContextKey for K {
    type Part<'c> = KeyPart<'c, K>;
}

/// In place of a key, for process functions on a stream that has none: they have no state and no timers.
#[derive(Clone, Copy, Debug)]
pub enum Unkeyed {}

impl ContextKey for Unkeyed {
    type Part<'c> = ();
}

/// What there is only with a key.
pub struct KeyPart<'c, K: Key> {
    pub(super) key: View<'c, K>,
    pub(super) timers: &'c mut Timers<K>,
    pub(super) cleared: bool,
    /// The time of the stream.
    pub(super) domain: TimeDomain,
    /// The kind of the timer that fires.
    pub(super) fired: TimeDomain,
}

/// `cx`: where a process function learns its key and the time, emits, and sets timers. `O` is what it emits.
///
/// Flink: `Context`, `OnTimerContext`, `TimerService` and `Collector` in one.
pub struct ProcessContext<'c, K: ContextKey, O> {
    pub(super) at: Moment,
    /// The hash of the key.
    pub(super) hash: u64,
    pub(super) emitted: &'c mut Scratch<O>,
    pub(super) sides: &'c mut Sides,
    pub(super) rng: &'c mut Rng,
    pub(super) part: K::Part<'c>,
}

impl<K: ContextKey, O: Record> ProcessContext<'_, K, O> {
    /// Emits a record, at the time of [`timestamp`](ProcessContext::timestamp).
    ///
    /// It is encoded at once, so it may borrow from the state or from the event. Flink: `Collector.collect`.
    #[inline(always)]
    pub fn emit(&mut self, record: impl Emit<Record = O>) {
        self.emitted.push(self.at.time, record);
    }

    /// Emits a record to a side. Flink: `Context.output`.
    #[inline]
    pub fn emit_to<T: Record>(&mut self, side: Side<T>, record: impl Emit<Record = T>) {
        self.sides.push(side, self.at.time, record);
    }

    /// The time of the event; in `on_timer`, that of the timer.
    ///
    /// For a processing-time timer on a stream with event time it is the first millisecond that the watermark has not
    /// passed; on a stream without time, and there for every record, [`Timestamp::MIN`]. At the end of the input it is
    /// [`Timestamp::MAX`]. Flink: `timestamp`.
    #[inline(always)]
    pub fn timestamp(&self) -> Timestamp {
        self.at.time
    }

    /// The watermark: no more records at or before it are to come, but late ones. While timers fire it is the one that
    /// made them fire. Flink: `currentWatermark`.
    #[inline(always)]
    pub fn watermark(&self) -> Timestamp {
        self.at.watermark
    }

    /// The machine's time, to be used in place of a clock. Flink: `currentProcessingTime`.
    #[inline(always)]
    pub fn processing_time(&self) -> Timestamp {
        self.at.processing_time
    }

    /// Random numbers, to be used in place of any others: a run over the same input draws the same.
    #[inline]
    pub fn rng(&mut self) -> &mut Rng {
        self.rng.asked(self.hash, self.at.time.0);
        self.rng
    }
}

impl<'c, K: Key, O> ProcessContext<'c, K, O> {
    /// The key. Flink: `getCurrentKey`.
    #[inline(always)]
    pub fn key(&self) -> View<'c, K> {
        self.part.key
    }

    /// Sets a timer for this key in the time of the stream: event time behind `event_time`, processing time behind
    /// `processing_time`.
    ///
    /// A key has at most one timer for each time: setting it again changes nothing. An event-time timer fires when the
    /// watermark reaches it, one that is set in the past with the next watermark. All that are due fire in the order of
    /// (time, key hash, canonical key bytes). Flink: `registerEventTimeTimer`.
    #[inline]
    pub fn timer_at(&mut self, time: Timestamp) {
        let KeyPart { key, timers, domain, .. } = &mut self.part;
        timers.of(*domain).set(time, self.hash, *key);
    }

    /// The same, `span` after [`timestamp`](ProcessContext::timestamp); in processing time, `span` from now.
    #[inline]
    pub fn timer_after(&mut self, span: Span) {
        let now = match self.part.domain {
            TimeDomain::Event => self.at.time,
            TimeDomain::Processing => self.at.processing_time,
        };
        self.timer_at(now + span);
    }

    /// Cancels this key's timer for a time, if there is one. Flink: `deleteEventTimeTimer`.
    #[inline]
    pub fn cancel(&mut self, time: Timestamp) {
        let KeyPart { key, timers, domain, .. } = &mut self.part;
        timers.of(*domain).cancel(time, self.hash, *key);
    }

    /// Sets a timer in processing time, whatever the time of the stream. It fires once the machine's time is there;
    /// what is still to come when the input ends does not fire. Flink: `registerProcessingTimeTimer`.
    #[inline]
    pub fn processing_timer_at(&mut self, time: Timestamp) {
        let KeyPart { key, timers, .. } = &mut self.part;
        timers.processing.set(time, self.hash, *key);
    }

    /// The same, `span` from now.
    #[inline]
    pub fn processing_timer_after(&mut self, span: Span) {
        self.processing_timer_at(self.at.processing_time + span);
    }

    /// Cancels this key's processing-time timer for a time, if there is one. Flink: `deleteProcessingTimeTimer`.
    #[inline]
    pub fn cancel_processing(&mut self, time: Timestamp) {
        let KeyPart { key, timers, .. } = &mut self.part;
        timers.processing.cancel(time, self.hash, *key);
    }

    /// In `on_timer`: which kind of timer this is; elsewhere the time of the stream. Flink: `timeDomain`.
    #[inline]
    pub fn time_domain(&self) -> TimeDomain {
        self.part.fired
    }

    /// Forgets the key's state when the function returns: the next event of the key begins anew. Timers stay set.
    /// Flink: `clear` of all its states.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.part.cleared = true;
    }
}
