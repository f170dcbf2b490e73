//! q0, q1 and q2: no state but the clock.

use super::Clock;
use crate::nexmark::{Checksum, Event, h};

/// Passes every event.
pub(super) fn q0(events: &[Event]) -> Checksum {
    let (mut clock, mut answer) = (Clock::new(), Checksum::default());
    for event in events {
        clock.pass(event.date_time());
        answer.add(match event {
            Event::Person(person) => person.hash(),
            Event::Auction(auction) => auction.hash(),
            Event::Bid(bid) => bid.hash(),
        });
    }
    answer
}

/// Converts the price of bids.
pub(super) fn q1(events: &[Event]) -> Checksum {
    let (mut clock, mut answer) = (Clock::new(), Checksum::default());
    for event in events {
        clock.pass(event.date_time());
        if let Event::Bid(bid) = event {
            answer.add(bid.hash_at_price((bid.price as f64 * 0.908) as u64));
        }
    }
    answer
}

/// Selects the bids on a few auctions.
pub(super) fn q2(events: &[Event]) -> Checksum {
    let (mut clock, mut answer) = (Clock::new(), Checksum::default());
    for event in events {
        clock.pass(event.date_time());
        if let Event::Bid(bid) = event
            && bid.auction.is_multiple_of(123)
        {
            answer.add(h(bid.auction, bid.price));
        }
    }
    answer
}
