//! `collect`: a sink that keeps everything, for tests.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Sink, SinkError, Writer};
use crate::record::{Record, View};
use crate::time::Timestamp;

/// A sink that keeps every record, and a handle to read them.
///
/// ```
/// use thalweg::connector::{Sink, Writer, collect};
/// use thalweg::time::Timestamp;
/// let (sink, results) = collect::<u64>();
/// let mut writer = sink.open(0, 1).unwrap();
/// writer.write(Timestamp::MIN, 7).unwrap();
/// writer.finish().unwrap();
/// assert_eq!(results.take(), [7]);
/// ```
pub fn collect<T: Record + Send>() -> (Collect<T>, Collected<T>) {
    let collected = Collected::default();
    (collected.sink(), collected)
}

/// The sink of [`collect`].
#[derive(Debug)]
pub struct Collect<T> {
    collected: Collected<T>,
}

impl<T> Clone for Collect<T> {
    fn clone(&self) -> Self {
        Collect { collected: self.collected.clone() }
    }
}

/// The results of [`collect`]. Records of one task are in the order in which it wrote them.
///
/// A pipeline's function captures nothing, so that a test keeps them in a static:
///
/// ```
/// use std::sync::LazyLock;
/// use thalweg::connector::Collected;
///
/// static LONG: LazyLock<Collected<String>> = LazyLock::new(Collected::default);
/// // in the pipeline: lines.filter(|line| line.len() > 80).sink(LONG.sink());
/// # let _ = LONG.sink();
/// assert!(LONG.take().is_empty());
/// ```
#[derive(Debug)]
pub struct Collected<T> {
    records: Arc<Mutex<Vec<(Timestamp, T)>>>,
}

impl<T> Clone for Collected<T> {
    fn clone(&self) -> Self {
        Collected { records: self.records.clone() }
    }
}

impl<T> Default for Collected<T> {
    fn default() -> Self {
        Collected { records: Arc::default() }
    }
}

impl<T> Collected<T> {
    /// A sink that adds to these results.
    pub fn sink(&self) -> Collect<T> {
        Collect { collected: self.clone() }
    }

    /// Takes what was written so far.
    pub fn take(&self) -> Vec<T> {
        self.take_timed().into_iter().map(|(_, record)| record).collect()
    }

    /// Takes what was written so far, with its event times.
    pub fn take_timed(&self) -> Vec<(Timestamp, T)> {
        std::mem::take(&mut self.records.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes what was written so far, sorted: parallel tasks write in any order.
    pub fn sorted(&self) -> Vec<T>
    where
        T: Ord,
    {
        let mut records = self.take();
        records.sort();
        records
    }

    /// How many records were written and not taken.
    pub fn len(&self) -> usize {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// True if nothing was written since it was last taken.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Record + Send> Sink<T> for Collect<T> {
    type Writer = CollectWriter<T>;
    fn name(&self) -> String {
        "collect".to_owned()
    }
    fn open(&self, _: usize, _: usize) -> Result<CollectWriter<T>, SinkError> {
        Ok(CollectWriter { collected: self.collected.clone(), open: Vec::new() })
    }
}

/// Keeps what one task writes, and hands it over in portions.
#[derive(Debug)]
pub struct CollectWriter<T> {
    collected: Collected<T>,
    open: Vec<(Timestamp, T)>,
}

impl<T> CollectWriter<T> {
    /// Records after which the lock is taken once.
    const PORTION: usize = 1024;

    fn hand_over(&mut self) {
        let mut records = self.collected.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.append(&mut self.open);
    }
}

impl<T: Record + Send> Writer<T> for CollectWriter<T> {
    fn write(&mut self, time: Timestamp, record: View<'_, T>) -> Result<(), SinkError> {
        self.open.push((time, T::from_view(record)));
        if self.open.len() >= Self::PORTION {
            self.hand_over();
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.hand_over();
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        self.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_write_side_by_side() {
        let (sink, results) = collect::<String>();
        let (mut a, mut b) = (sink.open(0, 2).unwrap(), sink.open(1, 2).unwrap());
        a.write(Timestamp(1), "a").unwrap();
        b.write(Timestamp(2), "b").unwrap();
        assert!(results.is_empty(), "handed over in portions");
        b.flush().unwrap();
        a.finish().unwrap();
        b.finish().unwrap();
        assert_eq!(results.len(), 2);
        assert_eq!(results.take_timed(), [(Timestamp(2), "b".into()), (Timestamp(1), "a".into())]);
    }

    #[test]
    fn the_lock_is_taken_once_per_portion() {
        let (sink, results) = collect::<u64>();
        let mut writer = sink.open(0, 1).unwrap();
        for i in 0..CollectWriter::<u64>::PORTION as u64 {
            assert!(results.is_empty());
            writer.write(Timestamp::MIN, i).unwrap();
        }
        assert_eq!(results.len(), CollectWriter::<u64>::PORTION);
    }
}
