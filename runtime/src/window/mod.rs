//! Windows: keyed values by interval of time, fired when time has passed.
//!
//! A window is `[start, end)`. Each live window has a table of its own, its *pane*; records find theirs through the one
//! used last, or else a map ordered by start. There is one timer per window, not per key and window: the map's first key.
//! A window fires as soon as no more of its records will come, in the order of (window end, key hash, canonical key
//! bytes), and its pane gives its memory back as it drains.
//!
//! ```text
//!   records ──▶ pane of the last record's window?  ──▶ Table<K, V>  ── watermark >= end - 1 ──▶ firings, resumable
//!               else BTreeMap<start, pane>                               (cursor in the table)
//! ```
//!
//! | type | value per key and window |
//! |---|---|
//! | [`AggregateWindows`] | an aggregate's accumulator |
//! | [`Partials`] | the same, on the near side of an exchange, never kept for long |
//! | [`ReduceWindows`], [`FoldWindows`] | a record |
//!
//! Emitted code does not know which windows they are of; how values are kept follows from that ([`Accumulates`]):
//!
//! | windows | are kept |
//! |---|---|
//! | tumbling | in a table per window, as above (`live`) |
//! | sliding, with aggregates that have parts | in one table, by key a ring of panes, put together when a window fires (`rings`) |
//! | sliding, with other aggregates, reductions, folds | in a table per window |
//! | sessions | in one table, by key the sessions, each with a timer that is moved only when it comes (`session_windows`) |
//!
//! Where state may be larger than memory, a table per window and that of sessions go to a disk as far as there is no room
//! for them. Rings give way to a table per pane, which does as well (`slide_tables`); of general windows all that a key has
//! goes together (`general/parked.rs`).
//!
//! Which windows there are is an [`Assigner`]'s business: [`Tumbling`], [`Sliding`], [`Session`], [`DynamicSession`].
//! Windows with a [trigger] or an [evictor] of their own, those that keep elements, and those that time does not end are
//! [`GeneralWindows`].

mod aggregate;
mod assigner;
mod clock;
mod counted;
pub mod evictor;
mod firing;
mod fold;
mod gathered;
mod gathering;
mod general;
mod invalid;
mod live;
mod panes;
mod partials;
mod progress;
mod reduce;
mod ring;
mod rings;
mod session;
mod session_windows;
mod sessions;
mod slide_panes;
mod slide_tables;
mod slides;
mod sliding;
mod store;
#[cfg(test)]
mod tests;
mod timers;
mod together;
pub mod trigger;
mod tumbling;

pub use aggregate::AggregateWindows;
pub use assigner::{
    Assigner, At, Dynamic, Ends, Fixed, Time, WithGap, checked, checked_divided, checked_dynamic,
    checked_ending,
};
pub(crate) use clock::Clock;
pub use counted::{
    GlobalWindow, NoTrigger, SlidingCount, TumblingCount, global_window, sliding_count,
    tumbling_count,
};
pub use firing::Firing;
pub use fold::{Divides, FoldWindows};
pub use general::{
    Contents, Due, Events, EventsIter, Fired, FiresByItself, GeneralFiring, GeneralWindows, KeptIn,
    Out, Triggered, Unmerged, WindowCx, WindowFunction, WindowPlan,
};
pub use invalid::InvalidWindow;
pub use live::LiveWindows;
pub use partials::Partials;
pub use reduce::ReduceWindows;
pub use session::{DynamicSession, Session, dynamic_session, session};
pub use session_windows::SessionWindows;
pub use slide_panes::SlidePanes;
pub use slides::SlidingWindows;
pub use sliding::{Slides, Sliding, sliding};
pub use store::{Accumulated, Accumulates, Added, Aggregated, Store, Update};
pub use tumbling::{Tumbling, tumbling};
