//! Checkpoints of a job in one process.
//!
//! ```text
//!   tasks ── blocks, snapshots ──▶ the checkpoints' thread: driver ── step ──▶ coordinator, which decides
//!     ▲                                │      │         │
//!     └── wanted, given up, finished ──┘      ▼         ▼
//!                                           store    committers of the sinks
//! ```
//!
//! A [`Leader`] has the store and the truth between attempts; each attempt has a [`Driver`] on a thread of its own. It
//! does all that may take long: writing state, flushing and committing sinks.

mod by_hand;
mod choose;
mod driver;
mod fit;
mod gather;
mod leader;
mod list;
mod named;
mod outline;
mod requests;
mod restore;
mod savepoint;
mod surroundings;

pub(super) use by_hand::ByHand;
pub(super) use driver::{Drive, Driver, Driving};
pub(crate) use fit::{Fate, Fit, PartKind};
pub(super) use leader::{Begin, Leader};
#[cfg(test)]
pub(crate) use list::{Contents, ListedCheckpoint};
pub(crate) use list::{ListedCheckpoints, list_checkpoints};
pub(crate) use named::Named;
pub(super) use outline::Outline;
pub(super) use requests::Requests;
pub(crate) use requests::{Answer, Request, Wish, ask};
pub(super) use surroundings::{Machine, Surroundings};
