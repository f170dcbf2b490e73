//! The operators of a pipeline: the reference manual, as Rust types.
//!
//! The body of a pipeline is ordinary Rust over the types of this module: [`source`] gives a [`Stream`], a method is
//! an operator, a closure is a user function, [`Stream::sink`] ends it. `#[pipeline]` compiles that text into fused
//! loops; rust-analyzer sees the text itself and checks it against this module, which is why completion, hover and
//! go-to-definition work inside a pipeline. Nothing here ever runs: a function that was meant to be a pipeline and is
//! called as a plain function panics and says so.
//!
//! ```text
//!   source ──▶ Stream ──key_by──▶ Keyed ──window──▶ Windows ──aggregate──▶ Stream ──sink──▶ .
//!                │ ▲                 │                 ▲ │                     ▲
//!          try_… ▼ │ errors_to       └── running aggregates ───────────────────┘
//!             Fallible ─────▶ Side      window_all ────┘ └─ late_to ─▶ Side, which is a stream again
//! ```
//!
//! # What closures see
//! A closure receives its record's *view*, by value: `BidRef<'_>` for a `Bid`, `&str` for a `String`, a number for a
//! number, a tuple of views for a tuple. It returns anything that [`Emit`](crate::record::Emit)s: a record, a view, a
//! `…With`, a number, a string, an `Option`, a `Vec`, a tuple of those. In this module views are `View<'static, T>`,
//! because nothing is ever borrowed here; in the compiled pipeline they borrow from the batch.
//!
//! # Order
//! Within one task an operator keeps the order of its input unless it says otherwise. An exchange (`key_by`,
//! `rebalance`, ..) keeps the order between one producing task and one consuming task, hence within a key that comes
//! from one task; between keys there is none.
//!
//! # Units
//! Durations are [`Span`](crate::time::Span)s and points in time [`Timestamp`](crate::time::Timestamp)s: signed
//! milliseconds both.

mod agg;
pub mod annotation;
mod asynchronous;
mod base;
mod connect;
mod exchanges;
mod fallible;
mod general;
mod joins;
mod keyed;
mod modifiers;
mod owned;
mod process;
mod resource;
mod running;
mod side;
mod sink;
mod source;
mod stateless;
mod time;
mod windowed;
mod windows;

pub use crate::operator::{
    Changed, ChangedRef, ChangedWith, Failed, FailedRef, FailedWith, Windowed, WindowedRef,
    WindowedWith,
};
pub use agg::{Agg, Mean, Sum};
pub use asynchronous::Answers;
pub use base::{IntoStream, Stream};
pub use connect::{
    Broadcast, BroadcastProcess, Connected, ConnectedProcess, Connects, WithBroadcast,
};
pub use fallible::Fallible;
pub use joins::{CoGroup, CoGroupOn, CoGroupWindows, Join, JoinOn, Joined, JoinedByWindow};
pub use keyed::Keyed;
pub use owned::Owned;
pub use process::{Closures, Process, Processes, Value};
pub use resource::{async_resource, resource};
pub use side::{Side, side};
pub use source::source;
pub use time::{EventTime, Timed};
pub use windows::{Assigner, Windows};
