//! What a test puts in the place of sources and sinks: records that it sends, records that it takes.
//!
//! The chains are those of the plan, and so are their types: a source's task reads from a queue instead of its reader,
//! a sink's task writes to a list instead of its writer.

mod taken;

use std::any::{Any, type_name};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use super::snapshot::{SplitSnapshot, TaskId};
use crate::connector::{Position, Rejected, Split};
use crate::record::Record;

pub(crate) use taken::{Taken, TakenSink};

/// What tests call a source or sink of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// Where it lies: nothing else is known of a connector in every task, whatever its type.
    pub(crate) address: usize,
    pub(crate) name: String,
    pub(crate) is_source: bool,
}

impl Label {
    /// Where a shared connector lies.
    pub(crate) fn address_of<S>(connector: &Arc<S>) -> usize {
        Arc::as_ptr(connector).addr()
    }
}

/// What one task of a source reads.
pub(crate) struct Fed<T> {
    queue: RefCell<VecDeque<(usize, Result<T, Rejected>)>>,
    /// Of each split: whether it has ended.
    ended: Rc<RefCell<Vec<bool>>>,
    /// Of each split: how much of what was sent has been read, in all attempts.
    read: Rc<RefCell<Vec<usize>>>,
    /// The splits' numbers in the whole source.
    numbers: Vec<usize>,
}

impl<T> Fed<T> {
    /// The splits as a checkpoint knows them. Those that have ended are among them: a test says of each again that it
    /// has.
    pub(crate) fn snapshots(&self) -> Vec<SplitSnapshot> {
        let read = self.read.borrow();
        let snapshot = |(number, read): (&usize, &usize)| {
            let split = Split { id: number.to_string(), detail: serde_json::Value::Null };
            let position = Some(Position((*read).into()));
            SplitSnapshot { split, position, ended: false, times: Vec::new() }
        };
        self.numbers.iter().zip(&*read).map(snapshot).collect()
    }

    /// Goes on where a checkpoint was; answers what it has of the task's splits.
    pub(crate) fn go_on(&self, source: &[SplitSnapshot]) -> Vec<SplitSnapshot> {
        let known = |own: SplitSnapshot| {
            source.iter().find(|saved| saved.split.id == own.split.id).cloned().unwrap_or(own)
        };
        let splits: Vec<_> = self.snapshots().into_iter().map(known).collect();
        let read = |split: &SplitSnapshot| Some(split.position.as_ref()?.0.as_u64()? as usize);
        *self.read.borrow_mut() = splits.iter().map(|split| read(split).unwrap_or(0)).collect();
        splits
    }

    /// Sends a record, or what cannot be decoded, to a split of the task.
    pub(crate) fn send(&self, split: usize, record: Result<T, Rejected>) {
        self.queue.borrow_mut().push_back((split, record));
    }

    pub(crate) fn splits(&self) -> usize {
        self.ended.borrow().len()
    }

    pub(crate) fn is_waiting(&self) -> bool {
        !self.queue.borrow().is_empty()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.borrow().iter().all(|&ended| ended)
    }

    /// The splits that have not ended.
    pub(crate) fn open(&self) -> impl Iterator<Item = usize> + use<T> {
        let ended = self.ended.borrow().clone();
        ended.into_iter().enumerate().filter(|&(_, ended)| !ended).map(|(split, _)| split)
    }

    /// Takes up to `limit` records of the first split that has any, in the order in which they were sent; answers the
    /// split.
    pub(crate) fn take(
        &self,
        limit: usize,
        records: &mut Vec<T>,
        rejected: &mut Vec<Rejected>,
    ) -> usize {
        let mut queue = self.queue.borrow_mut();
        let split = queue.front().map_or(0, |&(split, _)| split);
        let before = queue.len();
        while records.len() < limit && queue.front().is_some_and(|&(of, _)| of == split) {
            match queue.pop_front() {
                Some((_, Ok(record))) => records.push(record),
                Some((_, Err(error))) => rejected.push(error),
                None => break,
            }
        }
        if let Some(read) = self.read.borrow_mut().get_mut(split) {
            *read += before - queue.len();
        }
        split
    }
}

/// A source that a test feeds.
pub(crate) struct FedSource {
    pub(crate) name: String,
    /// The type of its records.
    pub(crate) record: &'static str,
    pub(crate) chain: usize,
    /// Of the whole source.
    pub(crate) splits: usize,
    tasks: Vec<FedTask>,
}

struct FedTask {
    /// A `Fed<T>`.
    fed: Rc<dyn Any>,
    ended: Rc<RefCell<Vec<bool>>>,
    read: Rc<RefCell<Vec<usize>>>,
}

impl FedSource {
    /// The task that reads a split, and which of its splits it is.
    pub(crate) fn task_of(&self, split: usize) -> (usize, usize) {
        (split % self.tasks.len(), split / self.tasks.len())
    }

    /// What a task reads, if it reads records of this type.
    pub(crate) fn fed<T: Record>(&self, task: usize) -> Option<Rc<Fed<T>>> {
        self.tasks[task].fed.clone().downcast().ok()
    }

    /// Ends a split.
    pub(crate) fn end(&self, split: usize) {
        let (task, local) = self.task_of(split);
        self.tasks[task].ended.borrow_mut()[local] = true;
    }

    pub(crate) fn has_ended(&self, split: usize) -> bool {
        let (task, local) = self.task_of(split);
        self.tasks[task].ended.borrow()[local]
    }

    /// How much of what was sent to a split has been read.
    pub(crate) fn read(&self, split: usize) -> usize {
        let (task, local) = self.task_of(split);
        self.tasks[task].read.borrow()[local]
    }
}

/// The hand-fed sources and hand-read sinks of one plan.
#[derive(Default)]
pub(crate) struct Hands {
    labels: BTreeMap<usize, Label>,
    splits: BTreeMap<String, usize>,
    only_fed_watermarks: Cell<bool>,
    pub(crate) sources: RefCell<Vec<FedSource>>,
    pub(crate) sinks: RefCell<Vec<TakenSink>>,
}

impl Hands {
    /// In the place of these connectors; `splits` says how many splits each source has that has not one.
    pub(crate) fn new(labels: &[Label], splits: BTreeMap<String, usize>) -> Hands {
        let labels = labels.iter().map(|label| (label.address, label.clone())).collect();
        Hands { labels, splits, ..Hands::default() }
    }

    /// Watermarks come from the test alone.
    pub(crate) fn ignore_generators(&self) {
        self.only_fed_watermarks.set(true);
    }

    pub(crate) fn only_fed_watermarks(&self) -> bool {
        self.only_fed_watermarks.get()
    }

    /// What a task of the source at `address` reads.
    pub(crate) fn source<T: Record>(
        &self,
        address: usize,
        (chain, task): TaskId,
        parallelism: usize,
    ) -> Option<Rc<Fed<T>>> {
        let name = &self.labels.get(&address).filter(|label| label.is_source)?.name;
        let splits = self.splits.get(name).copied().unwrap_or(1);
        let numbers: Vec<usize> = (task..splits).step_by(parallelism).collect();
        let ended = Rc::new(RefCell::new(vec![false; numbers.len()]));
        let read = Rc::new(RefCell::new(vec![0; numbers.len()]));
        let (queue, of_fed) = (RefCell::default(), (ended.clone(), read.clone()));
        let fed = Rc::new(Fed { queue, ended: of_fed.0, read: of_fed.1, numbers });
        let mut sources = self.sources.borrow_mut();
        if !sources.iter().any(|source| source.chain == chain) {
            let (name, record) = (name.clone(), type_name::<T>());
            sources.push(FedSource { name, record, chain, splits, tasks: Vec::new() });
        }
        // Tasks of a chain are opened in their order.
        let source = sources.iter_mut().find(|source| source.chain == chain)?;
        source.tasks.push(FedTask { fed: fed.clone(), ended, read });
        Some(fed)
    }

    /// What a task of the sink at `address` writes to.
    pub(crate) fn sink<T: Record>(&self, address: usize, task: TaskId) -> Option<Rc<Taken<T>>> {
        let name = &self.labels.get(&address).filter(|label| !label.is_source)?.name;
        let mut sinks = self.sinks.borrow_mut();
        let known = sinks.iter().position(|sink| sink.name == *name);
        let index = known.unwrap_or_else(|| {
            sinks.push(TakenSink::new::<T>(name.clone(), task.0));
            sinks.len() - 1
        });
        sinks[index].task(task)
    }

    /// All tasks are gone, and what no checkpoint has of the sinks.
    pub(crate) fn crash(&self, rescales: bool) {
        self.sources.borrow_mut().clear();
        self.sinks.borrow().iter().for_each(|sink| sink.crash(rescales));
    }

    /// A checkpoint is complete.
    pub(crate) fn commit(&self) {
        self.sinks.borrow().iter().for_each(TakenSink::commit);
    }
}
