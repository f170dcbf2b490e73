use std::task::Waker;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::connector::files;
use crate::connector::testing::{drain, drain_all, drain_from, write_all};
use crate::time::{Span, Timestamp};
use rust_decimal::Decimal;
use uuid::Uuid;

#[derive(Deserialize, PartialEq, Debug)]
struct Flight {
    origin: String,
    dep_delay: Option<i64>,
    cancelled: bool,
}

fn written(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flights.csv");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

/// Records, what was rejected, and errors; with the folder left out.
fn read<T: DeserializeOwned + std::fmt::Debug>(
    text: &str,
    format: impl Fn(Files) -> Files<Csv<T>, super::super::Reads>,
) -> String {
    let (folder, path) = written(text);
    let source = format(files(&path));
    let split = list(&path, &source.read, false).unwrap().remove(0);
    let waker = Waker::noop().clone();
    let open = OpenSource { split: &split, position: None, waker };
    let (mut batch, mut rejected, mut out) = (Vec::new(), Vec::new(), String::new());
    let end = source.open_rows(&open).and_then(|mut reader| {
        while reader.read(&mut batch, 100, &mut rejected)? == Fill::More {}
        Ok(())
    });
    for record in batch {
        out += &format!("{record:?}\n");
    }
    for Rejected { record, error, position } in rejected {
        out += &format!("{position}: {error}: {record}\n");
    }
    if let Err(error) = end {
        out += &format!("{error}\n");
    }
    out.replace(folder.path().to_str().unwrap(), "IN")
}

fn flights(text: &str) -> String {
    read::<Flight>(text, |files| files.csv().nulls(["NA", ""]))
}

#[test]
fn columns_are_matched_by_name_and_nulls_are_none() {
    let text = "year,cancelled,origin,dep_delay\r\n2013,false,\"E,\"\"WR\",2\r\n2013,TRUE,JFK,NA\r\n\r\n2013,true,,";
    assert_eq!(
        flights(text),
        "Flight { origin: \"E,\\\"WR\", dep_delay: Some(2), cancelled: false }\n\
         Flight { origin: \"JFK\", dep_delay: None, cancelled: true }\n\
         Flight { origin: \"\", dep_delay: None, cancelled: true }\n"
    );
}

#[test]
fn bad_rows_are_rejected_with_line_and_reason() {
    let text = "origin,dep_delay,cancelled\r\n\r\nEWR,soon,true\r\nJFK,1\r\n\"L\nGA\",2,maybe\r\nLGA,2,true\r\n";
    assert_eq!(
        flights(text),
        "Flight { origin: \"LGA\", dep_delay: Some(2), cancelled: true }\n\
         IN/flights.csv:3: column `dep_delay`: `soon`: invalid digit found in string: EWR,soon,true\n\
         IN/flights.csv:4: 2 fields, where the header has 3: JFK,1\n\
         IN/flights.csv:5: column `cancelled`: `maybe`: neither true nor false: L\nGA,2,maybe\n"
    );
}

#[test]
fn a_missing_column_is_an_error_of_the_file() {
    assert_eq!(
        flights("origin;delay;cancelled\nEWR;2;true\n"),
        "`IN/flights.csv` has no column `origin`, which `Flight` needs\n\
         help: it has origin;delay;cancelled; rename the field, make it an `Option`, or set `.delimiter(..)` or \
         `.no_headers()`\n"
    );
    assert_eq!(
        flights("a,a\n1,2\n"),
        "`IN/flights.csv` has two columns `a`\n\
         help: rename one of them, or read the file with `.no_headers()`\n"
    );
}

#[test]
fn without_header_fields_are_in_order() {
    let format = |files: Files| files.csv().nulls(["-"]).no_headers().delimiter(';');
    assert_eq!(
        read::<(u8, Option<f64>, char)>("1;2.5;x\n300;-;y\n2;-;z", format),
        "(1, Some(2.5), 'x')\n(2, None, 'z')\n\
         IN/flights.csv:2: column 1: `300`: number too large to fit in target type: 300;-;y\n"
    );
}

#[test]
fn a_quote_that_is_never_closed_does_not_swallow_the_file() {
    let text = format!("a,b\n1,2\n3,\"4\n{}", "5,6\n".repeat(100_000));
    assert_eq!(
        read::<(u8, u8)>(&text, |files| files.csv().longest_line(1000)),
        "(1, 2)\nIN/flights.csv:3: a row longer than 1000 bytes\n\
         help: look for a quote that is never closed; raise `.longest_line(bytes)` if the file is meant to have such \
         rows\n"
    );
}

#[test]
fn an_empty_file_has_no_rows() {
    assert_eq!(flights(""), "");
    assert_eq!(flights("origin,dep_delay,cancelled"), "");
    assert_eq!(flights("\n\n"), "");
}

#[test]
fn field_types_read_what_they_write() {
    type Times = (Timestamp, Option<Timestamp>, Span, Uuid, Decimal);
    let text = "2013-01-01T10:00:00Z,,90000,67e55044-10b1-426f-9247-bb680e5fe0c8,1.10\n\
                1357034400000,-1,2m,67e5504410b1426f9247bb680e5fe0c8,-7\n";
    let (folder, path) = written(text);
    let source = files(&path).csv::<Times>().no_headers();
    let read = drain_all(&source, 1, 10).unwrap();
    assert_eq!(read[0].0, Timestamp(1_357_034_400_000));
    assert_eq!(read[0].1, None);
    assert_eq!((read[1].0, read[1].1), (read[0].0, Some(Timestamp(-1))));
    let out = folder.path().join("out");
    write_all(&files(&out).csv::<Times>(), &read).unwrap();
    assert_eq!(drain_all(&files(&out).csv::<Times>(), 1, 10).unwrap(), read);
}

type Numbered = (u64, Option<String>);

fn rows() -> impl Strategy<Value = (Vec<Numbered>, String)> {
    let cell = proptest::option::of("[a-z,\"é]{1,60}");
    let row = (cell, prop::bool::ANY, 0usize..3);
    proptest::collection::vec(row, 0..400).prop_map(|rows| {
        let (mut records, mut text) = (Vec::new(), "number,cell\r\n".to_owned());
        for (number, (cell, crlf, blank)) in rows.into_iter().enumerate() {
            let field = cell.as_deref().unwrap_or_default().replace('"', "\"\"");
            text += &format!("{number},\"{field}\"{}", if crlf { "\r\n" } else { "\n" });
            if blank == 0 {
                text += if crlf { "\r\n" } else { "\n" };
            }
            records.push((number as u64, cell));
        }
        (records, text)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_row_is_read_once_in_any_ranges((records, text) in rows(), range in 1u64..9000) {
        let (_folder, path) = written(&text);
        let source = files(&path).csv::<Numbered>().splittable().range_bytes(range.max(text.len() as u64 / 50));
        let mut all = Vec::new();
        for split in source.splits(1).unwrap() {
            let read = drain(&source, &split, 100).unwrap();
            for (record, place) in read.records.iter().zip(read.places) {
                let line = text.lines().position(|line| line.starts_with(&format!("{},", record.0)));
                prop_assert_eq!(place, format!("{path}:{}", line.unwrap() + 1));
            }
            all.extend(read.records);
        }
        prop_assert_eq!(all, records);
    }

    #[test]
    fn reading_goes_on_at_a_position((records, text) in rows(), limit in 1usize..100, fills in 1usize..9) {
        let (folder, path) = written(&text);
        let packed = folder.path().join("flights.csv.zst");
        std::fs::write(&packed, zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
        for path in [path.as_ref(), packed.as_path()] {
        let source = files(path).csv::<Numbered>();
        let split = source.splits(1).unwrap().remove(0);
        let (whole, parts) = (drain(&source, &split, 1000).unwrap(), drain_from(&source, &split, limit, fills).unwrap());
        prop_assert_eq!(&whole.records, &records);
        prop_assert_eq!(&parts.records, &records);
        prop_assert_eq!(parts.places, whole.places);
        }
    }
}
