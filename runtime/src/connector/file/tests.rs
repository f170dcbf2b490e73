//! Text and JSON lines, plain and compressed, whole and in ranges.

use std::fs;
use std::io::Write;

use proptest::prelude::*;

use crate::connector::testing::{drain, drain_all, drain_from, open};
use crate::connector::{Fill, Lines, Reader, Rows, Source, files};

fn written(name: &str, bytes: &[u8]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// Two members, as `cat a.gz b.gz` makes them.
fn twice(compress: fn(&[u8]) -> Vec<u8>, bytes: &[u8]) -> Vec<u8> {
    let (a, b) = bytes.split_at(bytes.len() / 3);
    [compress(a), compress(b)].concat()
}

fn lines() -> impl Strategy<Value = (Vec<String>, String)> {
    let line = ("[a-zé \"]{0,120}", prop::bool::ANY);
    (proptest::collection::vec(line, 0..400), prop::bool::ANY).prop_map(|(lines, last_ends)| {
        let (mut all, mut text, count) = (Vec::new(), String::new(), lines.len());
        for (index, (line, crlf)) in lines.into_iter().enumerate() {
            let is_last = index + 1 == count;
            if is_last && !last_ends && line.is_empty() {
                break;
            }
            text += &line;
            all.push(line);
            if !is_last || last_ends {
                text += if crlf { "\r\n" } else { "\n" };
            }
        }
        (all, text)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_line_is_read_once_in_any_ranges((lines, text) in lines(), range in 1u64..9000, limit in 1usize..300) {
        let (_folder, path) = written("a.txt", text.as_bytes());
        let source = files(&path).text().range_bytes(range.max(text.len() as u64 / 50));
        let (mut all, mut places) = (Vec::new(), Vec::new());
        for split in source.splits(1).unwrap() {
            let read = drain(&source, &split, limit).unwrap();
            all.extend(read.records);
            places.extend(read.places);
        }
        prop_assert_eq!(&all, &lines);
        let wanted = (1..=lines.len()).map(|line| format!("{path}:{line}")).collect::<Vec<_>>();
        prop_assert_eq!(places, wanted);
    }

    #[test]
    fn any_bytes_are_records_or_rejected(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let (_folder, path) = written("a.any", &bytes);
        let source = files(&path).text();
        let read = drain(&source, &source.splits(1).unwrap()[0], 10).unwrap();
        let lines = bytes.split_inclusive(|&byte| byte == b'\n').count();
        prop_assert_eq!(read.records.len() + read.rejected.len(), lines);
        let source = files(&path).json::<u64>();
        drain(&source, &source.splits(1).unwrap()[0], 10).unwrap();
        let source = files(&path).csv::<(u64, String)>().no_headers();
        drain(&source, &source.splits(1).unwrap()[0], 10).unwrap();
        for name in ["a.gz", "a.zst"] {
            let (_folder, path) = written(name, &bytes);
            let source = files(&path).text();
            // Damaged, unless it is empty: an error, no panic.
            let _ = drain(&source, &source.splits(1).unwrap()[0], 10);
        }
    }

    #[test]
    fn compressed_equals_plain((lines, text) in lines(), limit in 1usize..300, fills in 1usize..9) {
        for (name, bytes) in [
            ("a.txt", text.clone().into_bytes()),
            ("a.txt.gz", twice(gzip, text.as_bytes())),
            ("a.txt.zst", twice(zstd, text.as_bytes())),
        ] {
            let (_folder, path) = written(name, &bytes);
            let source = files(&path).text();
            prop_assert_eq!(&drain_all(&source, 3, limit).unwrap(), &lines);
            let split = source.splits(1).unwrap().remove(0);
            let whole = drain(&source, &split, limit).unwrap();
            let parts = drain_from(&source, &split, limit, fills).unwrap();
            prop_assert_eq!(parts.records, whole.records);
            prop_assert_eq!(parts.places, whole.places);
        }
    }
}

#[test]
fn every_batch_uses_the_same_buffer() {
    let text = (0..50_000).map(|i| format!("line {}\n", i % 77)).collect::<String>();
    let (_folder, path) = written("a.txt", text.as_bytes());
    let source = files(&path).text();
    let mut reader = open(&source, &source.splits(1).unwrap()[0], None).unwrap();
    let (mut batch, mut starts) = (Lines::default(), Vec::new());
    while reader.fill(&mut batch, 1000, &mut vec![]).unwrap() == Fill::More {
        starts.extend(batch.rows().next().map(str::as_ptr));
        batch.clear();
    }
    assert!(starts.len() > 20, "several batches");
    // The first may find out how long lines are, and the one with what was left over of it is longer.
    assert!(starts[3..].iter().all(|start| *start == starts[3]), "{starts:?}");
}

#[test]
fn a_line_that_is_not_utf8_is_rejected_alone() {
    let (_folder, path) = written("a.txt", b"one\nt\xFFo\r\nthree\n\xFE");
    let source = files(&path).text();
    let read = drain(&source, &source.splits(1).unwrap()[0], 100).unwrap();
    assert_eq!(read.records, ["one", "three"]);
    assert_eq!(read.places, [format!("{path}:1"), format!("{path}:3")]);
    let rejected =
        read.rejected.iter().map(|line| (&line.record[..], &line.error[..], &line.position[..]));
    let places = [format!("{path}:2"), format!("{path}:4")];
    let wanted =
        [("t\u{FFFD}o", "not UTF-8", &places[0][..]), ("\u{FFFD}", "not UTF-8", &places[1])];
    assert!(rejected.eq(wanted));
}

#[test]
fn a_byte_order_mark_is_no_text() {
    let line = "x".repeat(10_000);
    let (_folder, path) = written("a.txt", format!("\u{FEFF}{line}\n\u{FEFF}").as_bytes());
    assert_eq!(drain_all(&files(&path).text(), 1, 1).unwrap(), [line, "\u{FEFF}".to_owned()]);
}

#[test]
fn an_endless_line_is_an_error() {
    let (_folder, path) = written("a.txt", format!("a\n{}", "x".repeat(100_000)).as_bytes());
    let error = drain_all(&files(&path).text().longest_line(70_000), 1, 100).unwrap_err();
    assert!(error.what.ends_with("a.txt:2: a line longer than 70000 bytes"), "{error}");
}

#[test]
fn json_lines_name_line_and_column() {
    let text = "[1,\"a\"]\n\n[2,\r\n  \n[3,\"c\"]\n[4]\n";
    let (_folder, path) = written("a.jsonl", text.as_bytes());
    let source = files(&path).json::<(u64, String)>();
    let read = drain(&source, &source.splits(1).unwrap()[0], 100).unwrap();
    assert_eq!(read.records, [(1, "a".to_owned()), (3, "c".to_owned())]);
    assert_eq!(read.places, [format!("{path}:1"), format!("{path}:5")]);
    let rejected: Vec<_> =
        read.rejected.iter().map(|line| format!("{}: {}", line.position, line.error)).collect();
    assert_eq!(
        rejected,
        [
            format!("{path}:3: EOF while parsing a value (column 3)"),
            format!("{path}:6: invalid length 1, expected a tuple of size 2 (column 3)"),
        ]
    );
}

#[test]
fn a_truncated_archive_is_named() {
    let text = (0..20_000).map(|i| format!("line {i}\n")).collect::<String>();
    for (name, bytes) in [("a.gz", gzip(text.as_bytes())), ("a.zst", zstd(text.as_bytes()))] {
        let (_folder, path) = written(name, &bytes[..bytes.len() / 2]);
        let error = drain_all(&files(&path).text(), 1, 1000).unwrap_err();
        assert!(error.what.starts_with(&format!("`{path}` is cut off: its ")), "{error}");
    }
}

#[test]
fn what_is_not_compressed_is_named() {
    for name in ["a.gz", "a.zst"] {
        let (_folder, path) = written(name, b"plain text, and some more of it");
        let error = drain_all(&files(&path).text(), 1, 1000).unwrap_err();
        assert!(error.what.starts_with(&format!("`{path}` is damaged or not ")), "{error}");
    }
}

#[test]
fn a_file_that_disappears_is_an_error() {
    let (_folder, path) = written("a.txt", b"x\n");
    let source = files(&path).text();
    let splits = source.splits(1).unwrap();
    fs::remove_file(&path).unwrap();
    let error = drain(&source, &splits[0], 1).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "cannot read `{path}`: No such file or directory (os error 2)\nhelp: it was there when the files were \
             listed: start the job again once nobody moves its input"
        )
    );
}

#[test]
fn a_file_that_becomes_shorter_is_an_error() {
    let (_folder, path) = written("a.txt", b"0123\n5678\n");
    for source in [files(&path).text().range_bytes(3), files(&path).text().range_bytes(100)] {
        fs::write(&path, b"0123\n5678\n").unwrap();
        let splits = source.splits(1).unwrap();
        fs::write(&path, b"0123\n").unwrap();
        let error = drain(&source, splits.last().unwrap(), 1).unwrap_err();
        assert!(error.what.contains("became shorter while it was read: nothing at "), "{error}");
        assert!(error.what.ends_with(", where it had 10"), "{error}");
    }
}
