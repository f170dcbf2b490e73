use arrow_array::{
    ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray, TimestampSecondArray,
};
use arrow_schema::Field;
use parquet::arrow::ArrowWriter;
use std::sync::Arc;

use arrow_array::{RecordBatch, StructArray};

use crate::connector::{Fill, OpenSource, Reader, Source, files};
use crate::record;
use crate::time::Timestamp;

/// Where something was, and when.
#[record]
#[derive(Clone, PartialEq, Debug)]
struct Seen {
    /// When.
    at: Timestamp,
    /// When, nested.
    inner: Inner,
    /// What.
    name: Option<String>,
}

/// Nested.
#[record]
#[derive(Clone, PartialEq, Debug)]
struct Inner {
    /// When.
    at: Option<Timestamp>,
}

/// A file that somebody else has written: other units, other columns, other orders.
fn write(path: &std::path::Path, rows: i64) {
    let micros = (0..rows).map(|n| n * 1_000_000 - 1);
    let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter_values(micros));
    let seconds = (0..rows).map(|n| (n % 2 == 0).then_some(n));
    let inner: ArrayRef = Arc::new(TimestampSecondArray::from_iter(seconds).with_timezone("UTC"));
    let inner_field = Arc::new(Field::new("at", inner.data_type().clone(), true));
    let inner: ArrayRef = Arc::new(StructArray::from(vec![(inner_field, inner)]));
    let other: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    let name: ArrayRef =
        Arc::new(StringArray::from_iter((0..rows).map(|n| (n > 0).then(|| n.to_string()))));
    let columns = [("other", other), ("name", name), ("inner", inner), ("at", at)];
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.map(|(field, array)| (field, array, field == "name")),
    )
    .unwrap();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    // Two row groups.
    for half in [batch.slice(0, 3), batch.slice(3, rows as usize - 3)] {
        writer.write(&half).unwrap();
        writer.flush().unwrap();
    }
    writer.close().unwrap();
}

fn expected(rows: i64) -> Vec<Seen> {
    let row = |n: i64| Seen {
        at: Timestamp((n * 1_000_000 - 1).div_euclid(1_000)),
        inner: Inner { at: (n % 2 == 0).then_some(Timestamp(n * 1_000)) },
        name: (n > 0).then(|| n.to_string()),
    };
    (0..rows).map(row).collect()
}

#[test]
fn foreign_files_are_read_from_any_position() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    write(&path, 10);
    let source = files(&path).parquet::<Seen>();
    let splits = source.splits(1).unwrap();
    assert_eq!(splits.len(), 2);
    let waker = || std::task::Waker::noop().clone();
    let mut all = Vec::new();
    for split in &splits {
        let open = OpenSource { split, position: None, waker: waker() };
        let mut reader = source.open(open).unwrap();
        let (mut batch, mut rejected) = (Vec::new(), Vec::new());
        let mut reached = vec![(all.len(), reader.position())];
        while reader.fill(&mut batch, 2, &mut rejected).unwrap() == Fill::More {
            assert_eq!(reader.locate(0), format!("{}:{}", path.display(), all.len() + 1));
            all.append(&mut batch);
            reached.push((all.len(), reader.position()));
        }
        assert!(rejected.is_empty(), "{rejected:?}");
        let end = all.len();
        for (before, position) in reached {
            let open = OpenSource { split, position: Some(&position), waker: waker() };
            let mut reader = source.open(open).unwrap();
            let mut rest = Vec::new();
            while reader.fill(&mut rest, 3, &mut rejected).unwrap() == Fill::More {}
            assert_eq!(rest, all[before..end]);
        }
    }
    assert_eq!(all, expected(10));
}
