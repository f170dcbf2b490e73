//! kc and kcb: a running count per key.

use std::hint::black_box;

use super::{Clock, Map};
use crate::nexmark::{Bid, Checksum, h};

/// Counts bare keys. They carry no time.
pub(super) fn kc(keys: &[u64]) -> Checksum {
    let (mut counts, mut answer) = (Map::default(), Checksum::default());
    for &key in keys {
        answer.add(h(key, increment(&mut counts, key)));
    }
    answer
}

/// Counts whole bids, reading every field of each.
pub(super) fn kcb(bids: &[Bid]) -> Checksum {
    let (mut counts, mut answer) = (Map::default(), Checksum::default());
    let (mut clock, mut read) = (Clock::new(), 0);
    for bid in bids {
        clock.pass(bid.date_time);
        read ^= digest(bid);
        answer.add(h(bid.auction, increment(&mut counts, bid.auction)));
    }
    black_box(read);
    answer
}

#[inline(always)]
fn increment(counts: &mut Map<u64, u64>, key: u64) -> u64 {
    let count = counts.entry(key).or_insert(0);
    *count += 1;
    *count
}

/// Something that depends on every field, the last byte of each string included.
#[inline(always)]
fn digest(bid: &Bid) -> u64 {
    let last = |text: &str| text.as_bytes().last().map_or(0, |&byte| u64::from(byte));
    bid.bidder ^ bid.price ^ bid.date_time as u64 ^ last(&bid.channel) ^ last(&bid.url)
}
