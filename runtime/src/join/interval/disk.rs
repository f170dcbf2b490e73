//! Joins by time whose elements are on a disk, but for those that came last.
//!
//! Arrivals are kept in memory as ever. When that is full, all of it goes to the disk at once, bucket by bucket and hash
//! by hash, behind what is there; nothing is read for that. An element's partners are read when its pairs are due, for many
//! elements at a time. What comes out alone if no partner comes lies on the disk once more, by the time at which it does;
//! whether one came is a bit in memory.
//!
//! ```text
//!   memory   what came last                     a bit for each element on the disk that may come out alone
//!   disk     bucket, side, hash: elements       side, time: elements that come out alone then
//! ```

mod reading;
mod writing;

use std::rc::Rc;

use super::Side;
use crate::join::buckets::Buckets;
use crate::join::log::{Log, Mark, Run};
use crate::join::shelves::{Memory, Shelves};
use crate::record::{Key, Record, View};
use crate::state::{Backing, usable};
use crate::time::Timestamp;

/// Where partners lie that were read, and elements that come out alone.
const PARTNERS: usize = 0;
const DUE: usize = 1;
/// The bit of an element that has none: it never comes out alone.
const NO_BIT: u32 = u32::MAX;

/// What is said of an element in a bucket: its mark (matched, last minute), when it comes out alone and its number among
/// those that may, zeros if it does not, and its bit.
type Note = (bool, bool, Timestamp, u64, u32);
/// What is said of an element that comes out alone, whose key is its key's hash: its number among those that do, its
/// bucket, its bit.
type LonelyNote = (u64, i64, u32);

/// What a join has besides its buckets' elements if there is a disk.
pub(super) struct OnDisk<K, L, R> {
    memory: Memory,
    /// Hashes and keys of arrivals whose partners may be there.
    asked: Log<(u64, K)>,
    /// Elements with bits among the partners that were read.
    bits: Vec<Bit>,
    /// What comes out alone, by time.
    lonely: Shelves<u64, LonelyNote, L, R>,
    /// None of them is due before.
    unread: u64,
    /// Elements that were read and have not come out.
    due: usize,
}

struct Bit {
    side: Side,
    /// The number of the element that was read.
    number: u32,
    bucket: usize,
    bit: u32,
}

/// What a bucket has on the disk.
pub(in crate::join) struct Shelved<K, L, R> {
    shelves: Shelves<K, Note, L, R>,
    matched: [Bits; 2],
}

/// Bits of elements that may come out alone: those that met a partner are set.
#[derive(Clone, Default)]
struct Bits {
    words: Vec<u64>,
    len: u32,
}

impl Bits {
    /// Adds so many, and answers the first.
    fn add(&mut self, count: usize) -> u32 {
        let first = self.len;
        self.len += count as u32;
        self.words.resize(self.len.div_ceil(64) as usize, 0);
        first
    }

    fn get(&self, bit: u32) -> bool {
        self.words.get(bit as usize / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    fn set(&mut self, bit: u32) {
        self.words[bit as usize / 64] |= 1 << (bit % 64);
    }
}

impl<K: Key, L: Record, R: Record> Shelved<K, L, R> {
    fn new(backing: &Rc<Backing>) -> Self {
        Shelved { shelves: Shelves::new(backing), matched: Default::default() }
    }

    /// True if there may be partners of an element of this side.
    #[inline]
    pub(super) fn has_partners(&self, side: Side) -> bool {
        match side {
            Side::Left => !self.shelves.right.is_empty(),
            Side::Right => !self.shelves.left.is_empty(),
        }
    }

    pub fn len(&self) -> usize {
        self.shelves.len()
    }

    pub fn clear(&mut self) {
        self.shelves.clear();
    }

    pub fn bytes(&self) -> usize {
        let words: usize = self.matched.iter().map(|bits| bits.words.capacity()).sum();
        words * size_of::<u64>() + size_of::<Self>()
    }
}

impl<K: Key, L: Record, R: Record> OnDisk<K, L, R> {
    pub fn new(backing: &Rc<Backing>) -> Self {
        OnDisk {
            memory: Memory::new(backing),
            asked: Log::new(),
            bits: Vec::new(),
            lonely: Shelves::new(backing),
            unread: u64::MAX,
            due: 0,
        }
    }

    pub fn bytes(&self) -> usize {
        self.asked.bytes() + self.bits.capacity() * size_of::<Bit>()
    }

    pub fn bytes_on_disk(&self) -> usize {
        self.memory.backing().bytes_on_disk()
    }

    pub fn save_more(&self) -> bool {
        self.memory.backing().save_more()
    }

    /// Notes whose partners are to be read: the key's number.
    #[cold]
    pub fn ask(&mut self, hash: u64, key: View<'_, K>) -> u32 {
        let time = Timestamp::MIN;
        self.asked.push(&mut Run::default(), time, &(usable(hash), key), Mark::default())
    }

    /// All pairs of all arrivals have come out.
    pub fn forget_asked(&mut self) {
        if self.asked.len() > 0 {
            self.asked.clear();
        }
    }

    /// All pairs with the partners that were read have come out.
    pub fn partners_were_met(&mut self, buckets: &mut Buckets<K, L, R>) {
        for Bit { side, number, bucket, bit } in self.bits.drain(..) {
            let read = buckets.get(PARTNERS);
            let mark = match side {
                Side::Left => read.left.mark(number),
                Side::Right => read.right.mark(number),
            };
            if let Some(shelved) = &mut buckets.get_mut(bucket).shelved
                && mark.matched
            {
                shelved.matched[side as usize].set(bit);
            }
        }
    }

    /// There is nothing any more.
    pub fn release(&mut self) {
        self.lonely.clear();
        (self.asked, self.bits, self.unread) = (Log::new(), Vec::new(), u64::MAX);
    }
}
