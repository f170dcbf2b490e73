//! q7: the highest bid of each ten seconds.

use std::cmp::Reverse;

use super::Clock;
use super::open::Open;
use crate::nexmark::{Bid, Checksum, Event, EventTime};

const SIZE: EventTime = 10_000;

/// The best bid so far; its price beside it saves a look into the past for most bids.
#[derive(Default)]
struct Best<'a> {
    price: u64,
    bid: Option<&'a Bid>,
}

impl<'a> Best<'a> {
    #[inline(always)]
    fn consider(&mut self, bid: &'a Bid) {
        if bid.price >= self.price {
            self.replace_by(bid);
        }
    }

    #[cold]
    fn replace_by(&mut self, bid: &'a Bid) {
        let rank = |bid: &Bid| (bid.price, Reverse((bid.auction, bid.bidder, bid.date_time)));
        if self.bid.is_none_or(|best| rank(bid) > rank(best)) {
            *self = Best { price: bid.price, bid: Some(bid) };
        }
    }
}

pub(super) fn run(events: &[Event]) -> Checksum {
    let (mut clock, mut answer) = (Clock::new(), Checksum::default());
    let mut open = Open::<Best<'_>>::new(SIZE);
    for event in events {
        if let Some(watermark) = clock.observe(event.date_time()) {
            close(&mut open, watermark, &mut answer);
        }
        if let Event::Bid(bid) = event {
            open.at(bid.date_time).consider(bid);
        }
    }
    close(&mut open, EventTime::MAX, &mut answer);
    answer
}

fn close(open: &mut Open<Best<'_>>, watermark: EventTime, answer: &mut Checksum) {
    while let Some(best) = open.close_before(watermark) {
        answer.add(best.bid.expect("a window opens with its first bid").hash());
    }
}
