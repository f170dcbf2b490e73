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

/// What is read up to the end, or until there is nothing more now.
fn rest<S: Source>(
    mut reader: S::Reader,
    limit: usize,
    mut reached: impl FnMut(&S::Reader, usize, usize),
) -> Drained<S::Record> {
    let mut all = Drained { records: vec![], places: vec![], rejected: vec![] };
    let mut batch = <S::Reader as Reader>::Batch::default();
    loop {
        reached(&reader, all.records.len(), all.rejected.len());
        batch.clear();
        let fill = reader.fill(&mut batch, limit, &mut all.rejected).unwrap();
        for (index, view) in batch.rows().enumerate() {
            all.records.push(S::Record::from_view(view));
            all.places.push(reader.locate(index));
        }
        if fill != Fill::More {
            reached(&reader, all.records.len(), all.rejected.len());
            return all;
        }
    }
}

/// Reads every split with batches of about `limit`, and again from each position behind a batch, with others. What
/// comes behind a position must be what came behind it before: the records, where they stood, and what was rejected.
pub fn check_positions<S: Source>(source: &S, parallelism: usize, limit: usize, other: usize)
where
    S::Record: PartialEq + std::fmt::Debug,
{
    for split in source.splits(parallelism).unwrap() {
        let mut positions = Vec::new();
        let whole =
            rest::<S>(open(source, &split, None).unwrap(), limit, |reader, records, rejected| {
                // Through text, as a checkpoint keeps it.
                let kept = serde_json::to_string(&reader.position()).unwrap();
                positions.push((kept, records, rejected));
            });
        let step = positions.len().div_ceil(12);
        for (kept, records, rejected) in positions.into_iter().step_by(step) {
            let position: Position = serde_json::from_str(&kept).unwrap();
            let reader = open(source, &split, Some(&position)).unwrap();
            // A failure before anything more was read.
            let reader = open(source, &split, Some(&reader.position())).unwrap();
            let rest = rest::<S>(reader, other, |_, _, _| {});
            assert_eq!(rest.records, whole.records[records..], "{} at {kept}", split.id);
            assert_eq!(rest.places, whole.places[records..], "{} at {kept}", split.id);
            // In what order those of one batch come is not promised.
            let sorted = |rejected: &[Rejected]| {
                let mut rejected = rejected.to_vec();
                rejected.sort_by(|a, b| a.position.cmp(&b.position));
                rejected
            };
            let behind = &whole.rejected[rejected..];
            assert_eq!(sorted(&rest.rejected), sorted(behind), "{} at {kept}", split.id);
        }
    }
}
