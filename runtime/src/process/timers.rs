//! Timers of keys.

use std::collections::BTreeMap;

use crate::record::{Key, View};
use crate::state::{LoadError, Loader, SnapshotWriter};
use crate::time::Timestamp;

/// Which time a timer waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeDomain {
    /// That of the records: timers fire when the watermark reaches them.
    Event,
    /// That of the machine.
    Processing,
}

/// The timers of one task, of both kinds: at most one for each key and time.
pub(super) struct Timers<K: Key> {
    pub(super) event: Queue<K>,
    pub(super) processing: Queue<K>,
}

impl<K: Key> Default for Timers<K> {
    fn default() -> Self {
        Timers { event: Queue::default(), processing: Queue::default() }
    }
}

impl<K: Key> Timers<K> {
    pub(super) fn of(&mut self, domain: TimeDomain) -> &mut Queue<K> {
        match domain {
            TimeDomain::Event => &mut self.event,
            TimeDomain::Processing => &mut self.processing,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.event.len() + self.processing.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.len() * size_of::<((Timestamp, u64, u32), K)>()
    }

    /// Writes all timers into a snapshot.
    pub(super) fn save(&self, out: &mut SnapshotWriter) {
        self.event.save(out, Self::EVENT);
        self.processing.save(out, Self::PROCESSING);
    }

    /// Sets the timers that were saved.
    pub(super) fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.event.load(from, Self::EVENT)?;
        self.processing.load(from, Self::PROCESSING)
    }

    const EVENT: &str = "event timers";
    const PROCESSING: &str = "processing timers";
}

/// Timers in the order in which they fire: time, key hash, canonical key bytes. A tree by (time, hash) is all it takes:
/// setting, cancelling and taking the first cost one descent, keys are compared only if both are equal, and what is
/// set again allocates nothing.
pub(super) struct Queue<K> {
    /// By time, hash, and place among the keys of that hash.
    by_time: BTreeMap<(Timestamp, u64, u32), K>,
}

impl<K> Default for Queue<K> {
    fn default() -> Self {
        Queue { by_time: BTreeMap::new() }
    }
}

impl<K: Key> Queue<K> {
    /// Sets a timer; one that is set already stays the only one.
    pub(super) fn set(&mut self, time: Timestamp, hash: u64, key: View<'_, K>) {
        match self.by_time.get(&(time, hash, 0)) {
            None => drop(self.by_time.insert((time, hash, 0), K::from_view(key))),
            Some(other) if K::same_key(other.as_view(), key) => {}
            Some(_) => self.set_among(time, hash, key),
        }
    }

    /// Another key has this very hash: they are kept in the order of their canonical bytes.
    #[cold]
    fn set_among(&mut self, time: Timestamp, hash: u64, key: View<'_, K>) {
        if self.find(time, hash, key).is_none() {
            let mut keys = self.take_all(time, hash);
            keys.push(K::from_view(key));
            self.put_all(time, hash, keys);
        }
    }

    /// Cancels a timer, if it is set.
    pub(super) fn cancel(&mut self, time: Timestamp, hash: u64, key: View<'_, K>) {
        let Some(place) = self.find(time, hash, key) else { return };
        self.by_time.remove(&(time, hash, place));
        if self.by_time.contains_key(&(time, hash, place + 1)) {
            let keys = self.take_all(time, hash);
            self.put_all(time, hash, keys);
        }
    }

    fn find(&self, time: Timestamp, hash: u64, key: View<'_, K>) -> Option<u32> {
        let range = (time, hash, 0)..=(time, hash, u32::MAX);
        let mut entries = self.by_time.range(range);
        entries
            .find(|(_, other)| K::same_key(other.as_view(), key))
            .map(|((_, _, place), _)| *place)
    }

    fn take_all(&mut self, time: Timestamp, hash: u64) -> Vec<K> {
        let range = (time, hash, 0)..=(time, hash, u32::MAX);
        let places: Vec<_> = self.by_time.range(range).map(|(place, _)| *place).collect();
        places.iter().filter_map(|place| self.by_time.remove(place)).collect()
    }

    fn put_all(&mut self, time: Timestamp, hash: u64, mut keys: Vec<K>) {
        keys.sort_by_cached_key(|key| {
            let mut bytes = Vec::new();
            K::write_key(key.as_view(), &mut bytes);
            bytes
        });
        self.by_time.extend((0..).zip(keys).map(|(place, key)| ((time, hash, place), key)));
    }

    /// When the first timer is due.
    #[inline(always)]
    pub(super) fn first(&self) -> Option<Timestamp> {
        self.by_time.first_key_value().map(|((time, ..), _)| *time)
    }

    /// Takes the first timer.
    pub(super) fn take_first(&mut self) -> Option<(Timestamp, u64, K)> {
        let ((time, hash, place), key) = self.by_time.pop_first()?;
        if place == 0 && self.by_time.contains_key(&(time, hash, 1)) {
            let keys = self.take_all(time, hash);
            self.put_all(time, hash, keys);
        }
        Some((time, hash, key))
    }

    pub(super) fn len(&self) -> usize {
        self.by_time.len()
    }

    fn save(&self, out: &mut SnapshotWriter, section: &'static str) {
        let mut out = out.section::<(Timestamp, K)>(section);
        for ((time, hash, _), key) in &self.by_time {
            out.put(*hash, (*time, key.as_view()));
        }
    }

    fn load(&mut self, from: &Loader<'_>, section: &str) -> Result<(), LoadError> {
        if cfg!(bug_19) {
            return from
                .all::<(Timestamp, K)>(section, |hash, (time, key)| self.set(time, hash, key));
        }
        from.each::<(Timestamp, K)>(section, |hash, (time, key)| self.set(time, hash, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(queue: &mut Queue<String>) -> Vec<(i64, u64, String)> {
        std::iter::from_fn(|| queue.take_first()).map(|(t, hash, key)| (t.0, hash, key)).collect()
    }

    #[test]
    fn order_is_time_hash_bytes_and_keys_of_one_hash_are_told_apart() {
        let mut queue = Queue::<String>::default();
        for (time, hash, key) in
            [(2, 7, "c"), (1, 9, "z"), (2, 7, "a"), (2, 7, "b"), (2, 7, "a"), (2, 3, "q")]
        {
            queue.set(Timestamp(time), hash, key);
        }
        assert_eq!(queue.len(), 5);
        queue.cancel(Timestamp(2), 7, "nobody");
        queue.cancel(Timestamp(2), 7, "a");
        queue.set(Timestamp(2), 7, "a");
        queue.cancel(Timestamp(2), 7, "b");
        assert_eq!(queue.first(), Some(Timestamp(1)));
        let expected = [(1, 9, "z"), (2, 3, "q"), (2, 7, "a"), (2, 7, "c")];
        assert_eq!(taken(&mut queue), expected.map(|(t, h, k)| (t, h, k.to_owned())));
        assert_eq!(queue.len(), 0);
    }
}
