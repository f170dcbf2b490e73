//! q8: who registered and opened an auction within the same ten seconds.

use super::open::Open;
use super::{Clock, Map};
use crate::nexmark::{Checksum, Event, EventTime, h};

const SIZE: EventTime = 10_000;

/// Both sides of one window, joined when it closes.
#[derive(Default)]
struct Sides {
    persons: Map<u64, ()>,
    /// Seller and id.
    auctions: Vec<(u64, u64)>,
}

pub(super) fn run(events: &[Event]) -> Checksum {
    let (mut clock, mut answer) = (Clock::new(), Checksum::default());
    let mut open = Open::<Sides>::new(SIZE);
    for event in events {
        if let Some(watermark) = clock.observe(event.date_time()) {
            close(&mut open, watermark, &mut answer);
        }
        match event {
            Event::Person(person) => {
                open.at(person.date_time).persons.insert(person.id, ());
            }
            Event::Auction(auction) => {
                open.at(auction.date_time).auctions.push((auction.seller, auction.id));
            }
            Event::Bid(_) => {}
        }
    }
    close(&mut open, EventTime::MAX, &mut answer);
    answer
}

fn close(open: &mut Open<Sides>, watermark: EventTime, answer: &mut Checksum) {
    while let Some(sides) = open.close_before(watermark) {
        for (seller, auction) in sides.auctions {
            if sides.persons.contains_key(&seller) {
                answer.add(h(seller, auction));
            }
        }
    }
}
