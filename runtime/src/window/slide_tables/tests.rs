//! How much of sliding windows is in memory where there is a disk.

use super::*;
use crate::operator::count;
use crate::state::{MemoryDisks, Spill, State};
use crate::task::Stage;
use crate::time::millis;
use crate::window::sliding;

const BUDGET: usize = 1_000_000;
/// Bytes by which a table becomes larger.
const SEGMENT: usize = 128 << 10;
/// Keys of a batch.
const BATCH: u64 = 1_000;

/// Windows of ten panes of 100 ms, and what of them is in memory.
struct Tested(SlideTables<u64, crate::operator::Count>, Stage);

impl Tested {
    fn add(&mut self, watermark: i64, time: i64, keys: impl Iterator<Item = u64>) {
        let (aggregate, turn) = (count(), self.1.turn(Timestamp(watermark)));
        let keys: Vec<_> = keys.collect();
        self.0.prepare(&keys.iter().map(|key| u64::key_hash(*key)).collect::<Vec<_>>());
        for key in keys {
            let (time, added) = (Timestamp(time), Added::Value(()));
            let hash = u64::key_hash(key);
            assert!(self.0.add(&turn, time, hash, key, added, &aggregate).unwrap());
        }
        self.check(1);
    }

    /// How many keys fire, with how many records in all.
    fn fire(&mut self, watermark: i64) -> (usize, u64) {
        let mut fired = (0, 0);
        let mut turn = self.1.turn(Timestamp(watermark));
        while let Some(firing) = self.0.fire(&mut turn, &count()).unwrap() {
            fired = (fired.0 + 1, fired.1 + *firing.acc());
        }
        // Nothing that a window is read from comes into memory.
        self.check(0);
        fired
    }

    fn check(&self, larger: usize) {
        let tables: usize = self.0.panes.tables_in_memory().sum();
        // Until the next batch comes the pane of this one may be larger by a segment.
        assert!(tables < BUDGET / 8 * 9 + (1 + larger) * SEGMENT, "{tables} bytes");
    }
}

#[test]
fn memory_stays_within_its_bound_and_the_rest_is_on_the_disk() {
    let spec = sliding(millis(1000), millis(100)).allowed_lateness(millis(150));
    let backing = Spill::new(MemoryDisks, BUDGET).open().unwrap();
    let mut tested = Tested(SlideTables::new(spec, backing), Stage::default());
    // The panes of a window have ten times what there is room for.
    let keys = 40_000u64;
    for pane in 0..14i64 {
        for batch in 0..keys / BATCH {
            let time = pane * 100 + (batch * 100 / (keys / BATCH)) as i64;
            tested.add(pane * 100 - 1, time, batch * BATCH..(batch + 1) * BATCH);
        }
        let panes = (pane + 1).min(10) as u64;
        // Records that came late to the pane before each, since there is one.
        let late = (1.max(pane - 8)..pane).count() as u64;
        assert_eq!(tested.fire(pane * 100 + 99), (keys as usize, panes * keys + late));
        if pane > 0 {
            // Two windows fire again for the key.
            tested.add(pane * 100 + 99, pane * 100 - 100, std::iter::once(7));
            assert_eq!(tested.fire(pane * 100 + 99).0, 2);
        }
        let (entries, bytes) = (tested.0.entries(), tested.0.bytes());
        assert!(bytes > entries * 16, "{bytes} bytes for {entries}");
    }
    tested.fire(i64::MAX);
    assert_eq!((tested.0.entries(), tested.0.bytes()), (0, 0));
}

#[test]
fn windows_of_too_many_panes_are_not_kept_so() {
    let suit = |spec| SlideTables::<u64, crate::operator::Count>::suit(&spec);
    assert!(suit(sliding(millis(60_000), millis(1000))));
    assert!(suit(sliding(millis(3), millis(5))));
    assert!(!suit(sliding(millis(60_000), millis(1))));
}
