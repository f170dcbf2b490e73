//! The queries by name, and each one's input, wholly in memory.

use std::fmt;
use std::str::FromStr;

use super::event::{Bid, Event};
use super::generate::Generator;

/// A query of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Query {
    /// Passes every event.
    Q0,
    /// Bids, with their price in another currency: `price · 0.908`, rounded down.
    Q1,
    /// Auction and price of the bids whose auction is divisible by 123.
    Q2,
    /// Running count per key, 100 000 keys.
    Kc,
    /// The same, on whole bids.
    Kcb,
    /// The auction with most bids, sliding windows of 10 s every 2 s; ties to the smaller auction.
    Q5,
    /// The highest bid, tumbling windows of 10 s; ties to smaller auction, bidder, time.
    Q7,
    /// Persons joined with the auctions they sell, tumbling windows of 10 s.
    Q8,
    /// Bids per bidder and session, gap 10 s; sessions that touch are one.
    Q11,
}

impl Query {
    /// Every query, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Q0,
        Self::Q1,
        Self::Q2,
        Self::Kc,
        Self::Kcb,
        Self::Q5,
        Self::Q7,
        Self::Q8,
        Self::Q11,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Q0 => "q0",
            Self::Q1 => "q1",
            Self::Q2 => "q2",
            Self::Kc => "kc",
            Self::Kcb => "kcb",
            Self::Q5 => "q5",
            Self::Q7 => "q7",
            Self::Q8 => "q8",
            Self::Q11 => "q11",
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no query has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownQuery(pub String);

impl fmt::Display for UnknownQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = Query::ALL.iter().map(|query| query.name()).collect();
        write!(f, "no query `{}`; there are {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownQuery {}

impl FromStr for Query {
    type Err = UnknownQuery;

    fn from_str(name: &str) -> Result<Self, UnknownQuery> {
        let known = Self::ALL.into_iter().find(|query| query.name() == name);
        known.ok_or_else(|| UnknownQuery(name.to_owned()))
    }
}

/// A query's input, made before the clock starts.
///
/// The memory is leaked on purpose: sources may borrow it for as long as they like, and dropping
/// millions of strings would only lengthen the end of a process that is done.
#[derive(Clone, Copy)]
pub enum Input {
    /// The event stream.
    Events(&'static [Event]),
    /// One key per record.
    Keys(&'static [u64]),
    /// Whole bids whose auction is the key.
    Bids(&'static [Bid]),
}

impl Input {
    /// Makes the first `count` records that `query` reads.
    pub fn materialise(query: Query, seed: u64, count: u64) -> Self {
        let generator = Generator::new(seed);
        match query {
            Query::Kc => Self::Keys(collect(count, |i| generator.key(i))),
            Query::Kcb => Self::Bids(collect(count, |i| generator.keyed_bid(i))),
            _ => Self::Events(collect(count, |i| generator.event(i))),
        }
    }

    /// Number of records.
    pub const fn len(&self) -> usize {
        match self {
            Self::Events(events) => events.len(),
            Self::Keys(keys) => keys.len(),
            Self::Bids(bids) => bids.len(),
        }
    }

    /// Whether there is nothing to read.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The event stream.
    ///
    /// # Panics
    ///
    /// If the input was made for a query that reads other records; so do [`keys`](Self::keys) and
    /// [`bids`](Self::bids).
    pub fn events(self) -> &'static [Event] {
        match self {
            Self::Events(events) => events,
            other => panic!("a query over events was given {other:?}"),
        }
    }

    /// The bare keys.
    pub fn keys(self) -> &'static [u64] {
        match self {
            Self::Keys(keys) => keys,
            other => panic!("a query over keys was given {other:?}"),
        }
    }

    /// The keyed bids.
    pub fn bids(self) -> &'static [Bid] {
        match self {
            Self::Bids(bids) => bids,
            other => panic!("a query over keyed bids was given {other:?}"),
        }
    }

    /// Whether both queries read the same records.
    pub const fn is_shared_by(a: Query, b: Query) -> bool {
        const fn kind(query: Query) -> u8 {
            match query {
                Query::Kc => 1,
                Query::Kcb => 2,
                _ => 0,
            }
        }
        kind(a) == kind(b)
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Events(_) => "events",
            Self::Keys(_) => "keys",
            Self::Bids(_) => "keyed bids",
        };
        write!(f, "{} {kind}", self.len())
    }
}

fn collect<T>(count: u64, make: impl Fn(u64) -> T) -> &'static [T] {
    (0..count).map(make).collect::<Vec<_>>().leak()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for query in Query::ALL {
            assert_eq!(query.name().parse(), Ok(query));
        }
        let error = "q3".parse::<Query>().unwrap_err().to_string();
        assert_eq!(error, "no query `q3`; there are q0, q1, q2, kc, kcb, q5, q7, q8, q11");
    }
}
