//! Sources: what a pipeline reads.

use serde::{Deserialize, Serialize};

use super::SourceError;
use crate::record::{Record, View};

/// Where records come from.
///
/// A source is divided into *splits* (a file, a byte range, a partition), which are dealt out to the parallel tasks;
/// each task reads its splits one after the other. Watermarks are generated per split.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source",
    label = "records cannot be read from this",
    note = "to fix: read `files(\"flights.csv\").csv()`, `collection([1u64, 2, 3])`, or a type of your own that implements `Source`"
)]
pub trait Source: Send + Sync + 'static {
    /// What it yields.
    type Record: Record;
    /// Reads one split.
    type Reader: Reader<Record = Self::Record>;

    /// What plans, logs and metrics call it, for instance `files(flights.csv.gz)`.
    fn name(&self) -> String;

    /// The splits, for `parallelism` tasks. The same input gives the same splits in the same order.
    ///
    /// # Errors
    /// If the input cannot be found or listed.
    fn splits(&self, parallelism: usize) -> Result<Vec<Split>, SourceError>;

    /// The splits of a checkpoint that were not read to their end, for another number of tasks. They are dealt out as
    /// they are, unless a source says otherwise: one that divides itself by the parallelism. The records must be those
    /// that were left, each once.
    ///
    /// A job that is restored reads these: [`splits`](Source::splits) is asked when it first starts.
    ///
    /// # Errors
    /// If the splits or positions are not of this source.
    fn redivide(
        &self,
        splits: Vec<Resumed>,
        parallelism: usize,
    ) -> Result<Vec<Resumed>, SourceError> {
        let _ = parallelism;
        Ok(splits)
    }

    /// Opens one split, from its start or behind a position; on the thread that will read it.
    ///
    /// # Errors
    /// If the input cannot be opened.
    fn open(&self, open: OpenSource<'_>) -> Result<Self::Reader, SourceError>;

    /// What makes the input of two runs the same: place, format, how it is divided. A job is not restored from a
    /// checkpoint in which it differs. The [`name`](Source::name) unless said otherwise.
    fn parameters(&self) -> String {
        self.name()
    }

    /// False if what was read once cannot be read again from a position, so that a failure loses records.
    fn is_replayable(&self) -> bool {
        true
    }

    /// What becomes of records that cannot be decoded.
    fn on_rejected(&self) -> OnRejected {
        OnRejected::Fail
    }
}

/// What becomes of a record that a source cannot decode, or a sink cannot encode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnRejected {
    /// The task fails, with the record's position and the reason.
    #[default]
    Fail,
    /// It is left out and counted: `.or_skip()`.
    Skip,
    /// It goes to a side output: `.errors_to(side)`.
    Side,
}

/// What [`Source::open`] is given.
pub struct OpenSource<'a> {
    /// The split to read.
    pub split: &'a Split,
    /// Where to go on; `None` for the start.
    pub position: Option<&'a Position>,
    /// Wakes the slot when a reader that answered [`Fill::Wait`] has something again.
    pub waker: std::task::Waker,
}

/// A part of a source's input that one task reads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Split {
    /// Unique within the source and the same on every run, for instance `data/flights.csv@0..1048576`.
    pub id: String,
    /// What the source needs to open it.
    pub detail: serde_json::Value,
}

/// How far a split was read; opaque to all but its source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Position(pub serde_json::Value);

/// A split of a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resumed {
    /// The split.
    pub split: Split,
    /// How far it was read; `None` if not at all.
    pub position: Option<Position>,
}

/// Reads one split, a batch at a time.
pub trait Reader: 'static {
    /// What it yields.
    type Record: Record;
    /// How a batch is held: `Vec<Record>`, or something that hands out views of an input buffer.
    type Batch: Rows<Record = Self::Record> + Default + 'static;

    /// Reads the next records into `batch`, which was cleared: about `limit` at most, and no more than some 64 KiB. It
    /// never blocks for long: it answers [`Fill::Wait`] instead.
    ///
    /// # Errors
    /// If the input cannot be read. A record that cannot be decoded is not an error but goes to `rejected`.
    fn fill(
        &mut self,
        batch: &mut Self::Batch,
        limit: usize,
        rejected: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError>;

    /// The position behind the last record of the last batch; [`Source::open`] goes on there.
    fn position(&self) -> Position;

    /// Where record `index` of the last batch came from, for error messages: `flights.csv:17`.
    fn locate(&self, index: usize) -> String;
}

/// What came of [`Reader::fill`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fill {
    /// There may be more at once.
    More,
    /// Nothing more now: the waker is called when there is.
    Wait,
    /// The split is read to its end; `batch` may still hold its last records.
    End,
}

/// Records read at once, handed out as views.
pub trait Rows {
    /// What it holds.
    type Record: Record;
    /// Iterates over the views, in order. `nth` should be quick: the engine resumes a batch with it.
    type Iter<'a>: Iterator<Item = View<'a, Self::Record>>
    where
        Self: 'a;
    /// Empties it, keeps the memory.
    fn clear(&mut self);
    /// The views.
    fn rows(&self) -> Self::Iter<'_>;
    /// Holds these records and no others, as if they had been read: a test feeds a pipeline so.
    fn hold(&mut self, records: Vec<Self::Record>);
}

impl<T: Record> Rows for Vec<T> {
    type Record = T;
    type Iter<'a> = Views<'a, T>;
    fn clear(&mut self) {
        Vec::clear(self);
    }
    #[inline(always)]
    fn rows(&self) -> Views<'_, T> {
        Views(self.iter())
    }
    fn hold(&mut self, records: Vec<T>) {
        *self = records;
    }
}

/// The views of a slice of records.
#[derive(Clone, Debug)]
pub struct Views<'a, T>(std::slice::Iter<'a, T>);

impl<'a, T: Record> Iterator for Views<'a, T> {
    type Item = View<'a, T>;
    #[inline(always)]
    fn next(&mut self) -> Option<View<'a, T>> {
        self.0.next().map(T::as_view)
    }
    fn nth(&mut self, skipped: usize) -> Option<View<'a, T>> {
        self.0.nth(skipped).map(T::as_view)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

/// A record that could not be decoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejected {
    /// What was read, as text (lossy if it is not).
    pub record: String,
    /// Why it was rejected.
    pub error: String,
    /// Where it stood: `flights.csv:17`.
    pub position: String,
}
