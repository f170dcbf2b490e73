//! Process functions as types.

use super::context::{ContextKey, ProcessContext};
use crate::record::{Record, View};
use crate::time::Timestamp;

/// A process function of one's own: what `.process(value)` takes besides closures.
///
/// Settings are fields, sides are fields of type [`Side`](super::Side). The value is made once per task, where `.process(..)`
/// stands. On a stream without a key, `Key` is [`Unkeyed`](super::Unkeyed) and `State` is `()`. Flink:
/// `KeyedProcessFunction`, `ProcessFunction`.
///
/// ```
/// use thalweg::prelude::*;
/// use thalweg::record::View;
///
/// /// Says when a sensor has been silent for a while.
/// struct Silence {
///     after: Span,
///     odd: Side<f64>,
/// }
///
/// #[record]
/// #[derive(Default)]
/// struct Seen {
///     last: Timestamp,
/// }
///
/// impl ProcessFunction for Silence {
///     type Key = u32;
///     type State = Seen;
///     type In = (u32, f64);
///     type Out = (u32, Timestamp);
///
///     fn on_event(&self, seen: &mut Seen, (_, celsius): (u32, f64), cx: &mut ProcessContext<'_, u32, Self::Out>) {
///         if celsius < -60.0 {
///             cx.emit_to(self.odd, celsius);
///         }
///         cx.cancel(seen.last + self.after);
///         seen.last = cx.timestamp();
///         cx.timer_after(self.after);
///     }
///
///     fn on_timer(&self, seen: &mut Seen, _: Timestamp, cx: &mut ProcessContext<'_, u32, Self::Out>) {
///         cx.emit((cx.key(), seen.last));
///         cx.clear();
///     }
/// }
///
/// #[pipeline]
/// fn silent(minutes: i64) {
///     let odd = side();
///     source(collection(Vec::<(u32, f64)>::new()))
///         .event_time(|_| Timestamp(0))
///         .watermarks(monotonic())
///         .key_by(|(sensor, _)| sensor)
///         .process(Silence { after: mins(minutes), odd })
///         .sink(print());
///     odd.sink(print());
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a process function",
    label = "neither the constructor of a state nor a `ProcessFunction`",
    note = "to fix: write `.process(State::default).on_event(|state, e, cx| ..)`, or implement `ProcessFunction`"
)]
pub trait ProcessFunction {
    /// The key of the stream; [`Unkeyed`](super::Unkeyed) if it has none.
    type Key: ContextKey;
    /// What is kept for each key, made by `default` at the key's first event.
    type State: Record + Default;
    /// What comes in.
    type In: Record;
    /// What it emits.
    type Out: Record;

    /// Takes an event.
    fn on_event(
        &self,
        state: &mut Self::State,
        event: View<'_, Self::In>,
        cx: &mut ProcessContext<'_, Self::Key, Self::Out>,
    );

    /// A timer of the key fires. Nothing, unless it is implemented.
    fn on_timer(
        &self,
        state: &mut Self::State,
        at: Timestamp,
        cx: &mut ProcessContext<'_, Self::Key, Self::Out>,
    ) {
        let _ = (state, at, cx);
    }

    /// The input has ended: called for each key that has state, behind all timers. Nothing, unless it is implemented.
    fn on_end(&self, state: &mut Self::State, cx: &mut ProcessContext<'_, Self::Key, Self::Out>) {
        let _ = (state, cx);
    }
}

/// The constructor of a function's state.
pub fn state_of<P: ProcessFunction>(_: &P) -> fn() -> P::State {
    P::State::default
}

/// What may be kept for a key of type `K`: any record; without a key, nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is state, and state needs a key",
    label = "kept for which key?",
    note = "to fix: put `.key_by(|x| ..)` before `process`; without a key write `.process(|| ())`"
)]
pub trait StateFor<K> {}

/// What a process function without a key keeps.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is state, and state needs a key",
    label = "kept for which key?",
    note = "to fix: put `.key_by(|x| ..)` before `process`; without a key write `.process(|| ())`"
)]
pub trait NoState {}

impl NoState for () {}

impl<K: crate::record::Key, S: Record> StateFor<K> for S {}
impl StateFor<super::Unkeyed> for () {}
