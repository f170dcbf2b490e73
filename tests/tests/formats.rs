//! Avro and Parquet files, written and read by pipelines; behind the features of the same names.
#![cfg(any(feature = "avro", feature = "parquet"))]
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use thalweg::connector::{Sink, callback};
use thalweg::job::Job;
use thalweg::prelude::*;
use thalweg::record::{Decimal, Uuid};

#[record]
#[derive(Clone, PartialEq, Debug)]
struct Place {
    name: String,
    at: Timestamp,
    floor: Option<i16>,
}

#[record]
#[derive(Clone, PartialEq, Debug)]
enum Mood {
    Calm,
    Busy,
}

#[record]
#[derive(Clone, PartialEq, Debug)]
struct Everything {
    id: u64,
    small: i8,
    flag: bool,
    share: f64,
    letter: char,
    text: String,
    note: Option<String>,
    at: Timestamp,
    took: Span,
    price: Decimal,
    key: Uuid,
    pair: (u32, String),
    list: Vec<u16>,
    places: Vec<Place>,
    place: Place,
    maybe: Option<Place>,
    counts: BTreeMap<String, u64>,
    tags: BTreeSet<String>,
    mood: Mood,
    fixed: [f32; 2],
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
static RUNNING: Mutex<()> = Mutex::new(());

fn notes() -> impl Sink<String> {
    callback::<String, (), _, _>(|_| (), |_, _, line| lock(&SEEN).push(line.to_owned()))
}

fn seen() -> Vec<String> {
    let mut seen = std::mem::take(&mut *lock(&SEEN));
    seen.sort();
    seen
}

fn everything(id: u64) -> Everything {
    let place = |n: u64| Place {
        name: format!("place {n}"),
        at: Timestamp(n as i64 * 1_001 - 5),
        floor: (n.is_multiple_of(2)).then_some(n as i16),
    };
    Everything {
        id,
        small: -(id as i8 % 100),
        flag: id.is_multiple_of(3),
        share: id as f64 / 7.0,
        letter: char::from(b'a' + (id % 26) as u8),
        text: format!("row {id}"),
        note: (!id.is_multiple_of(5)).then(|| "x".repeat(id as usize % 7)),
        at: Timestamp(1_357_016_400_000 + id as i64),
        took: Span(-(id as i64)),
        price: Decimal::new(id as i64 * 3, 2),
        key: Uuid::from_u128(u128::from(id) << 64 | 7),
        pair: (id as u32, format!("p{id}")),
        list: (0..id as u16 % 4).collect(),
        places: (0..id % 3).map(place).collect(),
        place: place(id % 100),
        maybe: (id % 4 == 1).then(|| place(id % 9)),
        counts: (0..id % 3).map(|n| (format!("k{n}"), n)).collect(),
        tags: (0..id % 2).map(|n| format!("t{n}")).collect(),
        mood: if id.is_multiple_of(2) { Mood::Calm } else { Mood::Busy },
        fixed: [id as f32, 0.5],
    }
}

const ROWS: u64 = 5_000;

fn rows() -> Vec<Everything> {
    (0..ROWS).map(everything).collect()
}

#[record]
struct Some3 {
    maybe: Option<Place>,
    text: String,
    absent: Option<u64>,
}

#[record]
struct Strict {
    id: u64,
    note: String,
}

#[record]
struct Elsewhere {
    nowhere: u64,
}

fn parts(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

/// Each format has a value that it cannot hold.
#[record]
#[derive(Clone)]
struct Limits {
    at: Timestamp,
    n: u64,
}

fn limits() -> Vec<Limits> {
    let limits = |at, n| Limits { at: Timestamp(at), n };
    vec![limits(5, 1), limits(i64::MAX, 2), limits(-7, 3), limits(9, u64::MAX)]
}

#[record]
enum Shape {
    Circle { radius: f64 },
    Point,
}

#[record]
struct Drawing {
    shape: Shape,
}

/// The same for each format. `$rejected` is the record of `limits` that it cannot hold.
macro_rules! formats {
    ($($feature:literal $format:ident $named:literal $rejected:literal;)*) => {$(
        #[cfg(feature = $feature)]
        mod $format {
            use super::*;

            #[pipeline]
            fn write(folder: String) {
                source(collection(rows())).rebalance().sink(files(&folder).$format());
            }

            #[pipeline]
            fn read(folder: String) {
                let rows: Stream<Everything> = source(files(&folder).$format());
                rows.map(|row| format!("{:05} {:?}", row.id, row.into_owned())).sink(notes());
            }

            #[test]
            fn every_field_comes_back_as_it_was() {
                let _running = lock(&RUNNING);
                let mut expected: Vec<String> =
                    rows().iter().map(|row| format!("{:05} {row:?}", row.id)).collect();
                expected.sort();
                for parallelism in 1..=3 {
                    seen();
                    let folder = tempfile::tempdir().unwrap();
                    let path = folder.path().display();
                    Job::new(write).arg("folder", path.to_string()).parallelism(parallelism).run().unwrap();
                    Job::new(read).arg("folder", path.to_string()).parallelism(parallelism).run().unwrap();
                    assert!(seen() == expected, "parallelism {parallelism}");
                }
            }

            #[pipeline]
            fn read_some(folder: String) {
                let rows: Stream<Some3> = source(files(&folder).$format());
                rows.filter(|row| row.absent.is_none())
                    .map(|row| format!("{} {}", row.text, row.maybe.map_or("-", |place| place.name)))
                    .sink(notes());
            }

            #[pipeline]
            fn read_strictly(folder: String) {
                let bad = side();
                let rows: Stream<Strict> = source(files(&folder).$format().errors_to(bad));
                rows.map(|row| format!("good {} {}", row.id, row.note)).sink(notes());
                bad.map(|failed| format!("bad {} {}", failed.record, failed.operator)).sink(notes());
            }

            #[pipeline]
            fn read_elsewhere(folder: String) {
                let rows: Stream<Elsewhere> = source(files(&folder).$format());
                rows.sink(discard());
            }

            #[test]
            fn columns_are_matched_by_name() {
                let _running = lock(&RUNNING);
                seen();
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().display().to_string();
                Job::new(write).arg("folder", &path).run().unwrap();
                Job::new(read_some).arg("folder", &path).run().unwrap();
                let some = seen();
                assert_eq!(some.len() as u64, ROWS);
                assert_eq!(&some[..2], ["row 0 -", "row 1 place 1"]);
                Job::new(read_strictly).arg("folder", &path).parallelism(2).run().unwrap();
                let strict = seen();
                let bad = strict.iter().filter(|line| line.starts_with("bad")).count() as u64;
                assert_eq!((strict.len() as u64, bad), (ROWS, ROWS / 5));
                let named = |line: &String| line.starts_with("bad") && line.contains(concat!("part-0-0.", stringify!($format)));
                assert!(strict.iter().any(named), "{}", strict[0]);
                let error = Job::new(read_elsewhere).arg("folder", &path).run().unwrap_err().to_string();
                assert!(error.contains("has no column `nowhere`"), "{error}");
            }

            #[pipeline]
            fn write_rolled(folder: String) {
                source(collection(rows())).sink(files(&folder).$format().roll(64_000, hours(1)));
            }

            #[pipeline]
            fn write_dates(folder: String) {
                let bad = side();
                source(collection(limits())).sink(files(&folder).$format().errors_to(bad));
                bad.map(|failed| failed.record).sink(notes());
            }

            #[pipeline]
            fn read_dates(folder: String) {
                let dates: Stream<Limits> = source(files(&folder).$format());
                dates.map(|limits| format!("{} {}", limits.at.0, limits.n)).sink(notes());
            }

            #[test]
            fn parts_are_rolled_and_bad_records_leave_no_trace() {
                let _running = lock(&RUNNING);
                seen();
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().display().to_string();
                Job::new(write_rolled).arg("folder", &path).run().unwrap();
                assert!(parts(folder.path()) > 1);
                Job::new(read).arg("folder", &path).parallelism(2).run().unwrap();
                assert_eq!(seen().len() as u64, ROWS);
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().display().to_string();
                Job::new(write_dates).arg("folder", &path).run().unwrap();
                let bad = seen();
                assert_eq!(bad.len(), 1, "{bad:?}");
                let rejected = limits().remove($rejected);
                assert_eq!(bad, [format!("{rejected:?}")]);
                Job::new(read_dates).arg("folder", &path).run().unwrap();
                let mut rest = limits();
                rest.remove($rejected);
                let mut rest: Vec<String> =
                    rest.iter().map(|limits| format!("{} {}", limits.at.0, limits.n)).collect();
                rest.sort();
                assert_eq!(seen(), rest);
            }

            #[pipeline]
            fn write_drawings(folder: String) {
                source(collection(vec![Drawing { shape: Shape::Point }])).sink(files(&folder).$format());
            }

            #[pipeline]
            fn write_numbers(folder: String) {
                source(collection([1_u64])).sink(files(&folder).$format());
            }

            #[test]
            fn what_it_cannot_hold_is_refused_at_the_start() {
                let _running = lock(&RUNNING);
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("out").display().to_string();
                let error = Job::new(write_drawings).arg("folder", &path).run().unwrap_err().to_string();
                assert!(error.contains("the enum `Shape` with data, which the field `shape` has"), "{error}");
                let error = Job::new(write_numbers).arg("folder", &path).run().unwrap_err().to_string();
                assert!(error.contains("records without named fields"), "{error}");
                let file = folder.path().join("broken");
                std::fs::write(&file, "nothing of the kind").unwrap();
                let broken = Job::new(read_dates).arg("folder", file.display()).run();
                let error = broken.unwrap_err().to_string();
                assert!(error.contains($named), "{error}");
            }
        }
    )*};
}

formats! {
    "avro" avro "as Avro" 3;
    "parquet" parquet "as Parquet" 1;
}
