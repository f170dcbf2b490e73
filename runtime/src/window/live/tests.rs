//! How much of windows is in memory where there is a disk.

use super::*;
use crate::operator::count;
use crate::state::{MemoryDisks, Spill, State};
use crate::task::Stage;
use crate::time::millis;
use crate::window::store::{Added, AggregateUpdate};
use crate::window::{Tumbling, tumbling};

const BUDGET: usize = 1_000_000;
/// Bytes by which a table becomes larger.
const SEGMENT: usize = 128 << 10;
/// Keys of a batch.
const BATCH: u64 = 1_500;

/// Windows of 1000 ms that are kept for 2000 more, and what of them is in memory.
struct Tested(LiveWindows<Tumbling, u64, u64>, Stage);

impl Tested {
    fn new() -> Self {
        let spec = tumbling(millis(1000)).allowed_lateness(millis(2000));
        let mut windows = LiveWindows::new(spec);
        windows.spill(&Spill::new(MemoryDisks, BUDGET)).unwrap();
        Tested(windows, Stage::default())
    }

    fn add(&mut self, watermark: i64, records: impl Iterator<Item = (i64, u64)>) {
        let (aggregate, turn) = (count(), self.1.turn(Timestamp(watermark)));
        let records: Vec<_> = records.collect();
        let hash = |key: u64| u64::key_hash(key);
        self.0.prepare(&records.iter().map(|(_, key)| hash(*key)).collect::<Vec<_>>());
        for (time, key) in records {
            let added = Added::Value(());
            let mut update = AggregateUpdate::<u64, _> { aggregate: &aggregate, key, added };
            assert!(self.0.update(&turn, Timestamp(time), hash(key), key, &mut update).unwrap());
        }
        self.check();
    }

    fn fire(&mut self, watermark: i64) -> usize {
        let mut fired = 0;
        let mut turn = self.1.turn(Timestamp(watermark));
        while self.0.fire(&mut turn).is_some() {
            fired += 1;
        }
        self.check();
        fired
    }

    fn check(&self) {
        let tables: usize = self.0.panes.tables_in_memory().sum();
        // Until the next batch comes each table may be larger by a segment.
        assert!(tables < BUDGET / 8 * 9 + 3 * SEGMENT, "{tables} bytes");
    }
}

#[test]
fn memory_stays_within_its_bound_and_the_rest_is_on_the_disk() {
    let mut tested = Tested::new();
    // The three windows that are there have ten times what there is room for.
    let keys = 150_000u64;
    for window in 0..5i64 {
        for batch in 0..keys / BATCH {
            let time = window * 1000 + (batch * 1000 / (keys / BATCH)) as i64;
            let late = (window > 0 && batch % 10 == 0).then_some((time - 1000, batch));
            let new = (batch * BATCH..(batch + 1) * BATCH).map(|key| (time, key));
            tested.add(window * 1000 - 1, new.chain(late));
        }
        let (entries, bytes) = (tested.0.entries(), tested.0.bytes());
        assert_eq!(entries, (window as usize + 1).min(3) * keys as usize + tested.0.again.len());
        assert!(bytes > entries * 16, "{bytes} bytes for {entries}");
        let again = if window > 0 { 10 } else { 0 };
        assert_eq!(tested.fire(window * 1000 + 999), keys as usize + again);
    }
    assert_eq!(tested.fire(i64::MAX), 0);
    assert_eq!((tested.0.entries(), tested.0.bytes()), (0, 0));
}
