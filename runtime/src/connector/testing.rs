//! Drives readers and writers without an engine, for the tests of this folder.

use std::task::Waker;

use super::{Fill, OpenSource, Position, Reader, Rejected, Rows, Sink, SinkError, Source, Writer};
use super::{SourceError, Split};
use crate::record::Record;
use crate::time::Timestamp;

/// What a split gave.
#[derive(Debug)]
pub struct Drained<T> {
    pub records: Vec<T>,
    /// Where each record stood.
    pub places: Vec<String>,
    pub rejected: Vec<Rejected>,
}

pub fn drain<S: Source>(
    source: &S,
    split: &Split,
    limit: usize,
) -> Result<Drained<S::Record>, SourceError> {
    drain_from(source, split, limit, usize::MAX)
}

/// The same, reopened at its position after `fills` batches.
pub fn drain_from<S: Source>(
    source: &S,
    split: &Split,
    limit: usize,
    fills: usize,
) -> Result<Drained<S::Record>, SourceError> {
    let mut drained = Drained { records: vec![], places: vec![], rejected: vec![] };
    let mut reader = open(source, split, None)?;
    let mut batch = <S::Reader as Reader>::Batch::default();
    let mut filled = 0;
    loop {
        batch.clear();
        let fill = reader.fill(&mut batch, limit, &mut drained.rejected)?;
        for (index, view) in batch.rows().enumerate() {
            drained.records.push(S::Record::from_view(view));
            drained.places.push(reader.locate(index));
        }
        filled += 1;
        match fill {
            Fill::End => return Ok(drained),
            Fill::Wait => std::thread::yield_now(),
            Fill::More if filled == fills => {
                // Through text, as a snapshot would keep it.
                let kept = serde_json::to_string(&reader.position()).unwrap();
                let position: Position = serde_json::from_str(&kept).unwrap();
                reader = open(source, split, Some(&position))?;
            }
            Fill::More => {}
        }
    }
}

pub fn open<S: Source>(
    source: &S,
    split: &Split,
    position: Option<&Position>,
) -> Result<S::Reader, SourceError> {
    source.open(OpenSource { split, position, waker: Waker::noop().clone() })
}

/// All splits, one after the other.
pub fn drain_all<S: Source>(
    source: &S,
    parallelism: usize,
    limit: usize,
) -> Result<Vec<S::Record>, SourceError> {
    let mut all = Vec::new();
    for split in source.splits(parallelism)? {
        all.extend(drain(source, &split, limit)?.records);
    }
    Ok(all)
}

pub fn write_all<T: Record>(sink: &impl Sink<T>, records: &[T]) -> Result<(), SinkError> {
    let mut writer = sink.open(0, 1)?;
    for record in records {
        writer.write(Timestamp::MIN, record.as_view())?;
    }
    writer.flush()?;
    writer.finish()
}
