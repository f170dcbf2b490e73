//! The benchmark's input: Nexmark-like events, deterministic and with random access.
//!
//! Event `i` depends on the seed and on `i` alone, so any task can make any event, and the answer of
//! any engine can be checked by a [`Checksum`] computed somewhere else. All arithmetic on `u64` wraps.
//!
//! ```text
//! i ──▶ lap = i / 1 000 000, j = i mod 1 000 000 ──▶ j mod 50:  0 person · 1–3 auctions · 4–49 bids
//! ```
//!
//! Ten thousand events make a second of event time, and each is up to one second out of order.
//! Ids grow from lap to lap; everything else repeats.
//!
//! [`Input`] holds a query's whole input in memory, strings included, before any clock starts.

mod checksum;
mod event;
mod generate;
mod input;
mod random;

pub use checksum::{Checksum, h};
pub use event::{Auction, AuctionRef, Bid, BidRef, Event, EventRef, EventTime, Person, PersonRef};
pub use generate::{BASE, Generator, LAP};
pub use input::{Input, Query, UnknownQuery};
pub use random::mix;
