//! Positions: what is behind one is the same whenever it is read, of every source.

use std::fs;
use std::io::Write;
use std::path::Path;

use proptest::prelude::*;

use super::testing::check_positions;
use super::*;
use crate::time::hours;

type Row = (u64, Option<String>, String);

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Writes `text` plain, with gzip, in two members, and with zstd.
fn write_all_ways(folder: &Path, extension: &str, text: &[u8]) -> [String; 3] {
    let (a, b) = text.split_at(text.len() / 3);
    let ways = [
        ("", text.to_vec()),
        (".gz", [gzip(a), gzip(b)].concat()),
        (".zst", zstd::encode_all(text, 1).unwrap()),
    ];
    ways.map(|(compressed, bytes)| {
        let path = folder.join(format!("a.{extension}{compressed}"));
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    })
}

/// Lines of which some are long, some blank, some not UTF-8, with and without an end at the end.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        8 => "[a-zé\u{FEFF}\"]{0,40}".prop_map(String::into_bytes),
        1 => "x{3000,6000}".prop_map(String::into_bytes),
        1 => Just(b"\xFF".to_vec()),
        8 => (any::<u64>()).prop_map(|number| format!("[{number},null,\"t\"]").into_bytes()),
    ];
    let end = prop_oneof![Just(&b"\n"[..]), Just(&b"\r\n"[..])];
    (prop::collection::vec((line, end), 0..60), any::<bool>()).prop_map(|(lines, ends)| {
        let mut text = Vec::new();
        let mut last = 0;
        for (line, end) in lines {
            text.extend_from_slice(&line);
            last = text.len();
            text.extend_from_slice(end);
        }
        text.truncate(if ends { text.len() } else { last });
        text
    })
}

/// Rows of CSV: quoted line ends, blank lines, too few fields, byte order marks.
fn rows() -> impl Strategy<Value = String> {
    let row = prop_oneof![
        6 => "[0-9]{1,5},[a-z]{0,5},\u{FEFF}?[a-z]{0,9}",
        2 => "[0-9]{1,5},\"(a\n|b\r\n|\"\"|c,){0,4}\",x",
        1 => "\u{FEFF}[0-9],,",
        1 => "[a-z]{0,3}",
        1 => "9,,x{2000,4000}",
    ];
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\n\r\n")];
    (prop::collection::vec((row, end), 0..80), any::<bool>()).prop_map(|(rows, ends)| {
        let mut text: String =
            rows.into_iter().flat_map(|(row, end)| [row, end.to_owned()]).collect();
        if !ends {
            text.truncate(text.trim_end().len());
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn lines_go_on_anywhere(text in lines(), range in 1u64..5000, limit in 1usize..20, other in 1usize..90) {
        let folder = tempfile::tempdir().unwrap();
        for path in write_all_ways(folder.path(), "txt", &text) {
            check_positions(&files(&path).text().range_bytes(range.max(text.len() as u64 / 9)), 1, limit, other);
            check_positions(&files(&path).json::<Row>().range_bytes(range.max(text.len() as u64 / 9)), 1, other, limit);
        }
    }

    #[test]
    fn rows_go_on_anywhere(text in rows(), range in 1u64..5000, limit in 1usize..20, other in 1usize..90) {
        let folder = tempfile::tempdir().unwrap();
        let with_header = format!("0,1,2\r\n{text}");
        for path in write_all_ways(folder.path(), "csv", with_header.as_bytes()) {
            check_positions(&files(&path).csv::<Row>(), 1, limit, other);
        }
        for path in write_all_ways(folder.path(), "bare", text.as_bytes()) {
            check_positions(&files(&path).csv::<Row>().no_headers(), 1, limit, other);
        }
        // In ranges no line end may be quoted.
        let flat = with_header.replace('"', "");
        for path in write_all_ways(folder.path(), "flat", flat.as_bytes()) {
            let source = files(&path).csv::<Row>().splittable().range_bytes(range.max(flat.len() as u64 / 9));
            check_positions(&source, 1, limit, other);
        }
    }

    #[test]
    fn what_is_in_memory_or_made_goes_on_anywhere(
        len in 0u64..60, laps in 0u64..4, tasks in 1usize..6, limit in 1usize..9, other in 1usize..70,
    ) {
        let records: Vec<u64> = (0..len).collect();
        check_positions(&collection(records.clone()), tasks, limit, other);
        check_positions(&replay(records).repeat(laps), tasks, limit, other);
        check_positions(&generate(len, |i| (i, i.to_string())), tasks, limit, other);
    }

    #[test]
    fn a_watched_directory_goes_on_anywhere(
        texts in prop::collection::vec(lines(), 0..5), range in 500u64..5000, limit in 1usize..20, other in 1usize..90,
    ) {
        let folder = tempfile::tempdir().unwrap();
        for (index, text) in texts.iter().enumerate() {
            let name = ["a.txt", "b.txt.gz", "c.txt", "d.txt.gz", "e.txt"][index];
            let bytes = if name.ends_with("gz") { gzip(text) } else { text.clone() };
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        check_positions(&files(folder.path()).text().range_bytes(range).watch(hours(1)), 1, limit, other);
    }
}

#[cfg(any(feature = "avro", feature = "parquet"))]
mod formats {
    use super::*;
    use crate::connector::testing::write_all;
    use crate::record;

    /// Anything.
    #[record]
    #[derive(Clone, PartialEq, Debug)]
    struct Thing {
        /// Which.
        id: u64,
        /// What.
        name: Option<String>,
    }

    fn things(count: u64) -> Vec<Thing> {
        let name = |id: u64| (!id.is_multiple_of(3)).then(|| "x".repeat(id as usize % 50 * 20));
        (0..count).map(|id| Thing { id, name: name(id) }).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[cfg(feature = "avro")]
        #[test]
        fn blocks_go_on_anywhere(count in 0u64..900, range in 2000u64..90_000, limit in 1usize..300, other in 1usize..900) {
            let folder = tempfile::tempdir().unwrap();
            write_all(&files(folder.path()).avro(), &things(count)).unwrap();
            let source = files(folder.path()).avro::<Thing>().allow_empty().range_bytes(range);
            check_positions(&source, 1, limit, other);
        }

        #[cfg(feature = "parquet")]
        #[test]
        fn row_groups_go_on_anywhere(count in 0u64..3000, limit in 1usize..900, other in 1usize..3000) {
            let folder = tempfile::tempdir().unwrap();
            write_all(&files(folder.path()).parquet(), &things(count)).unwrap();
            let source = files(folder.path()).parquet::<Thing>().allow_empty();
            check_positions(&source, 1, limit, other);
        }
    }
}

#[test]
fn only_a_socket_cannot_be_read_again() {
    assert!(!socket("localhost:1").is_replayable());
    assert!(collection([1u64]).is_replayable() && files("a").text().is_replayable());
}

#[test]
fn parameters_are_what_makes_the_same_input() {
    fn of(source: impl Source) -> String {
        source.parameters()
    }
    let lines = || files("in").text();
    assert_eq!(of(lines()), of(lines().or_skip().longest_line(9)));
    let rows = || files("in").csv::<Row>();
    let all = [
        of(lines()),
        of(lines().range_bytes(9)),
        of(lines().watch(hours(1))),
        of(files("on").text()),
        of(files("in").json::<u64>()),
        of(rows()),
        of(rows().delimiter(';')),
        of(rows().no_headers()),
        of(rows().nulls(["NA"])),
        of(rows().splittable()),
    ];
    let different: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len(), "{all:?}");
    let made = generate(9, |i| i);
    assert_eq!(of(made.clone()), of(made.rate(5)));
}

/// A decompressor may give the mark alone, which is not the end of the rows.
#[test]
fn rows_behind_a_byte_order_mark_are_read_however_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    for path in write_all_ways(folder.path(), "csv", "\u{FEFF}0,,\n\r\n".as_bytes()) {
        let source = files(&path).csv::<Row>().no_headers();
        let rows = testing::drain_all(&source, 1, 1).unwrap();
        assert_eq!(rows, [(0, None, String::new())], "{path}");
    }
}
