//! Event `i`, from the seed and `i` alone.

use super::event::{Auction, Bid, Event, EventTime, Person};
use super::random::Random;

/// The event time at which the stream begins.
pub const BASE: EventTime = 1_700_000_000_000;

/// Events after which all but ids and times repeats.
pub const LAP: u64 = 1_000_000;

/// One person, three auctions, forty-six bids.
const EPOCH: u64 = 50;
const BIDS_PER_EPOCH: u64 = 46;
const AUCTION_IDS_PER_LAP: u64 = 60_000;
const PERSON_IDS_PER_LAP: u64 = 20_000;
const FIRST_ID: u64 = 1000;
/// Keys of the count-per-key queries lie below this.
const KEYS: u64 = 100_000;

/// Makes the events of one seed.
///
/// ```
/// use thalweg_bench::nexmark::{Event, Generator};
///
/// let generator = Generator::new(42);
/// assert!(matches!(generator.event(0), Event::Person(_)));
/// assert_eq!(generator.event(4), generator.event(4));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    random: Random,
}

/// Where an event stands: its index, and what follows from it.
#[derive(Clone, Copy)]
struct Position {
    /// Index within the lap.
    j: u64,
    /// Index within the epoch.
    offset: u64,
    /// The youngest person and auction, counted from the beginning of the lap.
    last_person: u64,
    last_auction: u64,
    /// What this lap adds to ids.
    person_shift: u64,
    auction_shift: u64,
    date_time: EventTime,
}

impl Generator {
    /// A generator for `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { random: Random::new(seed) }
    }

    /// The `i`-th event.
    pub fn event(&self, i: u64) -> Event {
        let at = self.position(i);
        match at.offset {
            0 => Event::Person(self.person(at)),
            1..=3 => Event::Auction(self.auction(at)),
            _ => Event::Bid(self.bid(at)),
        }
    }

    /// The `i`-th key of the count-per-key queries.
    pub fn key(&self, i: u64) -> u64 {
        self.key_of(i, KEYS)
    }

    /// The same with so many keys.
    pub fn key_of(&self, i: u64, keys: u64) -> u64 {
        self.random.below(i, keys)
    }

    /// The `i`-th record of the count-per-key query over whole bids: the `i`-th bid of a lap,
    /// cyclically, with the key in place of its auction, in order of time.
    pub fn keyed_bid(&self, i: u64) -> Bid {
        let nth = i % (LAP / EPOCH * BIDS_PER_EPOCH);
        let first_bid = EPOCH - BIDS_PER_EPOCH;
        let j = nth / BIDS_PER_EPOCH * EPOCH + first_bid + nth % BIDS_PER_EPOCH;
        let bid = self.bid(self.position(j));
        Bid { auction: self.key(i), date_time: BASE + (i / 10) as EventTime, ..bid }
    }

    fn position(&self, i: u64) -> Position {
        let (lap, j) = (i / LAP, i % LAP);
        let (epoch, offset) = (j / EPOCH, j % EPOCH);
        Position {
            j,
            offset,
            last_person: epoch,
            // A person's own position needs no auction; there is none before the first.
            last_auction: (epoch * 3 + offset.min(3)).saturating_sub(1),
            person_shift: lap * PERSON_IDS_PER_LAP,
            auction_shift: lap * AUCTION_IDS_PER_LAP,
            date_time: BASE + (i / 10) as EventTime - self.below(j, 0, 1000) as EventTime,
        }
    }

    /// The `k`-th random number of the event at `j`, below `bound`.
    fn below(&self, j: u64, k: u64, bound: u64) -> u64 {
        self.random.below(8 * j + k, bound)
    }

    fn person(&self, at: Position) -> Person {
        let name = format!("person-{:05}", self.below(at.j, 1, 100_000));
        Person {
            id: FIRST_ID + at.last_person + at.person_shift,
            email: format!("{name}@example.com"),
            name,
            city: format!("city-{}", self.below(at.j, 2, 100)),
            state: format!("st-{}", self.below(at.j, 3, 50)),
            date_time: at.date_time,
        }
    }

    fn auction(&self, at: Position) -> Auction {
        Auction {
            id: FIRST_ID + at.last_auction + at.auction_shift,
            seller: self.some_person(at, 1),
            category: 10 + self.below(at.j, 3, 5),
            expires: at.date_time + 10_000 + self.below(at.j, 4, 10_000) as EventTime,
            initial_bid: 1 + self.below(at.j, 5, 10_000),
            item_name: format!("item-{:05}", self.below(at.j, 6, 100_000)),
            date_time: at.date_time,
        }
    }

    fn bid(&self, at: Position) -> Bid {
        Bid {
            auction: self.some_auction(at, 1),
            bidder: self.some_person(at, 3),
            price: 1 + self.below(at.j, 5, 10_000_000),
            channel: format!("chan{:04}", self.below(at.j, 6, 10_000)),
            url: format!("https://www.nexmark.com/item.htm?q={:05}", self.below(at.j, 7, 100_000)),
            date_time: at.date_time,
        }
    }

    /// Every other time the hot person, else one of the last thousand or of the next ten.
    fn some_person(&self, at: Position, k: u64) -> u64 {
        let id = if self.below(at.j, k, 2) == 0 {
            FIRST_ID + at.last_person / 100 * 100
        } else {
            FIRST_ID + at.last_person + self.below(at.j, k + 1, 1010) - 1000
        };
        id + at.person_shift
    }

    /// Every other time the hot auction, else one of the last hundred or of the next ten.
    fn some_auction(&self, at: Position, k: u64) -> u64 {
        let id = if self.below(at.j, k, 2) == 0 {
            FIRST_ID + at.last_auction / 100 * 100
        } else {
            FIRST_ID + at.last_auction + self.below(at.j, k + 1, 111) - 100
        };
        id + at.auction_shift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_one_person_three_auctions_and_bids() {
        let generator = Generator::new(7);
        let kinds: String = (LAP..LAP + EPOCH)
            .map(|i| match generator.event(i) {
                Event::Person(_) => 'p',
                Event::Auction(_) => 'a',
                Event::Bid(_) => 'b',
            })
            .collect();
        assert_eq!(kinds, format!("paaa{}", "b".repeat(46)));
    }

    #[test]
    fn strings_have_the_documented_shape() {
        let generator = Generator::new(42);
        let Event::Bid(bid) = generator.event(4) else { panic!("event 4 is a bid") };
        assert_eq!((bid.channel.len(), bid.url.len()), (8, 40));
        let Event::Person(person) = generator.event(0) else { panic!("event 0 is a person") };
        assert_eq!(person.email, format!("{}@example.com", person.name));
        assert_eq!(person.name.len(), "person-00000".len());
    }

    #[test]
    fn laps_shift_ids_and_times_and_repeat_the_rest() {
        let generator = Generator::new(42);
        let Event::Bid(first) = generator.event(1234) else { panic!("a bid") };
        let Event::Bid(second) = generator.event(1234 + LAP) else { panic!("a bid") };
        let shifted = Bid {
            auction: first.auction + AUCTION_IDS_PER_LAP,
            bidder: first.bidder + PERSON_IDS_PER_LAP,
            date_time: first.date_time + (LAP / 10) as EventTime,
            ..first
        };
        assert_eq!(second, shifted);
    }

    #[test]
    fn keyed_bids_visit_the_bids_of_a_lap_in_order() {
        let generator = Generator::new(42);
        let Event::Bid(bid) = generator.event(54) else { panic!("a bid") };
        let keyed = generator.keyed_bid(46);
        assert_eq!((keyed.bidder, keyed.price, &keyed.url), (bid.bidder, bid.price, &bid.url));
        assert_eq!((keyed.auction, keyed.date_time), (generator.key(46), BASE + 4));
        let again = generator.keyed_bid(46 + 920_000);
        assert_eq!((again.bidder, &again.channel), (bid.bidder, &bid.channel));
    }
}
