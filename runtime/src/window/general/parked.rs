//! What keys have in windows, where not everything has room in memory.
//!
//! A key's slots lie in its entry then, and go to the disk and come from there with it. They are taken out for the record,
//! or the timer, that is for the key, and are put back when another key's turn comes: so a number is looked for among a
//! few.

use super::contents::Contents;
use super::{GeneralWindows, Triggered};
use crate::record::{Key, Record, View};
use crate::state::{Backing, Entry};
use crate::window::trigger::Trigger;

impl<K, T, S, C, R, P, W> GeneralWindows<K, T, S, C, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    C: Contents,
    R: Trigger<T>,
{
    /// A key's slots are at hand.
    #[inline]
    pub(super) fn bring(&mut self, hash: u64, key: View<'_, K>) {
        if self.spilled.is_some() {
            self.take_out(hash, key);
        }
    }

    /// The same of the key that has a slot, if it is live.
    #[inline]
    pub(super) fn bring_number(&mut self, hash: u64, number: u32) {
        if self.spilled.is_none() || self.slots.get(number).is_some() {
            return;
        }
        if let Some(key) = self.key_of(hash, number) {
            self.take_out(hash, key.as_view());
        }
    }

    /// What keys' entries have in common if there is a disk.
    pub(super) fn backing(&self) -> Option<&Backing> {
        self.spilled.as_ref().map(|spilled| &*spilled.backing)
    }

    #[inline(never)]
    fn take_out(&mut self, hash: u64, key: View<'_, K>) {
        let is_out =
            |(other, known): &(u64, K)| *other == hash && K::same_key(known.as_view(), key);
        if self.out.as_ref().is_some_and(is_out) {
            return;
        }
        self.park();
        if let Some(keys) = &mut self.keys
            && let Entry::Occupied(known) = keys.find_entry(hash, key)
        {
            self.slots.put_out(known.parked.take());
        }
        self.out = Some((hash, K::from_view(key)));
    }

    /// Puts the slots that are out back into the entry of their key.
    pub(super) fn park(&mut self) {
        let Some((hash, key)) = self.out.take() else { return };
        if let Some(keys) = &mut self.keys
            && let Entry::Occupied(known) = keys.find_entry(hash, key.as_view())
        {
            known.parked = self.slots.take_out();
        }
    }

    /// The key that a slot belongs to; none if no live window has it.
    fn key_of(&mut self, hash: u64, number: u32) -> Option<K> {
        let mut same = self.keys.as_mut()?.of_hash(hash);
        while let Some((key, known)) = same.entry() {
            if known.windows.iter().any(|(_, other)| *other == number) {
                return Some(K::from_view(key.as_view()));
            }
            same.pass();
        }
        None
    }

    /// The canonical bytes of the key that a slot belongs to.
    pub(super) fn key_bytes(&mut self, hash: u64, number: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Some(slot) = self.slots.get(number) {
            K::write_key(slot.key.as_view(), &mut bytes);
        } else if let Some(key) = self.key_of(hash, number) {
            K::write_key(key.as_view(), &mut bytes);
        }
        bytes
    }
}
