//! What the runtime knows of the state of joins with what held.

use std::cmp::Reverse;

use super::{Ahead, AsOfJoin, Side};
use crate::record::{Key, Record};
use crate::state::{Cursor, LoadError, Loader, SnapshotWriter, State, by_key};
use crate::time::Timestamp;

/// What holds: key, since when, whether a left element met it, itself.
type Holds<K, R> = (K, Timestamp, bool, R);
/// An element ahead of the watermark: time, number in order of arrival, key, itself.
type Saved<K, T> = (Timestamp, u64, K, T);

const HOLDS: &str = "holds";
const LEFTS_AHEAD: &str = "lefts ahead";
const RIGHTS_AHEAD: &str = "rights ahead";

impl<K: Key, L: Record, R: Record> State for AsOfJoin<K, L, R> {
    fn entries(&self) -> usize {
        self.lefts.live() + self.rights.live()
    }

    fn bytes(&self) -> usize {
        if self.lefts.log.bytes() + self.rights.log.bytes() == 0 {
            return 0;
        }
        self.latest.bytes()
            + self.lefts.log.bytes()
            + self.rights.log.bytes()
            + self.ahead.capacity() * size_of::<Reverse<Ahead>>()
    }

    fn late(&self) -> u64 {
        self.late
    }

    fn meaning(&self) -> String {
        by_key::<K>(&format!("{} join as of", self.kind.meaning()))
    }
    fn save(&mut self, out: &mut SnapshotWriter) {
        let mut holds = out.section::<Holds<K, R>>(HOLDS);
        let mut cursor = Cursor::default();
        while let Some((hash, key, &right)) = self.latest.next_in_order(&mut cursor) {
            let (time, (_, element)) = self.rights.log.get(right);
            let matched = self.rights.log.mark(right).matched;
            holds.put(hash, (key.as_view(), time, matched, element));
        }
        // By hash, so that each task reads few blocks.
        let mut ahead: Vec<&Ahead> = self.ahead.iter().map(|Reverse(ahead)| ahead).collect();
        ahead.sort_unstable_by_key(|(_, _, hash, arrival, _)| (*hash, *arrival));
        for &(time, side, hash, arrival, at) in ahead {
            match side {
                Side::Left => {
                    let (key, element) = self.lefts.log.get(at).1;
                    let mut lefts = out.section::<Saved<K, L>>(LEFTS_AHEAD);
                    lefts.put(hash, (time, arrival, key, element));
                }
                Side::Right => {
                    let (key, element) = self.rights.log.get(at).1;
                    let mut rights = out.section::<Saved<K, R>>(RIGHTS_AHEAD);
                    rights.put(hash, (time, arrival, key, element));
                }
            }
        }
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        from.each::<Holds<K, R>>(HOLDS, |hash, (key, time, matched, element)| {
            let at = self.rights.push(time, &(key, element));
            self.rights.log.mark_mut(at).matched = matched;
            self.latest.entry_or(hash, key, || at);
        })?;
        from.each::<Saved<K, L>>(LEFTS_AHEAD, |hash, (time, arrival, key, element)| {
            let at = self.lefts.push(time, &(key, element));
            self.ahead_again((time, Side::Left, hash, arrival, at));
        })?;
        from.each::<Saved<K, R>>(RIGHTS_AHEAD, |hash, (time, arrival, key, element)| {
            let at = self.rights.push(time, &(key, element));
            self.ahead_again((time, Side::Right, hash, arrival, at));
        })
    }
}

impl<K: Key, L: Record, R: Record> AsOfJoin<K, L, R> {
    fn ahead_again(&mut self, ahead: Ahead) {
        self.arrivals = self.arrivals.max(ahead.3);
        self.ahead.push(Reverse(ahead));
    }
}
