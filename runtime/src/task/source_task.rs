//! A source in one task: its splits, one after the other.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::hands::Fed;
use super::signal::SourceWaker;
use super::snapshot::{SourceSnapshot, SplitSnapshot};
use super::{Failure, Turn};
use crate::connector::{
    Fill, OnRejected, OpenSource, Reader, Rejected, Rows, Source, SourceError, Split,
};
use crate::exchange::Cursor;
use crate::operator::FailedWith;
use crate::record::View;

/// Whether a source has anything to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SourceStatus {
    /// It may be read.
    Ready,
    /// Its waker is called when it may be read again.
    Waiting,
    /// All splits are read to their end.
    Ended,
}

/// What a turn read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Polled {
    /// The split that was read.
    pub(crate) split: usize,
    pub(crate) records: u64,
    /// It was the split's last.
    pub(crate) ended: bool,
}

/// What the task's runner knows of a source, whatever its type.
pub(crate) trait AnySource {
    fn splits(&self) -> usize;
    fn status(&self) -> SourceStatus;
    /// Tells the splits that were read in vain.
    fn silent(&self, tell: &mut dyn FnMut(usize));
    /// True if the last turn left some of what was read behind.
    fn has_rest(&self) -> bool;
    /// Ends a turn that polled.
    ///
    /// # Errors
    /// If a record was rejected and nobody wanted to know.
    fn polled(&mut self) -> Result<Polled, Failure>;
    /// Where the record came from at which the last turn was left.
    fn locate(&self) -> Option<String>;
    /// Records rejected, and rejected records that were skipped, so far.
    fn rejected(&self) -> (u64, u64);
    /// How far the splits were read; all that was read was processed.
    fn snapshot(&self) -> SourceSnapshot;
    /// What the splits went on from; nothing if they began at their starts.
    fn restored(&self) -> &[SplitSnapshot];
}

/// The reader of one task.
pub struct SourceTask<S: Source> {
    source: Arc<S>,
    /// What it is called in snapshots.
    name: String,
    splits: Vec<SplitSnapshot>,
    is_restored: bool,
    /// The split being read; behind the last one at the end.
    split: usize,
    reader: Option<S::Reader>,
    batch: <S::Reader as Reader>::Batch,
    empty: <S::Reader as Reader>::Batch,
    fill: Fill,
    cursor: Cursor,
    /// Rows of the batch processed by earlier turns.
    passed: usize,
    rest: bool,
    rejected: Vec<Rejected>,
    /// The rejected records of the last fill were not asked for yet.
    unheard: bool,
    counts: (u64, u64),
    waker: Arc<SourceWaker>,
    /// What a test feeds the task in the place of the reader.
    fed: Option<Rc<Fed<S::Record>>>,
}

impl<S: Source> SourceTask<S> {
    pub(crate) fn new(
        source: Arc<S>,
        name: String,
        splits: TaskSplits,
        waker: Arc<SourceWaker>,
        fed: Option<Rc<Fed<S::Record>>>,
    ) -> Self {
        let is_restored = matches!(splits, TaskSplits::Restored(_));
        let splits = match splits {
            TaskSplits::Restored(splits) => splits,
            TaskSplits::New(splits) => splits.into_iter().map(SplitSnapshot::new).collect(),
        };
        SourceTask {
            fed,
            source,
            name,
            splits,
            is_restored,
            split: 0,
            reader: None,
            batch: Default::default(),
            empty: Default::default(),
            fill: Fill::More,
            cursor: Cursor::default(),
            passed: 0,
            rest: false,
            rejected: Vec::new(),
            unheard: false,
            counts: (0, 0),
            waker,
        }
    }

    /// Reads the next rows: none unless the turn polls.
    ///
    /// # Errors
    /// If the input cannot be opened or read.
    #[inline]
    pub fn read<'a, 'f: 'a>(
        &'a mut self,
        turn: &mut Turn<'f>,
    ) -> Result<SourceRows<'a, S>, Failure> {
        let polls = turn.polls && (self.fed.is_some() || self.split < self.splits.len());
        if polls {
            if !self.rest {
                self.fill(turn.limit)?;
            }
            turn.split = self.split;
        }
        Ok(self.rows(polls, turn.blocked))
    }

    fn rows<'a>(&'a self, polls: bool, blocked: &'a Cell<bool>) -> SourceRows<'a, S> {
        let batch = if polls { &self.batch } else { &self.empty };
        let mut rows = batch.rows();
        let passed = if polls { self.passed } else { 0 };
        if passed > 0 {
            // Behind a full output: the turn before stopped in the middle of the batch.
            rows.nth(passed - 1);
        }
        let cursor = polls.then_some(&self.cursor);
        SourceRows { rows, next: passed, left: true, rest: false, blocked, cursor }
    }

    fn fill(&mut self, limit: usize) -> Result<(), Failure> {
        self.batch.clear();
        self.rejected.clear();
        self.passed = 0;
        self.cursor.set(0, false, false);
        if let Some(fed) = &self.fed {
            let mut records = Vec::new();
            self.split = fed.take(limit, &mut records, &mut self.rejected);
            self.batch.hold(records);
            self.heard_of();
            return Ok(());
        }
        if self.reader.is_none() {
            self.open()?;
        }
        // Before the read: what arrives from here on is either read or sets it again.
        self.waker.ready.store(false, Ordering::SeqCst);
        let Some(reader) = &mut self.reader else { return Ok(()) };
        let fill = reader.fill(&mut self.batch, limit, &mut self.rejected);
        self.fill = fill.map_err(failed)?;
        self.heard_of();
        Ok(())
    }

    fn heard_of(&mut self) {
        self.unheard = !self.rejected.is_empty();
        self.counts.0 += self.rejected.len() as u64;
    }

    fn open(&mut self) -> Result<(), Failure> {
        let SplitSnapshot { split, position, .. } = &self.splits[self.split];
        let (position, waker) = (position.as_ref(), self.waker.clone().into());
        let open = OpenSource { split, position, waker };
        self.reader = Some(self.source.open(open).map_err(failed)?);
        Ok(())
    }

    /// The records that this turn's read could not decode, once: what `.errors_to(side)` sends there.
    pub fn rejected(&mut self) -> impl Iterator<Item = FailedWith<&str, &str, String>> {
        let heard = if std::mem::take(&mut self.unheard) { &self.rejected[..] } else { &[] };
        let name = self.source.name();
        heard.iter().map(move |rejected| FailedWith {
            record: &*rejected.record,
            error: &*rejected.error,
            operator: format!("{name} at {}", rejected.position),
        })
    }
}

#[cold]
fn undecodable(source: &str, rejected: &Rejected) -> Failure {
    let Rejected { record, error, position } = rejected;
    let shown: String = record.chars().take(200).collect();
    let cause = format!("cannot decode `{shown}`: {error}");
    Failure::of_operator(source, cause).at(|| position.clone())
}

#[cold]
fn failed(error: SourceError) -> Failure {
    Failure::new(error)
}

impl<S: Source> AnySource for SourceTask<S> {
    fn splits(&self) -> usize {
        self.fed.as_ref().map_or(self.splits.len(), |fed| fed.splits())
    }

    fn status(&self) -> SourceStatus {
        if let Some(fed) = &self.fed {
            return match (self.rest || fed.is_waiting(), fed.has_ended()) {
                (true, _) => SourceStatus::Ready,
                (false, true) => SourceStatus::Ended,
                (false, false) => SourceStatus::Waiting,
            };
        }
        if self.split >= self.splits.len() {
            SourceStatus::Ended
        } else if self.fill == Fill::Wait && !self.rest && !self.waker.ready.load(Ordering::SeqCst)
        {
            SourceStatus::Waiting
        } else {
            SourceStatus::Ready
        }
    }

    fn silent(&self, tell: &mut dyn FnMut(usize)) {
        match &self.fed {
            Some(fed) => fed.open().for_each(tell),
            None => tell(self.split),
        }
    }

    fn has_rest(&self) -> bool {
        self.rest
    }

    fn polled(&mut self) -> Result<Polled, Failure> {
        let records = (self.cursor.next() - self.passed) as u64;
        self.passed = self.cursor.next();
        self.rest = self.cursor.has_rest();
        if std::mem::take(&mut self.unheard) {
            if self.source.on_rejected() != OnRejected::Skip {
                return Err(undecodable(&self.source.name(), &self.rejected[0]));
            }
            self.counts.1 += self.rejected.len() as u64;
        }
        let polled =
            Polled { split: self.split, records, ended: self.fill == Fill::End && !self.rest };
        if polled.ended {
            self.reader = None;
            self.fill = Fill::More;
            self.split += 1;
        }
        Ok(polled)
    }

    fn locate(&self) -> Option<String> {
        let index = self.cursor.left_at()?;
        if self.fed.is_some() {
            return Some(format!("record {index} of those sent to split {}", self.split));
        }
        self.reader.as_ref().map(|reader| reader.locate(index))
    }

    fn rejected(&self) -> (u64, u64) {
        self.counts
    }

    fn snapshot(&self) -> SourceSnapshot {
        if let Some(fed) = &self.fed {
            return SourceSnapshot { name: self.name.clone(), splits: fed.snapshots() };
        }
        let mut splits = self.splits.clone();
        for split in splits.iter_mut().take(self.split) {
            split.ended = true;
        }
        if let (Some(split), Some(reader)) = (splits.get_mut(self.split), &self.reader) {
            split.position = Some(reader.position());
        }
        SourceSnapshot { name: self.name.clone(), splits }
    }

    fn restored(&self) -> &[SplitSnapshot] {
        if self.is_restored { &self.splits } else { &[] }
    }
}

/// The splits that a task is to read.
pub(crate) enum TaskSplits {
    /// From their starts.
    New(Vec<Split>),
    /// From where a checkpoint was.
    Restored(Vec<SplitSnapshot>),
}

/// Iterator over the rows that a turn read.
///
/// It counts in a register; the position is written when it is dropped, unwinding included, so that a failure can be
/// located.
pub struct SourceRows<'a, S: Source>
where
    <S::Reader as Reader>::Batch: 'a,
{
    rows: <<S::Reader as Reader>::Batch as Rows>::Iter<'a>,
    next: usize,
    left: bool,
    rest: bool,
    blocked: &'a Cell<bool>,
    cursor: Option<&'a Cursor>,
}

impl<'a, S: Source> Iterator for SourceRows<'a, S> {
    type Item = View<'a, <<S::Reader as Reader>::Batch as Rows>::Record>;
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.blocked.get() {
            // The next turn goes on here.
            self.rest = true;
            self.left = false;
            return None;
        }
        let row = self.rows.next();
        if row.is_some() {
            self.next += 1;
        } else {
            self.left = false;
        }
        row
    }
}

impl<S: Source> Drop for SourceRows<'_, S> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(cursor) = self.cursor {
            cursor.set(self.next, self.left, self.rest);
        }
    }
}
