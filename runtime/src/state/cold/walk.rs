//! A walk through what is in memory and what is on the disk, in order, which brings nothing into memory but what it has
//! come to.

use std::collections::VecDeque;

use super::super::cursor::Cursor;
use super::super::table::Table;
use super::Cold;
use super::codec::{damaged, each_root};
use crate::record::Key;

/// Hashes that are read ahead.
const FEWEST: usize = 16;
const MOST: usize = 512;
/// Bytes that each takes besides what is kept under it.
const OVERHEAD: usize = 40;

/// Where a walk is.
pub(super) struct Walk<K, V> {
    /// What the disk has of hashes below this one was passed.
    next: u64,
    /// What memory has of hashes below this one was passed, or came later.
    passed: u64,
    /// The disk has nothing more.
    is_at_end: bool,
    /// What comes next on the disk.
    ahead: VecDeque<(u64, Box<[u8]>)>,
    /// Bytes that one of these took, on average; none are known if 0.
    each: usize,
    /// Entries of a hash that were on the disk; the walk is at the first.
    at_hand: VecDeque<(u64, K, V)>,
}

impl<K, V> Default for Walk<K, V> {
    fn default() -> Self {
        let (ahead, at_hand) = (VecDeque::new(), VecDeque::new());
        Walk { next: 0, passed: 0, is_at_end: false, ahead, each: 0, at_hand }
    }
}

impl<K, V> Walk<K, V> {
    /// The disk is another one than it was.
    pub(super) fn forget_what_was_read(&mut self) {
        self.ahead.clear();
        self.is_at_end = false;
    }
}

/// Where the next entry of a walk is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::state) enum Next {
    /// In memory: the next one there.
    Memory,
    /// It was on the disk, and is [at hand](Cold::at_hand).
    AtHand,
    /// Nowhere: the walk is over, and another one begins.
    End,
}

impl<K: Key, V> Cold<K, V> {
    /// Moves on in the order of (hash, canonical bytes of the key). Where memory is next, `pass` is to be called by whoever
    /// asks; it passes the next entry there.
    #[inline(never)]
    pub(in crate::state) fn walk_on(
        &mut self,
        table: &mut Table<K, V>,
        cursor: &mut Cursor,
        pass: impl Fn(&mut Table<K, V>, &mut Cursor),
    ) -> Next {
        self.walk.at_hand.pop_front();
        if !self.walk.at_hand.is_empty() {
            return Next::AtHand;
        }
        loop {
            let memory = table.next_in_order(&mut cursor.clone()).map(|(hash, ..)| hash);
            match (memory, self.next_on_disk()) {
                (Some(memory), _) if memory < self.walk.passed => pass(table, cursor),
                // Memory has what became of it.
                (Some(memory), Some(disk)) if disk == memory => self.pass_on_disk(),
                (Some(memory), disk) if disk.is_none_or(|disk| memory < disk) => {
                    self.walk.next = memory + 1;
                    return Next::Memory;
                }
                (_, Some(_)) => {
                    self.take();
                    return Next::AtHand;
                }
                (_, None) => {
                    self.walk = Walk::default();
                    return Next::End;
                }
            }
        }
    }

    /// The entry that a walk has come to, if it was on the disk.
    pub(in crate::state) fn at_hand(&self) -> Option<(u64, &K, &V)> {
        self.walk.at_hand.front().map(|(hash, key, value)| (*hash, key, value))
    }

    /// The same, to be changed: that changes nothing on the disk.
    pub(in crate::state) fn at_hand_mut(&mut self) -> Option<(u64, &K, &mut V)> {
        self.walk.at_hand.front_mut().map(|(hash, key, value)| (*hash, &*key, value))
    }

    fn next_on_disk(&mut self) -> Option<u64> {
        self.flush();
        let Walk { next, ahead, is_at_end, each, .. } = &mut self.walk;
        if ahead.is_empty() && !*is_at_end && self.is_on_disk {
            // Each time the place has to be found again on the disk.
            let most = self.part.room_ahead().checked_div(*each).unwrap_or(FEWEST);
            let most = most.clamp(FEWEST, MOST);
            let mut found = |hash: u64, bytes: &[u8]| ahead.push_back((hash, bytes.into()));
            let (namespace, range) = (self.part.namespace, *next..=u64::MAX);
            let read = self.part.disk().range(namespace, range, most, &mut found);
            read.unwrap_or_else(|error| error.raise());
            *is_at_end = ahead.is_empty();
            let bytes: usize = ahead.iter().map(|(_, bytes)| bytes.len()).sum();
            *each = OVERHEAD + bytes / ahead.len().max(1);
        }
        ahead.front().map(|(hash, _)| *hash)
    }

    fn pass_on_disk(&mut self) {
        if let Some((hash, _)) = self.walk.ahead.pop_front() {
            self.walk.next = hash + 1;
        }
    }

    /// Has at hand what is next on the disk.
    fn take(&mut self) {
        let Some((hash, bytes)) = self.walk.ahead.pop_front() else { return };
        (self.walk.next, self.walk.passed) = (hash + 1, hash + 1);
        each_root(&bytes, |root| {
            let entry = (self.codec.take)(&bytes, root);
            let (key, value) = entry.unwrap_or_else(|error| damaged(&error).raise());
            self.walk.at_hand.push_back((hash, key, value));
        });
    }
}
