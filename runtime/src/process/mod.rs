//! Process functions: code of one's own for every event, with state and timers per key.
//!
//! ```text
//!   events ──▶ on_event ──┐  state ◀──▶ table       emit ──▶ scratch ──▶ one fused loop
//!   timers ──▶ on_timer ──┤  timers ◀──▶ tree
//!   end    ──▶ on_end   ──┘                      emit_to ──▶ a scratch for each side
//! ```
//!
//! What is emitted is encoded at once, so that it may borrow from the state; the operators behind are one loop over
//! the scratch. A turn stops early when much was emitted, so that the scratch stays small.

mod broadcast;
mod context;
mod function;
mod keyed;
mod rng;
pub(crate) mod side;
#[cfg(test)]
mod tests;
mod timers;
mod unkeyed;

pub use broadcast::{BroadcastContext, BroadcastProcess, OnBroadcastContext};
pub use context::{ContextKey, KeyPart, ProcessContext, Unkeyed};
pub use function::{NoState, ProcessFunction, StateFor, state_of};
pub use keyed::{Due, Process};
pub use rng::Rng;
pub use side::{Side, Sides};
pub use timers::TimeDomain;
pub use unkeyed::{End, UnkeyedProcess};
