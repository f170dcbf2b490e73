//! The rest of Nexmark: each query as a pipeline, and by plain code over the sorted events.
//!
//! Nexmark (Tucker, Tufte, Papadimos, Maier, "NEXMark – A Benchmark for Queries over Data Streams") has its queries in
//! SQL; these say the same with operators. The events are those of [`nexmark`](crate::nexmark), which have states,
//! channels and categories of their own, so that some constants differ. Queries whose answer would depend on the order
//! of arrival are asked per day or per lifetime of an auction instead.
//!
//! | query | what | here |
//! |---|---|---|
//! | q0 q1 q2 q5 q7 q8 q11 | | [`engine`](crate::engine) |
//! | q3 | who sells what in some states | [`auctions`] |
//! | q4 | mean winning price per category | [`auctions`] |
//! | q6 | mean of a seller's last ten prices | [`auctions`] |
//! | q9 | winning bids | [`auctions`] |
//! | q10 | bids into files | [`stateless`] |
//! | q12 | bids per bidder in processing time | [`statistics`] |
//! | q13 | bids beside a table | [`stateless`] |
//! | q14 | a calculation | [`stateless`] |
//! | q15 q16 q17 | statistics per day, channel, auction | [`statistics`] |
//! | q18 | the last bid of each bidder on each auction | [`statistics`] |
//! | q19 | each auction's ten best bids | [`statistics`] |
//! | q20 | bids with their auction | [`auctions`] |
//! | q21 q22 | texts taken apart | [`stateless`] |

pub mod auctions;
pub mod stateless;
pub mod statistics;
#[cfg(test)]
mod tests;

use std::sync::{LazyLock, Mutex, PoisonError};

use thalweg::connector::{Collected, Replay, replay};
use thalweg::job::{Definition, Job};

use crate::nexmark::{Bid, BidRef, Event, EventRef};

/// A query: its name, its pipeline, and its rows by plain code.
pub struct Entry {
    /// As in Nexmark.
    pub name: &'static str,
    /// What answers it.
    pub pipeline: fn() -> Definition,
    /// Its rows, in any order.
    pub expected: fn(&[Event]) -> Vec<String>,
}

/// Every query of this module but q12, whose rows depend on the machine's clock.
pub fn entries() -> Vec<Entry> {
    [stateless::entries(), statistics::entries(), auctions::entries()]
        .into_iter()
        .flatten()
        .collect()
}

static INPUT: Mutex<&'static [Event]> = Mutex::new(&[]);
static ROWS: LazyLock<Collected<String>> = LazyLock::new(Collected::default);
static RUNNING: Mutex<()> = Mutex::new(());

/// The events of the run under way.
fn events() -> Replay<Event> {
    replay(*INPUT.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The bid of an event.
fn bid(event: EventRef<'_>) -> Option<BidRef<'_>> {
    match event {
        EventRef::Bid(bid) => Some(bid),
        _ => None,
    }
}

/// The bids among some events.
fn bids(events: &[Event]) -> impl Iterator<Item = &Bid> {
    events.iter().filter_map(|event| match event {
        Event::Bid(bid) => Some(bid),
        _ => None,
    })
}

/// The rows of a pipeline, sorted.
///
/// # Errors
/// If the job fails, why.
pub fn rows(
    pipeline: fn() -> Definition,
    events: &'static [Event],
    parallelism: usize,
) -> Result<Vec<String>, String> {
    let _alone = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    *INPUT.lock().unwrap_or_else(PoisonError::into_inner) = events;
    let run = Job::new(pipeline).parallelism(parallelism).run();
    run.map_err(|error| error.to_string())?;
    let mut rows = ROWS.take();
    rows.sort_unstable();
    Ok(rows)
}
