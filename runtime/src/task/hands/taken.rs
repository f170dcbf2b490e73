//! What sinks were given, kept as a sink that writes exactly once keeps it.
//!
//! ```text
//!   a task's rows     [ committed | given since the last checkpoint ]
//!   read by the test                [ of which no checkpoint has any ]
//! ```
//!
//! A checkpoint commits what precedes its barrier. A crash loses the rest, and what is given again behind it is
//! compared with what the test has read: that does not come twice, and it must come.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::TaskId;
use crate::record::{Arena, Record};
use crate::time::Timestamp;

/// What one task's sink writes to.
pub(crate) struct Taken<T> {
    rows: RefCell<Vec<(Timestamp, T)>>,
    /// How many of the rows are committed: the first.
    committed: Cell<usize>,
    /// How many precede the barrier of the checkpoint under way.
    prepared: Cell<Option<usize>>,
}

impl<T> Taken<T> {
    pub(crate) fn push(&self, time: Timestamp, row: T) {
        self.rows.borrow_mut().push((time, row));
    }

    /// The barrier of a checkpoint has come.
    pub(crate) fn prepare(&self) {
        self.prepared.set(Some(self.rows.borrow().len()));
    }
}

/// A record with its time, as it is compared.
type Row = (Timestamp, Vec<u8>);

/// What the tasks of one sink wrote, in all attempts.
struct Rows<T> {
    /// What tasks wrote that there are no more, all committed.
    before: RefCell<Vec<(Timestamp, T)>>,
    tasks: RefCell<BTreeMap<TaskId, Rc<Taken<T>>>>,
    /// What the test has read and no checkpoint has, with how many times.
    uncommitted: RefCell<BTreeMap<Row, usize>>,
}

impl<T: Record> Rows<T> {
    fn task(&self, task: TaskId) -> Rc<Taken<T>> {
        let new = || {
            let (rows, committed, prepared) = Default::default();
            Rc::new(Taken { rows, committed, prepared })
        };
        self.tasks.borrow_mut().entry(task).or_insert_with(new).clone()
    }

    fn take(&self) -> Vec<(Timestamp, T)> {
        let (mut all, mut uncommitted) = (self.before.take(), self.uncommitted.borrow_mut());
        for task in self.tasks.borrow().values() {
            let mut rows = task.rows.borrow_mut();
            for (time, row) in &rows[task.committed.replace(0)..] {
                *uncommitted.entry(comparable(*time, row)).or_default() += 1;
            }
            all.append(&mut rows);
        }
        all
    }
}

/// The archive of a record: the same for equal records.
fn comparable<T: Record>(time: Timestamp, row: &T) -> Row {
    let mut arena = Arena::default();
    arena.put(row);
    (time, arena.as_bytes().to_vec())
}

/// What checkpoints and crashes do to the rows of a sink, whatever their type.
trait AnyRows {
    fn commit(&self);
    fn crash(&self, rescales: bool);
    fn given_again(&self) -> usize;
}

impl<T: Record> AnyRows for Rows<T> {
    fn commit(&self) {
        for task in self.tasks.borrow().values() {
            task.committed.set(task.prepared.take().unwrap_or(task.committed.get()));
        }
        self.uncommitted.borrow_mut().clear();
    }

    fn crash(&self, rescales: bool) {
        for task in self.tasks.borrow().values() {
            task.prepared.set(None);
            task.rows.borrow_mut().truncate(task.committed.get());
            if rescales {
                // What follows of a key may be another task's.
                task.committed.set(0);
                self.before.borrow_mut().append(&mut task.rows.borrow_mut());
            }
        }
    }

    fn given_again(&self) -> usize {
        let mut missing = self.uncommitted.borrow().clone();
        for task in self.tasks.borrow().values() {
            let mut rows = task.rows.borrow_mut();
            let again = rows.split_off(task.committed.get());
            rows.extend(again.into_iter().filter(|(time, row)| {
                let known = missing.get_mut(&comparable(*time, row)).filter(|left| **left > 0);
                known.map(|left| *left -= 1).is_none()
            }));
        }
        missing.values().sum()
    }
}

/// A sink that a test reads.
pub(crate) struct TakenSink {
    pub(crate) name: String,
    /// The type of its records.
    pub(crate) record: &'static str,
    pub(crate) chain: usize,
    rows: Rc<dyn AnyRows>,
    /// The same, as a `Rows<T>`.
    typed: Rc<dyn Any>,
}

impl TakenSink {
    pub(super) fn new<T: Record>(name: String, chain: usize) -> TakenSink {
        let (before, tasks, uncommitted) = Default::default();
        let rows = Rc::new(Rows::<T> { before, tasks, uncommitted });
        let record = std::any::type_name::<T>();
        TakenSink { name, record, chain, rows: rows.clone(), typed: rows }
    }

    /// What a task writes to: in every attempt the same.
    pub(super) fn task<T: Record>(&self, task: TaskId) -> Option<Rc<Taken<T>>> {
        Some(self.typed.downcast_ref::<Rows<T>>()?.task(task))
    }

    /// What each task wrote since the last call, if it writes records of this type.
    pub(crate) fn take<T: Record>(&self) -> Option<Vec<(Timestamp, T)>> {
        Some(self.typed.downcast_ref::<Rows<T>>()?.take())
    }

    /// A checkpoint is complete.
    pub(crate) fn commit(&self) {
        self.rows.commit();
    }

    /// What no checkpoint has is lost. If it `rescales`, keys may come from other tasks from here on.
    pub(crate) fn crash(&self, rescales: bool) {
        self.rows.crash(rescales);
    }

    /// Everything was done again since the last checkpoint: drops what the test has read before, and answers how much
    /// of that has not come.
    pub(crate) fn given_again(&self) -> usize {
        self.rows.given_again()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: i64) -> Timestamp {
        Timestamp(time)
    }

    fn values(sink: &TakenSink) -> Vec<u64> {
        sink.take::<u64>().unwrap().into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn committed_rows_stay_and_others_come_once() {
        let sink = TakenSink::new::<u64>("out".to_owned(), 0);
        let task = sink.task::<u64>((0, 0)).unwrap();
        (1..=3).for_each(|value| task.push(at(0), value));
        task.prepare();
        task.push(at(0), 4);
        sink.commit();
        sink.crash(false);
        sink.crash(true);
        assert_eq!(sink.given_again(), 0);
        assert_eq!(values(&sink), [1, 2, 3], "the 4 was behind the barrier");

        for value in [4, 4, 5] {
            task.push(at(0), value);
        }
        assert_eq!(values(&sink), [4, 4, 5]);
        task.push(at(0), 6);
        for _ in 0..2 {
            sink.crash(false);
            for value in [4, 6, 4, 4, 5] {
                task.push(at(0), value);
            }
            assert_eq!(sink.given_again(), 0);
        }
        assert_eq!(values(&sink), [6, 4], "what was read before does not come again");
    }

    #[test]
    fn what_was_read_and_does_not_come_again_is_counted() {
        let sink = TakenSink::new::<u64>("out".to_owned(), 0);
        let (one, two) = (sink.task::<u64>((0, 0)).unwrap(), sink.task::<u64>((0, 1)).unwrap());
        one.push(at(0), 1);
        two.push(at(0), 1);
        two.push(at(7), 2);
        assert_eq!(values(&sink), [1, 1, 2]);
        sink.crash(false);
        two.push(at(0), 1);
        one.push(at(8), 2);
        assert_eq!(sink.given_again(), 2, "of another time is another record");
        assert_eq!(values(&sink), [2]);
    }
}
