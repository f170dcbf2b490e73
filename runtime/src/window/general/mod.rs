//! Windows that keep elements, or have a trigger of their own.
//!
//! What [`AggregateWindows`](super::AggregateWindows) and its kin do for windows that time ends, one table per window,
//! does not fit triggers, which decide per key and window. So this operator is organised by key, as Flink's is:
//!
//! ```text
//!   Table<K, Windows of the key> ──▶ slab of (key, window): contents, trigger's state, window's state, timers
//!                                       ▲
//!   timers, in order: (time, key hash, window, number) ──┘
//! ```
//!
//! Where not all of it has room in memory, slots lie in the entries of their keys, which go to a disk: see `parked`.
//!
//! A record goes through three steps, so that emitted code can apply the user's closures between them:
//! 1. [`open`](GeneralWindows::open) finds its windows, merges sessions, and leaves out what is late;
//! 2. the contents of those windows are updated: an element kept, an accumulator added to, a value reduced or folded;
//! 3. [`trigger`](GeneralWindows::trigger) asks the trigger for each of them.
//!
//! If a trigger fires, nothing more may be added before the window's function has run. The operator therefore ends the
//! loop over the input, as a full output would; [`fire`](GeneralWindows::fire), behind that loop, hands out the firing,
//! and the runner brings the rest of the batch with the next turn. So contents are never copied in order to fire.
//!
//! Event-time timers fire when the watermark moves, in the order of (time, key hash, window, canonical key bytes).
//! At the end of the input the clock counts as having passed every processing-time timer; when all timers have fired,
//! what is left (global windows, states of keys) is dropped.

mod add;
mod codec;
mod contents;
mod fire;
mod keyed;
mod parked;
mod process;
mod save;
mod state;
mod timers;

#[cfg(test)]
mod tests;

pub use contents::{Contents, Events, EventsIter};
pub use fire::{Due, GeneralFiring};
pub use process::{Fired, KeptIn, Out, Unmerged, WindowCx, WindowFunction};
pub(super) use timers::TimersOf;

use std::collections::VecDeque;

use keyed::{KeyWindows, Slot, Slots};
use timers::Timers;

use super::assigner::Assigner;
use super::evictor::Evictor;
use super::trigger::{ByTime, Trigger};
use super::{DynamicSession, Session, Sliding, SlidingCount, Tumbling, TumblingCount};
use crate::record::{Key, Record};
use crate::state::{Spilled, Tiered};
use crate::task::Failure;
use crate::time::{Timestamp, Window};

/// Windows with the trigger and the evictor that they have by themselves.
pub trait Triggered: Assigner {
    /// False for windows that time does not end: nothing is late for them, and their results carry [`Timestamp::MAX`].
    const ENDS: bool = true;
    /// What fires them.
    type Trigger: Clone + Send + Sync + 'static;
    /// What fires them.
    fn trigger(&self) -> Self::Trigger;
    /// What leaves them when they fire.
    fn evictor(&self) -> Option<Evictor> {
        None
    }
    /// The last point in time of a window: the event time of its results.
    fn last(&self, window: Window) -> Timestamp {
        if Self::ENDS { window.last() } else { Timestamp::MAX }
    }
}

/// Windows that have a trigger of their own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` never fires by itself",
    label = "when does it fire?",
    note = "to fix: write `.trigger(trigger::count(100))`, or `.trigger(trigger::end_of_stream())`"
)]
pub trait FiresByItself: Triggered {}

impl FiresByItself for TumblingCount {}
impl FiresByItself for SlidingCount {}

macro_rules! by_time {
    ($($name:ty)*) => {$(
        impl Triggered for $name {
            type Trigger = ByTime;
            fn trigger(&self) -> ByTime {
                ByTime
            }
        }
        impl FiresByItself for $name {}
    )*};
}
by_time! { Tumbling Sliding Session DynamicSession }

/// What there is of a key.
type OfKey<K, C, R, P, W> = KeyWindows<P, Slot<K, C, R, W>>;
type Keys<K, C, R, P, W> = Tiered<K, OfKey<K, C, R, P, W>>;
type OnDisk<K, C, R, P, W> = Spilled<K, OfKey<K, C, R, P, W>>;

/// Windows per key, with contents `C`, fired by `R`; `P` is kept per key and `W` per key and window for a
/// [`WindowFunction`].
pub struct GeneralWindows<K: Key, T: Record, S, C: Contents, R: Trigger<T>, P = (), W = ()> {
    spec: S,
    trigger: R,
    evictor: Option<Evictor>,
    with: C::With,
    /// Whether the function wants to know when windows go away.
    clears: bool,
    keys: Option<Keys<K, C, R::State, P, W>>,
    /// What they are made with if there is a disk.
    spilled: Option<OnDisk<K, C, R::State, P, W>>,
    slots: Slots<Slot<K, C, R::State, W>>,
    /// If there is a disk, the key whose slots are out of its entry, and its hash.
    out: Option<(u64, K)>,
    timers: Timers,
    /// The windows of the record at hand.
    open: Vec<u32>,
    /// Its time.
    at: Timestamp,
    /// Firings that an element caused, oldest first: number, and whether the contents go.
    pending: VecDeque<(u32, bool)>,
    /// The firing that was handed out last.
    current: Option<fire::Current>,
    /// How far event-time timers have fired.
    advanced: Timestamp,
    /// The greatest processing time so far: clocks may go back, timers must not fire twice.
    clock: Timestamp,
    /// How many elements were added so far.
    arrivals: u64,
    /// How many elements there are in all windows.
    kept: usize,
    late: u64,
    element: std::marker::PhantomData<fn() -> T>,
}

/// What windows of elements of type `T` are made of: assigner, trigger, evictor.
#[derive(Debug)]
pub struct WindowPlan<S, R, T> {
    spec: S,
    trigger: R,
    evictor: Option<Evictor>,
    element: std::marker::PhantomData<fn() -> T>,
}

impl<S: Clone, R: Clone, T> Clone for WindowPlan<S, R, T> {
    fn clone(&self) -> Self {
        let (spec, trigger) = (self.spec.clone(), self.trigger.clone());
        WindowPlan { spec, trigger, evictor: self.evictor, element: self.element }
    }
}

impl<S: Triggered, R: Trigger<T>, T: Record> WindowPlan<S, R, T> {
    /// Windows with a trigger, and an evictor where there is one.
    ///
    /// # Errors
    /// If the trigger does not fit the windows, or something was given values that cannot be.
    pub fn new(spec: S, trigger: R, evictor: Option<Evictor>) -> Result<Self, Failure> {
        if let Some(mistake) = trigger.mistake() {
            return Err(Failure::new(mistake));
        }
        if S::MERGES && !R::MERGES {
            return Err(Failure::new(
                "this trigger cannot be used on sessions: it does not say what becomes of its state when sessions merge\n\
                 help: implement `on_merge` and set `MERGES` to true",
            ));
        }
        let evictor = evictor.or_else(|| spec.evictor());
        match evictor.and_then(|evictor| evictor.mistake()) {
            Some(mistake) => Err(Failure::new(mistake)),
            None => Ok(WindowPlan { spec, trigger, evictor, element: std::marker::PhantomData }),
        }
    }
}
