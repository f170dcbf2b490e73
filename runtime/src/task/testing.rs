//! Sources, sinks and plans for tests of this module.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::connector::{
    Fill, OpenSource, Position, Reader, Rejected, Sink, SinkError, Source, SourceError, Split,
    Writer,
};
use crate::exchange::{Edge, EdgeId, Partition};
use crate::plan::{ChainSpec, Plan};
use crate::record::{Record, View};
use crate::time::Timestamp;

/// Replays vectors, one per split, a few rows at a time.
pub(crate) struct VecSource<T> {
    pub(crate) splits: Vec<Vec<T>>,
    /// Never ends: at the end of a split it waits.
    pub(crate) unbounded: bool,
}

impl<T> VecSource<T> {
    pub(crate) fn new(splits: Vec<Vec<T>>) -> VecSource<T> {
        VecSource { splits, unbounded: false }
    }
}

pub(crate) struct VecReader<T> {
    rows: Vec<T>,
    next: usize,
    start: usize,
    unbounded: bool,
}

impl<T: Record + Clone + Send + Sync> Source for VecSource<T> {
    type Record = T;
    type Reader = VecReader<T>;
    fn name(&self) -> String {
        "vec".to_owned()
    }
    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        let split = |index: usize| Split { id: index.to_string(), detail: Value::Null };
        Ok((0..self.splits.len()).map(split).collect())
    }
    fn open(&self, open: OpenSource<'_>) -> Result<VecReader<T>, SourceError> {
        let index: usize = open.split.id.parse().unwrap();
        let rows = self.splits[index].clone();
        Ok(VecReader { rows, next: 0, start: 0, unbounded: self.unbounded })
    }
}

impl<T: Record + Clone> Reader for VecReader<T> {
    type Record = T;
    type Batch = Vec<T>;
    fn fill(
        &mut self,
        batch: &mut Vec<T>,
        limit: usize,
        _: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        self.start = self.next;
        self.next = self.rows.len().min(self.next + limit);
        batch.extend_from_slice(&self.rows[self.start..self.next]);
        Ok(match (self.next == self.rows.len(), self.unbounded) {
            (false, _) => Fill::More,
            (true, true) => Fill::Wait,
            (true, false) => Fill::End,
        })
    }
    fn position(&self) -> Position {
        Position(Value::from(self.next))
    }
    fn locate(&self, index: usize) -> String {
        format!("row {}", self.start + index)
    }
}

/// What tasks wrote, and whether they finished.
pub(crate) struct Collect<T> {
    pub(crate) written: Arc<Mutex<Vec<(usize, Timestamp, T)>>>,
    pub(crate) finished: Arc<Mutex<Vec<usize>>>,
}

impl<T> Clone for Collect<T> {
    fn clone(&self) -> Self {
        Collect { written: self.written.clone(), finished: self.finished.clone() }
    }
}

impl<T> Default for Collect<T> {
    fn default() -> Self {
        Collect { written: Arc::default(), finished: Arc::default() }
    }
}

impl<T: Record + Send> Collect<T> {
    pub(crate) fn take(&self) -> Vec<(usize, Timestamp, T)> {
        std::mem::take(&mut *self.written.lock().unwrap())
    }

    pub(crate) fn finished(&self) -> usize {
        self.finished.lock().unwrap().len()
    }
}

pub(crate) struct CollectWriter<T> {
    task: usize,
    rows: Vec<(usize, Timestamp, T)>,
    target: Collect<T>,
}

impl<T: Record + Send> Sink<T> for Collect<T> {
    type Writer = CollectWriter<T>;
    fn name(&self) -> String {
        "collect".to_owned()
    }
    fn open(&self, task: usize, _: usize) -> Result<CollectWriter<T>, SinkError> {
        Ok(CollectWriter { task, rows: Vec::new(), target: self.clone() })
    }
}

impl<T: Record + Send> Writer<T> for CollectWriter<T> {
    fn write(&mut self, time: Timestamp, record: View<'_, T>) -> Result<(), SinkError> {
        self.rows.push((self.task, time, T::from_view(record)));
        Ok(())
    }
    fn flush(&mut self) -> Result<(), SinkError> {
        self.target.written.lock().unwrap().append(&mut self.rows);
        Ok(())
    }
    fn finish(&mut self) -> Result<(), SinkError> {
        self.flush()?;
        self.target.finished.lock().unwrap().push(self.task);
        Ok(())
    }
}

/// An exchange of a plan.
pub(crate) fn edge<T>(plan: &mut Plan, partition: Partition) -> Edge<T> {
    plan.edge(crate::plan::EdgePlan { partition, label: "", key: None })
}

/// A chain of a plan.
pub(crate) fn spec(inputs: &[EdgeId], outputs: &[EdgeId]) -> ChainSpec {
    ChainSpec { inputs: inputs.to_vec(), outputs: outputs.to_vec(), ..ChainSpec::default() }
}
