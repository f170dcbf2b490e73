//! Answers kept for records of the same key.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::time::Timestamp;

/// The answers used last. Not state: after a restore requests are made again.
#[derive(Debug)]
pub(super) struct Cache<R> {
    entries: usize,
    ttl: i64,
    kept: HashMap<Box<[u8]>, Kept<R>>,
    /// Uses in order, the oldest first; those that were used again are passed over.
    uses: VecDeque<(u64, Box<[u8]>)>,
    clock: u64,
}

#[derive(Debug)]
struct Kept<R> {
    answer: Arc<R>,
    /// Good up to here, excluded.
    until: Timestamp,
    used: u64,
}

impl<R> Cache<R> {
    pub(super) fn new(entries: usize, ttl: i64) -> Cache<R> {
        Cache { entries, ttl, kept: HashMap::new(), uses: VecDeque::new(), clock: 0 }
    }

    /// The answer for a key, if there is one that is still good.
    pub(super) fn get(&mut self, key: &[u8], now: Timestamp) -> Option<Arc<R>> {
        let kept = self.kept.get_mut(key)?;
        if kept.until <= now {
            self.kept.remove(key);
            return None;
        }
        self.clock += 1;
        kept.used = self.clock;
        let answer = kept.answer.clone();
        self.used(key.into());
        Some(answer)
    }

    /// Keeps an answer.
    pub(super) fn put(&mut self, key: Box<[u8]>, answer: Arc<R>, now: Timestamp) {
        self.clock += 1;
        let until = Timestamp(now.0.saturating_add(self.ttl));
        self.kept.insert(key.clone(), Kept { answer, until, used: self.clock });
        self.used(key);
        while self.kept.len() > self.entries {
            let Some((used, key)) = self.uses.pop_front() else { break };
            if self.kept.get(&key).is_some_and(|kept| kept.used == used) {
                self.kept.remove(&key);
            }
        }
    }

    fn used(&mut self, key: Box<[u8]>) {
        self.uses.push_back((self.clock, key));
        if self.uses.len() > 2 * self.entries + 16 {
            let kept = &self.kept;
            self.uses.retain(|(used, key)| kept.get(key).is_some_and(|kept| kept.used == *used));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Box<[u8]> {
        Box::new([n])
    }

    #[test]
    fn least_recently_used_answer_goes_first_and_none_outlives_its_time() {
        let mut cache = Cache::new(2, 100);
        for n in [1, 2] {
            cache.put(key(n), Arc::new(n), Timestamp(0));
        }
        assert_eq!(cache.get(&key(1), Timestamp(50)).as_deref(), Some(&1));
        cache.put(key(3), Arc::new(3), Timestamp(60));
        assert_eq!(cache.get(&key(2), Timestamp(60)), None);
        assert_eq!(cache.get(&key(1), Timestamp(99)).as_deref(), Some(&1));
        assert_eq!(cache.get(&key(1), Timestamp(100)), None, "since it was written, not used");
        assert_eq!(cache.get(&key(3), Timestamp(100)).as_deref(), Some(&3));
    }

    #[test]
    fn nothing_in_it_grows_without_bound() {
        let mut cache = Cache::new(4, i64::MAX);
        for n in 0..100_000_u32 {
            let key: Box<[u8]> = Box::new([(n % 7) as u8]);
            if cache.get(&key, Timestamp(0)).is_none() {
                cache.put(key, Arc::new(n), Timestamp(0));
            }
            assert!(cache.kept.len() <= 4 && cache.uses.len() <= 24);
        }
    }
}
