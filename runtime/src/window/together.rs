//! A walk through several tables together, in the order of (hash, canonical bytes of the key).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Assigner;
use super::panes::Panes;
use crate::record::{Key, Record};
use crate::state::Cursor;
use crate::time::Timestamp;

/// Where a walk through the tables of some panes is. Nothing else changes these meanwhile, nor are panes closed.
pub(super) struct Together {
    /// The panes, in order of time, and where the walk is in each.
    ways: Vec<(usize, Cursor)>,
    /// The hash of the entry that each way has come to, but for those at hand and those that are at their end.
    next: BinaryHeap<Reverse<(u64, usize)>>,
    /// The ways that have come to the key at hand, in order of time.
    at_hand: Vec<usize>,
}

impl Together {
    /// Before the first entry of all.
    pub fn new(panes: impl Iterator<Item = usize>) -> Self {
        let ways: Vec<_> = panes.map(|pane| (pane, Cursor::default())).collect();
        let (next, at_hand) = (BinaryHeap::new(), (0..ways.len()).collect());
        Together { ways, next, at_hand }
    }

    /// Goes on to the next key; false behind the last one.
    pub fn walk<S, K, V>(&mut self, panes: &mut Panes<S, K, V>) -> bool
    where
        S: Assigner<At = Timestamp>,
        K: Key,
        V: Record,
    {
        for number in self.at_hand.drain(..) {
            let (pane, cursor) = &mut self.ways[number];
            let table = &mut panes.get_mut(*pane).table;
            if table.walk(cursor) {
                let (hash, ..) = table.passed(cursor).expect("the walk has just come to it");
                self.next.push(Reverse((hash, number)));
            }
        }
        let Some(&Reverse((first, _))) = self.next.peek() else { return false };
        while let Some(&Reverse((hash, number))) = self.next.peek()
            && hash == first
        {
            self.next.pop();
            self.at_hand.push(number);
        }
        if self.at_hand.len() > 1 {
            self.part(first, panes);
        }
        true
    }

    /// Of ways that have come to different keys of one hash, those with the first one stay at hand.
    fn part<S, K, V>(&mut self, hash: u64, panes: &Panes<S, K, V>)
    where
        S: Assigner<At = Timestamp>,
        K: Key,
        V: Record,
    {
        let key = |number: &usize| self.of_way(panes, *number).1;
        let any = key(&self.at_hand[0]);
        if self.at_hand.iter().all(|way| K::same_key(key(way).as_view(), any.as_view())) {
            return;
        }
        let canonical = |number: &usize| {
            let mut bytes = Vec::new();
            K::write_key(key(number).as_view(), &mut bytes);
            bytes
        };
        let keys: Vec<_> = self.at_hand.iter().map(canonical).collect();
        let first = keys.iter().min();
        let mut is_first = keys.iter().map(|key| Some(key) == first);
        self.at_hand.retain(|number| {
            let stays = is_first.next() == Some(true);
            if !stays {
                self.next.push(Reverse((hash, *number)));
            }
            stays
        });
    }

    /// What the key at hand has in each of the panes, in order of time: hash, key, value.
    pub fn entries<'p, S, K, V>(
        &self,
        panes: &'p Panes<S, K, V>,
    ) -> impl Iterator<Item = (u64, &'p K, &'p V)>
    where
        S: Assigner<At = Timestamp>,
        K: Key,
        V: Record,
    {
        self.at_hand.iter().map(|number| self.of_way(panes, *number))
    }

    fn of_way<'p, S, K, V>(&self, panes: &'p Panes<S, K, V>, number: usize) -> (u64, &'p K, &'p V)
    where
        S: Assigner<At = Timestamp>,
        K: Key,
        V: Record,
    {
        let (pane, cursor) = &self.ways[number];
        let passed = panes.get(*pane).table.passed(cursor);
        passed.expect("nothing changes tables that are walked through")
    }
}
