//! Each query as a careful human writes it: one plain loop on one thread, over borrowed events.
//!
//! The engine is measured against these, so they are as fast as plain code gets without changing
//! what is asked: fast hash maps, nothing copied, nothing allocated per event. What an engine must
//! know they know too: the maximum of event time is kept, a watermark follows it at a fixed
//! distance and closes windows, and the end of the input flushes what is open. What they leave out
//! is what one writes an engine for: parallelism, exchanges, state that survives.
//!
//! They rely on one promise of the input: nothing is late.

mod clock;
mod counts;
mod open;
mod q11;
mod q5;
mod q7;
mod q8;
mod stateless;
#[cfg(test)]
mod tests;

pub use clock::{Clock, LAG, PERIOD};

use crate::engine::Run;
use crate::nexmark::Query;

/// A hash map with the fastest hasher for integers.
type Map<K, V> = hashbrown::HashMap<K, V, rustc_hash::FxBuildHasher>;

/// The loop of `query`, in the form of an engine; it has one thread whatever it is told.
///
/// The loop panics if its input was made for a query that reads other records.
pub fn find(query: Query) -> Run {
    match query {
        Query::Q0 => |input, _| stateless::q0(input.events()),
        Query::Q1 => |input, _| stateless::q1(input.events()),
        Query::Q2 => |input, _| stateless::q2(input.events()),
        Query::Kc => |input, _| counts::kc(input.keys()),
        Query::Kcb => |input, _| counts::kcb(input.bids()),
        Query::Q5 => |input, _| q5::run(input.events()),
        Query::Q7 => |input, _| q7::run(input.events()),
        Query::Q8 => |input, _| q8::run(input.events()),
        Query::Q11 => |input, _| q11::run(input.events()),
    }
}
