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
//! | [`TumblingWindows`] | an aggregate's accumulator |
//! | [`TumblingPartials`] | the same, on the near side of an exchange, never kept for long |
//! | [`TumblingReduce`], [`TumblingFold`] | a record |
//!
//! Which windows there are is an [`Assigner`]'s business: [`Tumbling`], [`Sliding`], [`Session`], [`DynamicSession`].

mod aggregated;
mod assigner;
mod counted;
pub mod evictor;
mod fold;
mod general;
mod invalid;
mod live;
mod panes;
mod partials;
mod reduce;
mod session;
mod sliding;
#[cfg(test)]
mod tests;
pub mod trigger;
mod tumbling;

pub use aggregated::TumblingWindows;
pub use assigner::{Assigner, At, Dynamic, Fixed, Time, WithGap, checked, checked_dynamic};
pub use counted::{
    GlobalWindow, NoTrigger, SlidingCount, TumblingCount, global_window, sliding_count,
    tumbling_count,
};
pub use fold::TumblingFold;
pub use general::{
    Accumulated, Contents, Due, Elements, Events, EventsIter, Fired, Folded, GeneralFiring,
    GeneralWindows, KeptIn, Out, ReduceStep, Reduced, Triggered, Unmerged, WindowCx,
    WindowFunction, WindowPlan,
};
pub use invalid::InvalidWindow;
pub use live::Firing;
pub use partials::TumblingPartials;
pub use reduce::{ReduceSlot, TumblingReduce};
pub use session::{DynamicSession, Session, dynamic_session, session};
pub use sliding::{Slides, Sliding, sliding};
pub use tumbling::{Tumbling, tumbling};
