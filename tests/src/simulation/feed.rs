//! A source whose input a seed has made, that stops for breath now and then, and sometimes fails.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use thalweg::connector::{
    Fill, OpenSource, Position, Reader, Rejected, Source, SourceError, Split,
};
use thalweg::record::Record;
use thalweg::testing::simulation::{Effect, below, effect};

use super::cases::{Event, Inputs};

thread_local! {
    /// By name: the splits of each source.
    static INPUTS: RefCell<BTreeMap<String, Vec<Vec<Event>>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Sets what the sources of this thread read.
pub fn set(inputs: BTreeMap<String, Vec<Vec<Event>>>) {
    INPUTS.set(inputs);
}

/// What was read of the inputs, if these splits were read up to their positions only.
pub fn read(inputs: &Inputs, unread: &[(String, Option<Position>)]) -> Inputs {
    let mut read = inputs.clone();
    for (split, position) in unread {
        let (source, index) = split.split_once('/').expect("as it was made");
        let index: usize = index.parse().expect("as it was made");
        let next = position.as_ref().map_or(0, place);
        read.get_mut(source).expect("a source of the case")[index].truncate(next);
    }
    read
}

/// The number of the next event.
fn place(position: &Position) -> usize {
    position.0.as_u64().expect("as it was made") as usize
}

/// Reads the input of this name.
pub fn feed(name: &str) -> Feed<Event> {
    Feed { name: name.to_owned(), kind: PhantomData }
}

/// See [`feed`].
pub struct Feed<T> {
    name: String,
    kind: PhantomData<fn() -> T>,
}

/// Reads one split.
pub struct FeedReader {
    name: String,
    rows: Vec<Event>,
    next: usize,
    waker: std::task::Waker,
}

impl Source for Feed<Event>
where
    Event: Record,
{
    type Record = Event;
    type Reader = FeedReader;

    fn name(&self) -> String {
        format!("feed({})", self.name)
    }

    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        let splits = INPUTS.with_borrow(|inputs| inputs[&self.name].len());
        let id = |index| format!("{}/{index}", self.name);
        let split = |index: usize| Split { id: id(index), detail: index.into() };
        Ok((0..splits).map(split).collect())
    }

    fn open(&self, open: OpenSource<'_>) -> Result<FeedReader, SourceError> {
        let index = open.split.detail.as_u64().expect("as listed") as usize;
        let rows = INPUTS.with_borrow(|inputs| inputs[&self.name][index].clone());
        let next = open.position.map_or(0, place);
        Ok(FeedReader { name: open.split.id.clone(), rows, next, waker: open.waker })
    }
}

impl Reader for FeedReader {
    type Record = Event;
    type Batch = Vec<Event>;

    fn fill(
        &mut self,
        batch: &mut Vec<Event>,
        limit: usize,
        _: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        if below(16) == 0 && effect(&format!("read {}", self.name)) != Effect::Happens {
            return Err(SourceError::new("it does not answer", "try again"));
        }
        let end = (self.next + 1 + below(limit.min(8))).min(self.rows.len());
        batch.extend(self.rows[self.next.min(end)..end].iter().cloned());
        self.next = end;
        if end == self.rows.len() {
            Ok(Fill::End)
        } else if below(4) == 0 {
            self.waker.wake_by_ref();
            Ok(Fill::Wait)
        } else {
            Ok(Fill::More)
        }
    }

    fn position(&self) -> Position {
        Position(self.next.into())
    }

    fn locate(&self, index: usize) -> String {
        format!("record {index} of a batch before {} of {}", self.next, self.name)
    }
}
