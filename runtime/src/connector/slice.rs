//! Sources over records in memory: `collection` and `replay`.
//!
//! Both hand out views of the shared slice itself: nothing is copied, and a batch is only a range of it.

use std::sync::Arc;

use super::stripes::Stripes;
use super::{
    Fill, OpenSource, Position, Reader, Rejected, Resumed, Rows, Source, SourceError, Split,
};
use crate::prefetch::prefetch;
use crate::record::{Record, View};

/// Records in memory, in order, read once by one task.
///
/// For tests and small tables. The order is kept, so at any parallelism one task reads all of them; see [`replay`]
/// for reading in parallel.
///
/// ```
/// use thalweg::connector::{Source, collection};
/// assert_eq!(collection(vec![1u64, 2, 3]).splits(4).unwrap().len(), 1);
/// ```
pub fn collection<T: Record + Send + Sync>(records: impl IntoIterator<Item = T>) -> Collection<T> {
    Collection { records: Shared::Counted(records.into_iter().collect()) }
}

/// Records in memory, shared by all tasks, once or several times over: the source of benchmarks.
///
/// Record `i` is read by task `i mod parallelism`. The views borrow from the slice.
///
/// ```
/// use std::sync::Arc;
/// use thalweg::connector::{Source, replay};
/// let events: Arc<[u64]> = Arc::from(vec![1, 2, 3]);
/// assert_eq!(replay(events).repeat(2).splits(4).unwrap().len(), 4);
/// ```
pub fn replay<T: Record + Send + Sync>(records: impl Into<Shared<T>>) -> Replay<T> {
    Replay { records: records.into(), laps: 1 }
}

/// A slice that all tasks read: counted, or there for ever.
#[derive(Debug)]
pub enum Shared<T: 'static> {
    /// Freed behind its last reader.
    Counted(Arc<[T]>),
    /// Never freed.
    Static(&'static [T]),
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        match self {
            Shared::Counted(records) => Shared::Counted(records.clone()),
            Shared::Static(records) => Shared::Static(records),
        }
    }
}

impl<T> std::ops::Deref for Shared<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        match self {
            Shared::Counted(records) => records,
            Shared::Static(records) => records,
        }
    }
}

impl<T> From<Arc<[T]>> for Shared<T> {
    fn from(records: Arc<[T]>) -> Self {
        Shared::Counted(records)
    }
}

impl<T> From<Vec<T>> for Shared<T> {
    fn from(records: Vec<T>) -> Self {
        Shared::Counted(records.into())
    }
}

impl<T> From<&'static [T]> for Shared<T> {
    fn from(records: &'static [T]) -> Self {
        Shared::Static(records)
    }
}

/// Made by [`collection`].
#[derive(Clone, Debug)]
pub struct Collection<T: 'static> {
    records: Shared<T>,
}

/// Made by [`replay`].
#[derive(Clone, Debug)]
pub struct Replay<T: 'static> {
    records: Shared<T>,
    laps: u64,
}

impl<T> Replay<T> {
    /// Reads the slice `laps` times over, as if the copies stood one behind the other.
    #[must_use]
    pub fn repeat(mut self, laps: u64) -> Replay<T> {
        self.laps = laps;
        self
    }

    /// How many records there are, of all laps.
    fn end(&self) -> u64 {
        (self.records.len() as u64).saturating_mul(self.laps)
    }
}

impl<T: Record + Send + Sync> Source for Collection<T> {
    type Record = T;
    type Reader = SliceReader<T>;

    fn name(&self) -> String {
        format!("collection({} records)", self.records.len())
    }

    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        let whole = Stripes::splits(1).into_iter();
        Ok(whole.map(|split| Split { id: "all".to_owned(), ..split }).collect())
    }

    fn open(&self, open: OpenSource<'_>) -> Result<SliceReader<T>, SourceError> {
        SliceReader::open(&self.records, 1, &open)
    }
}

impl<T: Record + Send + Sync> Source for Replay<T> {
    type Record = T;
    type Reader = SliceReader<T>;

    fn name(&self) -> String {
        format!("replay({} records)", self.end())
    }

    fn splits(&self, parallelism: usize) -> Result<Vec<Split>, SourceError> {
        Ok(Stripes::splits(parallelism))
    }

    fn redivide(
        &self,
        splits: Vec<Resumed>,
        parallelism: usize,
    ) -> Result<Vec<Resumed>, SourceError> {
        Stripes::redivide(&splits, parallelism, self.end())
    }

    fn open(&self, open: OpenSource<'_>) -> Result<SliceReader<T>, SourceError> {
        SliceReader::open(&self.records, self.laps, &open)
    }
}

/// Reads every `step`-th record of a slice, repeated `laps` times.
#[derive(Debug)]
pub struct SliceReader<T: 'static> {
    records: Shared<T>,
    /// Counted over all laps.
    stripes: Stripes,
    /// Behind the last, counted over all laps.
    end: u64,
    /// The first record of the last batch, counted over all laps.
    first: u64,
}

impl<T> SliceReader<T> {
    fn open(records: &Shared<T>, laps: u64, open: &OpenSource<'_>) -> Result<Self, SourceError> {
        let stripes = Stripes::open(open)?;
        let end = (records.len() as u64).saturating_mul(laps);
        let first = stripes.first();
        Ok(SliceReader { records: records.clone(), stripes, end, first })
    }

    /// From where to where in the slice the next batch reaches, and in what steps.
    fn pass(&mut self, limit: usize) -> (u64, u64, u64) {
        let len = self.records.len() as u64;
        if let Some(record) = self.stripes.lagging() {
            // By itself, for want of a step. Few lag behind, and only after a change of the parallelism.
            self.stripes.pass(record);
            return (record % len, record % len + 1, 1);
        }
        let Stripes { next, step, .. } = &mut self.stripes;
        let start = *next % len;
        let wanted = (limit.max(1) as u64).saturating_mul(*step);
        let end = start.saturating_add(wanted).min(len);
        // As many as there are multiples of `step` from `start` to `end`; the next may lie in the next lap.
        *next += (end - start).div_ceil(*step) * *step;
        (start, end, *step)
    }
}

impl<T: Record> Reader for SliceReader<T> {
    type Record = T;
    type Batch = SliceRows<T>;

    fn fill(
        &mut self,
        batch: &mut SliceRows<T>,
        limit: usize,
        _: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        self.first = self.stripes.first();
        if self.first >= self.end {
            return Ok(Fill::End);
        }
        let (start, end, step) = self.pass(limit);
        batch.records.get_or_insert_with(|| self.records.clone());
        (batch.start, batch.end, batch.step) = (start as usize, end as usize, step as usize);
        Ok(Fill::More)
    }

    fn position(&self) -> Position {
        self.stripes.position()
    }

    fn locate(&self, index: usize) -> String {
        format!("record {}", self.first + index as u64 * self.stripes.step)
    }
}

/// Every `step`-th record of a part of a shared slice.
#[derive(Debug)]
pub struct SliceRows<T: 'static> {
    /// `None` until first filled.
    records: Option<Shared<T>>,
    start: usize,
    end: usize,
    step: usize,
}

impl<T> Default for SliceRows<T> {
    fn default() -> Self {
        SliceRows { records: None, start: 0, end: 0, step: 1 }
    }
}

impl<T: Record> Rows for SliceRows<T> {
    type Record = T;
    type Iter<'a> = SteppedViews<'a, T>;

    fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }

    #[inline(always)]
    fn rows(&self) -> SteppedViews<'_, T> {
        let records = self.records.as_deref().unwrap_or(&[]);
        SteppedViews { records: &records[..self.end], next: self.start, step: self.step }
    }

    fn hold(&mut self, records: Vec<T>) {
        *self = SliceRows { start: 0, end: records.len(), step: 1, records: Some(records.into()) };
    }
}

/// The views of every `step`-th record of a slice. The check of the bounds is also that for the end, so that a record
/// costs what it costs in a loop over the slice.
#[derive(Clone, Debug)]
pub struct SteppedViews<'a, T> {
    records: &'a [T],
    next: usize,
    step: usize,
}

impl<T> SteppedViews<'_, T> {
    /// Bytes ahead of a record that are touched, once for about every page: finding a page that no record was read from
    /// yet takes so long that all that reads from it soon waits. What lies in it the processor fetches by itself. q11,
    /// events of 112 bytes, 224 MB: the chain of the source takes a third less time; fetching the lines of each record
    /// ahead, but no page long before it is needed, was worth a tenth (2026-11).
    const AHEAD: usize = 16 * 4096;
    /// Records of a page, rounded down to a power of two.
    const PAGE: usize = match size_of::<T>() {
        0 => usize::MAX / 2 + 1,
        1..4096 => 1 << (4096 / size_of::<T>()).ilog2(),
        _ => 1,
    };

    #[inline(always)]
    fn fetch_ahead(&self, record: &T) {
        if self.next % Self::PAGE < self.step {
            prefetch(std::ptr::from_ref(record).wrapping_byte_add(Self::AHEAD));
        }
    }
}

impl<'a, T: Record> Iterator for SteppedViews<'a, T> {
    type Item = View<'a, T>;

    #[inline(always)]
    fn next(&mut self) -> Option<View<'a, T>> {
        let record = self.records.get(self.next)?;
        self.fetch_ahead(record);
        self.next += self.step;
        Some(record.as_view())
    }

    fn nth(&mut self, skipped: usize) -> Option<View<'a, T>> {
        self.next += skipped * self.step;
        self.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::testing::{drain, drain_from};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn stripes_cover_every_lap_once(len in 0u64..50, laps in 0u64..4, tasks in 1usize..9, limit in 1usize..9) {
            let source = replay((0..len).collect::<Vec<u64>>()).repeat(laps);
            let mut seen = Vec::new();
            for (task, split) in source.splits(tasks).unwrap().iter().enumerate() {
                let read = drain(&source, split, limit).unwrap().records;
                let wanted = (0..len * laps).skip(task).step_by(tasks).map(|i| i % len);
                prop_assert_eq!(&read, &wanted.collect::<Vec<_>>());
                seen.extend(read);
            }
            seen.sort_unstable();
            let mut all = (0..laps).flat_map(|_| 0..len).collect::<Vec<_>>();
            all.sort_unstable();
            prop_assert_eq!(seen, all);
        }

        #[test]
        fn reading_goes_on_at_a_position(len in 1u64..50, tasks in 1usize..5, fills in 0usize..9) {
            let source = replay((0..len).collect::<Vec<u64>>()).repeat(2);
            for split in source.splits(tasks).unwrap() {
                let whole = drain(&source, &split, 3).unwrap().records;
                prop_assert_eq!(drain_from(&source, &split, 3, fills).unwrap().records, whole);
            }
        }
    }

    #[test]
    fn a_collection_keeps_its_order() {
        let source = collection(["b", "a", "c"].map(str::to_owned));
        let splits = source.splits(7).unwrap();
        assert_eq!(drain(&source, &splits[0], 2).unwrap().records, ["b", "a", "c"]);
    }
}
