//! The exchange of whole bids as one loop on one thread: rkyv's archives in a bump buffer, handed over by pointer.
#![allow(unsafe_code)] // Writes archives in place and reads them back as what they were written as.

use std::collections::VecDeque;

use rkyv::munge::munge;
use rkyv::rancor::{Fallible, Panic};
use rkyv::ser::{Positional, Writer};
use rkyv::string::ArchivedString;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Place};

use super::{Answer, Totals, add, answer};
use crate::nexmark::Bid;

/// The archived form of a bid.
#[derive(Archive)]
#[rkyv(archived = ArchivedRow)]
#[allow(dead_code)]
struct Row {
    auction: u64,
    bidder: u64,
    price: u64,
    channel: String,
    url: String,
    date_time: i64,
}

#[derive(Default)]
struct Buffer(AlignedVec<16>);

impl Fallible for Buffer {
    type Error = Panic;
}

impl Positional for Buffer {
    fn pos(&self) -> usize {
        self.0.len()
    }
}

impl Writer<Panic> for Buffer {
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) -> Result<(), Panic> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

impl Buffer {
    /// Appends a bid and returns where its fixed part is.
    #[inline(always)]
    fn put(&mut self, bid: &Bid) -> u32 {
        let Ok(channel_at) = ArchivedString::serialize_from_str(&bid.channel, self);
        let Ok(url_at) = ArchivedString::serialize_from_str(&bid.url, self);
        let at = self.0.len().next_multiple_of(align_of::<ArchivedRow>());
        let end = at + size_of::<ArchivedRow>();
        self.0.reserve(end - self.0.len());
        // SAFETY: the capacity is reserved, padding is zeroed, and every field of the row is resolved.
        unsafe {
            std::ptr::write_bytes(self.0.as_mut_ptr().add(self.0.len()), 0, end - self.0.len());
            self.0.set_len(end);
            let out = Place::<ArchivedRow>::new_unchecked(at, self.0.as_mut_ptr().add(at).cast());
            munge!(let ArchivedRow { auction, bidder, price, channel, url, date_time } = out);
            bid.auction.resolve((), auction);
            bid.bidder.resolve((), bidder);
            bid.price.resolve((), price);
            ArchivedString::resolve_from_str(&bid.channel, channel_at, channel);
            ArchivedString::resolve_from_str(&bid.url, url_at, url);
            bid.date_time.resolve((), date_time);
        }
        at as u32
    }
}

#[derive(Default)]
struct Batch {
    bytes: Buffer,
    roots: Vec<u32>,
    times: Vec<i64>,
}

/// The answer, and the greatest event time for good measure.
pub fn whole(bids: &[Bid]) -> Answer {
    let (mut open, mut queue, mut free) = (Batch::default(), VecDeque::new(), Vec::<Batch>::new());
    let mut totals = Totals::default();
    for poll in bids.chunks(1024) {
        for bid in poll {
            let root = open.bytes.put(bid);
            open.roots.push(root);
            open.times.push(bid.date_time);
            if open.bytes.0.len() >= 32 * 1024 {
                queue.push_back(std::mem::replace(&mut open, free.pop().unwrap_or_default()));
            }
        }
        while let Some(mut batch) = queue.pop_front() {
            count(&mut totals, &batch);
            batch.bytes.0.clear();
            batch.roots.clear();
            batch.times.clear();
            free.push(batch);
        }
    }
    count(&mut totals, &open);
    answer(&totals)
}

fn count(totals: &mut Totals, batch: &Batch) {
    let bytes = batch.bytes.0.as_slice();
    for (&root, _time) in batch.roots.iter().zip(&batch.times) {
        // SAFETY: `put` wrote a row there.
        let row = unsafe { &*bytes.as_ptr().add(root as usize).cast::<ArchivedRow>() };
        add(totals, row.auction.into(), row.url.len() as u64);
    }
}
