//! q5: the auction with most bids in the last ten seconds, every two.
//!
//! A window is five panes of two seconds. Each auction has a ring of counts, one per pane, so a bid
//! costs one update however many windows it belongs to, and a window is a sum over five places.
//!
//! ```text
//! auction ──▶ [ p0 | p1 | p2 | p3 | p4 | p5 | p6 | p7 ]      pane p stands at p mod 8
//!               └─────── a window ───────┘  └ still filling
//! ```
//!
//! Eight places are enough: the watermark is at most 1201 ms behind when a bid is added, so
//! besides the five panes of the oldest open window at most two more have begun.

use super::clock::{LAG, PERIOD};
use super::{Clock, Map};
use crate::nexmark::{Checksum, Event, EventTime, h};

const SLIDE: EventTime = 2000;
const PANES: EventTime = 5;
const RING: usize = 8;
const _: () = assert!(PANES + (LAG + PERIOD) / SLIDE + 1 < RING as EventTime);

type Counts = [u32; RING];

/// Counts of the panes that open windows need.
struct Panes {
    auctions: Map<u64, Counts>,
    /// The last pane of the oldest window that has not fired.
    last_pane: EventTime,
}

pub(super) fn run(events: &[Event]) -> Checksum {
    let (mut clock, mut answer) = (Clock::new(), Checksum::default());
    let mut panes = Panes { auctions: Map::default(), last_pane: EventTime::MIN };
    for event in events {
        if let Some(watermark) = clock.observe(event.date_time()) {
            panes.fire(watermark, &mut answer);
        }
        if let Event::Bid(bid) = event {
            let place = place_of(bid.date_time.div_euclid(SLIDE));
            panes.auctions.entry(bid.auction).or_default()[place] += 1;
        }
    }
    panes.fire(EventTime::MAX, &mut answer);
    answer
}

const fn place_of(pane: EventTime) -> usize {
    pane.rem_euclid(RING as EventTime) as usize
}

impl Panes {
    /// Fires the windows that end by the watermark.
    fn fire(&mut self, watermark: EventTime, answer: &mut Checksum) {
        // The pane that the next millisecond belongs to is the first that may still be unfinished.
        let unfinished = watermark.saturating_add(1).div_euclid(SLIDE);
        while self.last_pane < unfinished {
            if self.auctions.is_empty() {
                self.last_pane = unfinished;
            } else {
                self.fire_window(answer);
                self.last_pane += 1;
            }
        }
    }

    /// Finds the winner of the oldest window, and forgets the window's oldest pane.
    fn fire_window(&mut self, answer: &mut Checksum) {
        let oldest = place_of(self.last_pane - PANES + 1);
        let mut is_in_window = [0; RING];
        for pane in 0..PANES {
            is_in_window[place_of(self.last_pane - pane)] = 1;
        }
        let (mut winner, mut most) = (0, 0);
        self.auctions.retain(|&auction, counts| {
            let count: u32 = counts.iter().zip(is_in_window).map(|(n, is_in)| n * is_in).sum();
            if count > most || (count == most && auction < winner) {
                (winner, most) = (auction, count);
            }
            counts[oldest] = 0;
            counts.iter().any(|&n| n > 0)
        });
        if most > 0 {
            let end = (self.last_pane + 1) * SLIDE;
            answer.add(h(h(winner, end as u64), u64::from(most)));
        }
    }
}
