//! Sessions merge, and their states cannot.
use thalweg::prelude::*;
use thalweg::window::{Events, Out, WindowCx, WindowFunction};

#[record]
struct Bid {
    auction: u64,
    price: u64,
    at: Timestamp,
}

fn bids() -> Vec<Bid> {
    Vec::new()
}

struct Firings;

impl WindowFunction for Firings {
    type Key = u64;
    type In = Bid;
    type Out = u64;
    type KeyState = ();
    type WindowState = u64;

    fn process(&self, w: &mut WindowCx<'_, Self>, _: Events<'_, Bid>, out: &mut Out<'_, u64>) {
        *w.window_state() += 1;
        out.emit(*w.window_state());
    }
}

#[pipeline]
fn job() {
    let bids = source(collection(bids()))
        .event_time(|b| b.at)
        .watermarks(bounded(secs(5)))
        .key_by(|b| b.auction);
    bids.window(session(mins(5))).process(Firings).sink(print());
}

fn main() {}
