//! Functions over the elements of a window.

use super::contents::{Elements, Events};
use super::fire::{Due, GeneralFiring};
use super::keyed::KeyWindows;
use super::{GeneralWindows, Triggered, WindowPlan};
use crate::process::side::{Side, Sides};
use crate::record::{Emit, Key, Record, View};
use crate::state::Tiered;
use crate::task::Scratch;
use crate::time::{Timestamp, Window};
use crate::window::store::table_of;
use crate::window::trigger::Trigger;
use crate::window::{
    DynamicSession, GlobalWindow, Session, Sliding, SlidingCount, Tumbling, TumblingCount,
};

/// What `.apply(|w, events, out| ..)` is told of the window that fires. A `Copy` handle.
pub struct Fired<'w, K: Record> {
    key: View<'w, K>,
    window: Window,
    watermark: Timestamp,
}

impl<K: Record> Clone for Fired<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K: Record> Copy for Fired<'_, K> {}

impl<'w, K: Record> Fired<'w, K> {
    pub(crate) fn new(key: View<'w, K>, window: Window, watermark: Timestamp) -> Self {
        Fired { key, window, watermark }
    }

    /// The view of the key; `()` for `window_all`.
    pub fn key(self) -> View<'w, K> {
        self.key
    }

    /// The window. A global or count window is all of time.
    pub fn window(self) -> Window {
        self.window
    }

    /// The watermark: no more elements up to this time are expected.
    pub fn watermark(self) -> Timestamp {
        self.watermark
    }
}

/// Where a window's function writes its results. Flink: `Collector`.
pub struct Out<'o, O: Record> {
    scratch: &'o mut Scratch<O>,
    time: Timestamp,
}

impl<'o, O: Record> Out<'o, O> {
    /// Writes there, results of this event time.
    pub fn new(scratch: &'o mut Scratch<O>, time: Timestamp) -> Out<'o, O> {
        Out { scratch, time }
    }

    /// Emits a result: a record, a view, whatever is a form of `O`. It is encoded at once, so it may borrow from elements
    /// and state. Its event time is the window's last millisecond.
    pub fn emit(&mut self, result: impl Emit<Record = O>) {
        self.scratch.push(self.time, result);
    }
}

/// A function over the elements of a window, with state: users implement it for `.process(value)`. Flink:
/// `ProcessWindowFunction`.
///
/// The value is made once per task, where `.process(..)` stands: its fields are settings, and
/// [sides](crate::process::Side). What it keeps beyond a call belongs into [`key_state`](WindowCx::key_state) or
/// [`window_state`](WindowCx::window_state), where a snapshot finds it.
///
/// ```
/// # use thalweg::prelude::*;
/// use thalweg::window::{Events, Out, WindowCx, WindowFunction};
///
/// /// Reports sessions that are longer than all before them, and those of robots apart.
/// struct Longest {
///     robots: Side<String>,
/// }
///
/// impl WindowFunction for Longest {
///     type Key = String;
///     type In = (String, u64);
///     type Out = (String, u64);
///     type KeyState = u64;
///     type WindowState = ();
///
///     fn process(
///         &self,
///         w: &mut WindowCx<'_, Self>,
///         events: Events<'_, (String, u64)>,
///         out: &mut Out<'_, (String, u64)>,
///     ) {
///         let n = events.len() as u64;
///         if n > 10_000 {
///             w.emit_to(self.robots, w.key());
///         } else if n > *w.key_state() {
///             *w.key_state() = n;
///             out.emit((w.key(), n));
///         }
///     }
/// }
/// # #[pipeline]
/// # fn example() {
/// # let clicks = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
/// let robots = side();
/// clicks.key_by(|(user, _)| user).window(tumbling(mins(30))).process(Longest { robots }).sink(print());
/// robots.sink(print());
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a window function",
    label = "does not say what to do when a window fires",
    note = "to fix: implement `WindowFunction` for it, or write `.apply(|w, events, out| ..)`"
)]
pub trait WindowFunction {
    /// The key; `()` for `window_all`.
    type Key: Key;
    /// The elements.
    type In: Record;
    /// The results.
    type Out: Record;
    /// What is kept per key, across windows; `()` for nothing.
    type KeyState: Record + Default;
    /// What is kept per key and window, across its firings; `()` for nothing, and on sessions.
    type WindowState: Record + Default;

    /// The window fires. `events` are its elements in order of arrival; an evictor may have taken all of them.
    fn process(
        &self,
        w: &mut WindowCx<'_, Self>,
        events: Events<'_, Self::In>,
        out: &mut Out<'_, Self::Out>,
    );

    /// The window goes away: its end and the allowed lateness have passed. Its state is dropped afterwards. Windows that
    /// time does not end never do.
    fn clear(&self, w: &mut WindowCx<'_, Self>) {
        let _ = w;
    }
}

/// What a [`WindowFunction`] is told of the window that fires, and what it keeps.
pub struct WindowCx<'w, F: WindowFunction + ?Sized> {
    fired: Fired<'w, F::Key>,
    timestamp: Timestamp,
    key_state: &'w mut Option<F::KeyState>,
    window_state: &'w mut Option<F::WindowState>,
    sides: &'w mut Sides,
}

impl<'w, F: WindowFunction + ?Sized> WindowCx<'w, F> {
    /// The view of the key; `()` for `window_all`.
    pub fn key(&self) -> View<'w, F::Key> {
        self.fired.key
    }

    /// The window. A global or count window is all of time.
    pub fn window(&self) -> Window {
        self.fired.window
    }

    /// The event time of the results: the window's last millisecond.
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The watermark: no more elements up to this time are expected.
    pub fn watermark(&self) -> Timestamp {
        self.fired.watermark
    }

    /// What is kept of the key, across windows (`globalState` in Flink); made by `default` when it is first asked for,
    /// kept until [`forget_key`](WindowCx::forget_key).
    pub fn key_state(&mut self) -> &mut F::KeyState {
        self.key_state.get_or_insert_with(Default::default)
    }

    /// Forgets what is kept of the key.
    pub fn forget_key(&mut self) {
        *self.key_state = None;
    }

    /// What is kept of the key in this window (`windowState` in Flink); made by `default` when it is first asked for,
    /// dropped with the window.
    pub fn window_state(&mut self) -> &mut F::WindowState {
        self.window_state.get_or_insert_with(Default::default)
    }

    /// Emits to a side, with the event time of the results (`ctx.output` in Flink).
    pub fn emit_to<T: Record>(&mut self, side: Side<T>, item: impl Emit<Record = T>) {
        self.sides.push(side, self.timestamp, item);
    }
}

/// What may be kept per window: nothing on sessions, whose windows merge.
pub trait KeptIn<S> {}

/// Windows that never merge.
#[diagnostic::on_unimplemented(
    message = "no state can be kept per window of `{Self}`",
    label = "session windows merge, their states cannot",
    note = "to fix: write `type WindowState = ();` and keep it per key: `w.key_state()`"
)]
pub trait Unmerged {}

impl<W: Record, S: Unmerged> KeptIn<S> for W {}
impl KeptIn<Session> for () {}
impl KeptIn<DynamicSession> for () {}

impl Unmerged for Tumbling {}
impl Unmerged for Sliding {}
impl Unmerged for GlobalWindow {}
impl Unmerged for TumblingCount {}
impl Unmerged for SlidingCount {}

impl<K, T, S, R> GeneralFiring<'_, K, T, S, Elements<T>, R, (), ()>
where
    K: Key,
    T: Record,
    S: Triggered,
    R: Trigger<T>,
{
    /// What a closure is told of it.
    pub fn fired(&self) -> Fired<'_, K> {
        let (key, window) = (self.key(), self.window());
        Fired { key, window, watermark: self.current.watermark }
    }
}

impl<K, T, S, R, P, W> GeneralFiring<'_, K, T, S, Elements<T>, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    R: Trigger<T>,
    P: Record + Default,
    W: Record + Default,
{
    /// Calls the window's function.
    pub fn process<F>(&mut self, function: &F, results: &mut Scratch<F::Out>, sides: &mut Sides)
    where
        F: WindowFunction<Key = K, In = T, KeyState = P, WindowState = W>,
    {
        let (timestamp, current) = (self.time(), self.current);
        let windows = &mut *self.windows;
        let slot = windows.slots.get_mut(current.number);
        let slot = slot.expect("the window that fires is live");
        let keys = table_of(&mut windows.keys, || Tiered::new(windows.spilled.as_ref()));
        let known = keys.entry_or(slot.hash, slot.key.as_view(), KeyWindows::default);
        let (key, window, watermark) = (slot.key.as_view(), slot.window, current.watermark);
        let fired = Fired { key, window, watermark };
        let (key_state, window_state) = (&mut known.state, &mut slot.state);
        let mut cx = WindowCx { fired, timestamp, key_state, window_state, sides };
        match current.due {
            Due::Fire => {
                let mut out = Out::new(results, timestamp);
                function.process(&mut cx, slot.contents.events(), &mut out);
            }
            Due::Clear => function.clear(&mut cx),
        }
    }
}

impl<K, T, S, R, P, W> GeneralWindows<K, T, S, Elements<T>, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    R: Trigger<T>,
{
    /// Windows with a [`WindowFunction`].
    pub fn of_process<F>(plan: WindowPlan<S, R, T>, _: &F) -> Self
    where
        F: WindowFunction<Key = K, In = T, KeyState = P, WindowState = W>,
        W: KeptIn<S>,
    {
        let mut windows = GeneralWindows::made(plan, ());
        windows.clears = true;
        windows
    }
}
