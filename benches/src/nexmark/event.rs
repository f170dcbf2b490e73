//! The three records of the benchmark and the hash of each.

use super::checksum::h;

/// Milliseconds since the Unix epoch.
pub type EventTime = i64;

/// Someone who sells or bids.
#[thalweg::record]
pub struct Person {
    /// Identifies the person.
    pub id: u64,
    /// `person-` and five digits.
    pub name: String,
    /// The name at example.com.
    pub email: String,
    /// `city-` and a number below 100.
    pub city: String,
    /// `st-` and a number below 50.
    pub state: String,
    /// When the person registered.
    pub date_time: EventTime,
}

/// Something for sale.
#[thalweg::record]
pub struct Auction {
    /// Identifies the auction.
    pub id: u64,
    /// The id of the [`Person`] who sells.
    pub seller: u64,
    /// 10 to 14.
    pub category: u64,
    /// When bidding ends, 10 to 20 seconds after `date_time`.
    pub expires: EventTime,
    /// The lowest price, 1 to 10 000.
    pub initial_bid: u64,
    /// `item-` and five digits.
    pub item_name: String,
    /// When the auction opened.
    pub date_time: EventTime,
}

/// An offer for an auction.
#[thalweg::record]
pub struct Bid {
    /// The id of the [`Auction`].
    pub auction: u64,
    /// The id of the [`Person`] who offers.
    pub bidder: u64,
    /// 1 to 10 000 000.
    pub price: u64,
    /// `chan` and four digits.
    pub channel: String,
    /// Forty characters.
    pub url: String,
    /// When the bid was made.
    pub date_time: EventTime,
}

/// One event of the stream.
#[thalweg::record]
pub enum Event {
    /// One in fifty.
    Person(Person),
    /// Three in fifty.
    Auction(Auction),
    /// All others.
    Bid(Bid),
}

impl Event {
    /// The event's own time, whatever its kind.
    #[inline]
    pub fn date_time(&self) -> EventTime {
        match self {
            Self::Person(person) => person.date_time,
            Self::Auction(auction) => auction.date_time,
            Self::Bid(bid) => bid.date_time,
        }
    }
}

impl Person {
    /// The person's hash in a [`Checksum`](super::Checksum).
    #[inline]
    pub fn hash(&self) -> u64 {
        h(self.id, self.date_time as u64)
    }
}

impl Auction {
    /// The auction's hash in a [`Checksum`](super::Checksum).
    #[inline]
    pub fn hash(&self) -> u64 {
        h(self.id.wrapping_mul(31).wrapping_add(self.seller), self.date_time as u64)
    }
}

impl Bid {
    /// The bid's hash in a [`Checksum`](super::Checksum).
    #[inline]
    pub fn hash(&self) -> u64 {
        self.hash_at_price(self.price)
    }

    /// The hash the bid would have at another price.
    #[inline]
    pub fn hash_at_price(&self, price: u64) -> u64 {
        let who = self.auction.wrapping_mul(31).wrapping_add(self.bidder.wrapping_mul(17));
        h(who.wrapping_add(price), self.date_time as u64)
    }
}

impl EventRef<'_> {
    /// The event's own time, whatever its kind.
    #[inline]
    pub fn date_time(self) -> EventTime {
        match self {
            Self::Person(person) => person.date_time,
            Self::Auction(auction) => auction.date_time,
            Self::Bid(bid) => bid.date_time,
        }
    }
}

impl PersonRef<'_> {
    /// As [`Person::hash`].
    #[inline]
    pub fn hash(self) -> u64 {
        h(self.id, self.date_time as u64)
    }
}

impl AuctionRef<'_> {
    /// As [`Auction::hash`].
    #[inline]
    pub fn hash(self) -> u64 {
        h(self.id.wrapping_mul(31).wrapping_add(self.seller), self.date_time as u64)
    }
}

impl BidRef<'_> {
    /// As [`Bid::hash`].
    #[inline]
    pub fn hash(self) -> u64 {
        let who = self.auction.wrapping_mul(31).wrapping_add(self.bidder.wrapping_mul(17));
        h(who.wrapping_add(self.price), self.date_time as u64)
    }
}
