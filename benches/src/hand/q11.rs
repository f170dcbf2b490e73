//! q11: bids per bidder and session, a session ending ten seconds after its last bid.
//!
//! A bidder's youngest session is in the map, where nearly every bid finds it. Out of order, a
//! bidder may have older ones that could still grow: those few are kept aside in a list. A timer
//! per session is looked at when its bidder might be done, and moved if he was not.

use std::collections::BTreeMap;

use super::{Clock, Map};
use crate::nexmark::{Checksum, Event, EventTime, h};

const GAP: EventTime = 10_000;
/// Timers are kept by slots of this many milliseconds.
const TIMER_SLOT: EventTime = 200;

#[derive(Clone, Copy)]
struct Session {
    start: EventTime,
    last: EventTime,
    count: u64,
}

impl Session {
    /// The last millisecond at which a bid still belongs to the session, if it does not grow.
    const fn deadline(&self) -> EventTime {
        self.last + GAP
    }

    /// Whether the two overlap or touch.
    #[inline(always)]
    const fn meets(&self, other: &Self) -> bool {
        other.start <= self.deadline() && self.start <= other.deadline()
    }

    #[inline(always)]
    fn absorb(&mut self, other: Self) {
        self.start = self.start.min(other.start);
        self.last = self.last.max(other.last);
        self.count += other.count;
    }

    fn hash(&self, bidder: u64) -> u64 {
        h(h(h(bidder, self.start as u64), self.deadline() as u64), self.count)
    }
}

#[derive(Default)]
struct Sessions {
    youngest: Map<u64, Session>,
    /// Older sessions that the watermark has not closed: hardly ever any.
    aside: Vec<(u64, Session)>,
    /// Bidders to look at, by the slot of the deadline their session had.
    timers: BTreeMap<EventTime, Vec<u64>>,
}

pub(super) fn run(events: &[Event]) -> Checksum {
    let (mut clock, mut answer) = (Clock::new(), Checksum::default());
    let mut sessions = Sessions::default();
    for event in events {
        if let Some(watermark) = clock.observe(event.date_time()) {
            sessions.close(watermark, &mut answer);
        }
        if let Event::Bid(bid) = event {
            let bid_alone = Session { start: bid.date_time, last: bid.date_time, count: 1 };
            sessions.add(bid.bidder, bid_alone);
        }
    }
    sessions.close(EventTime::MAX, &mut answer);
    answer
}

impl Sessions {
    #[inline(always)]
    fn add(&mut self, bidder: u64, bid: Session) {
        let Some(youngest) = self.youngest.get_mut(&bidder) else {
            self.youngest.insert(bidder, bid);
            set_timer(&mut self.timers, bidder, bid.deadline());
            return;
        };
        if youngest.meets(&bid) {
            youngest.absorb(bid);
            if !self.aside.is_empty() {
                absorb_all(&mut self.aside, bidder, youngest);
            }
        } else {
            self.add_apart(bidder, bid);
        }
    }

    /// Adds a bid that does not meet the bidder's youngest session.
    #[cold]
    fn add_apart(&mut self, bidder: u64, mut bid: Session) {
        let youngest = self.youngest.get_mut(&bidder).expect("the caller found it");
        if youngest.start < bid.start {
            let older = std::mem::replace(youngest, bid);
            self.aside.push((bidder, older));
        } else {
            absorb_all(&mut self.aside, bidder, &mut bid);
            self.aside.push((bidder, bid));
        }
    }

    /// Emits the sessions that no bid after the watermark can meet.
    fn close(&mut self, watermark: EventTime, answer: &mut Checksum) {
        let is_over = |session: &Session| watermark >= session.deadline() - 1;
        self.aside.retain(|(bidder, session)| {
            if is_over(session) {
                answer.add(session.hash(*bidder));
            }
            !is_over(session)
        });
        while let Some(slot) = self.timers.first_entry() {
            if slot.key() * TIMER_SLOT > watermark.saturating_add(1) {
                return;
            }
            for bidder in slot.remove() {
                self.look_at(bidder, is_over, answer);
            }
        }
    }

    fn look_at(&mut self, bidder: u64, is_over: impl Fn(&Session) -> bool, answer: &mut Checksum) {
        let session = self.youngest[&bidder];
        if is_over(&session) {
            answer.add(session.hash(bidder));
            self.youngest.remove(&bidder);
        } else {
            set_timer(&mut self.timers, bidder, session.deadline());
        }
    }
}

/// Merges into `session` what it meets among the bidder's sessions aside.
fn absorb_all(aside: &mut Vec<(u64, Session)>, bidder: u64, session: &mut Session) {
    while let Some(index) =
        aside.iter().position(|(owner, other)| *owner == bidder && session.meets(other))
    {
        session.absorb(aside.swap_remove(index).1);
    }
}

/// Sets a timer in the first slot that begins at or after the deadline.
fn set_timer(timers: &mut BTreeMap<EventTime, Vec<u64>>, bidder: u64, deadline: EventTime) {
    let slot = (deadline + TIMER_SLOT - 1).div_euclid(TIMER_SLOT);
    timers.entry(slot).or_default().push(bidder);
}
