//! Parts: what is in the directory before, during and after a run.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::connector::files;
use crate::connector::testing::{drain_all, write_all};
use crate::time::{Span, hours};

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    (folder, path)
}

fn names(path: &Path) -> Vec<String> {
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

const HOUR: Span = hours(1);

#[test]
fn a_part_is_hidden_until_it_is_complete() {
    let (_folder, path) = folder();
    let sink = files(&path).csv::<(u64, String)>();
    let mut writers = [sink.open(0, 2).unwrap(), sink.open(1, 2).unwrap()];
    assert_eq!(names(&path), [""; 0], "no record, no file");
    Writer::<(u64, String)>::write(&mut writers[1], Timestamp::MIN, (7, "x")).unwrap();
    Writer::<(u64, String)>::flush(&mut writers[1]).unwrap();
    assert_eq!(names(&path), [".part-1-0.csv.inprogress"]);
    writers.iter_mut().for_each(|writer| Writer::<(u64, String)>::finish(writer).unwrap());
    assert_eq!(names(&path), ["part-1-0.csv"]);
    assert_eq!(fs::read_to_string(path.join("part-1-0.csv")).unwrap(), "0,1\n7,x\n");
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing() {
    let (_folder, path) = folder();
    let mut writer = files(&path).text().open(0, 1).unwrap();
    writer.write(Timestamp::MIN, &"x".repeat(100_000)).unwrap();
    assert_eq!(names(&path), [".part-0-0.txt.inprogress"]);
    drop(writer);
    assert_eq!(names(&path), [""; 0]);
}

#[test]
fn a_part_rolls_when_it_is_big_enough() {
    let (_folder, path) = folder();
    let sink = files(&path).text().roll(10, HOUR);
    write_all(&sink, &["12345", "6789", "abc", "d"].map(str::to_owned)).unwrap();
    assert_eq!(names(&path), ["part-0-0.txt", "part-0-1.txt"]);
    assert_eq!(fs::read_to_string(path.join("part-0-0.txt")).unwrap(), "12345\n6789\n");
    assert_eq!(fs::read_to_string(path.join("part-0-1.txt")).unwrap(), "abc\nd\n");
}

#[test]
fn a_part_rolls_when_it_is_old_enough() {
    let (_folder, path) = folder();
    let mut writer = files(&path).text().roll(u64::MAX, Span(0)).open(0, 1).unwrap();
    for line in ["a", "b"] {
        writer.write(Timestamp::MIN, line).unwrap();
        writer.flush().unwrap();
        writer.flush().unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(names(&path), ["part-0-0.txt", "part-0-1.txt"], "an empty part is none");
}

#[test]
fn what_goes_wrong_while_a_part_rolls_is_noticed() {
    let (_folder, path) = folder();
    let mut writer = files(&path).text().roll(1, HOUR).open(0, 1).unwrap();
    fs::create_dir(path.join("part-0-0.txt")).unwrap();
    writer.write(Timestamp::MIN, "the name is taken meanwhile").unwrap();
    let error = writer.write(Timestamp::MIN, "b").and_then(|()| writer.finish()).unwrap_err();
    assert!(
        error.to_string().contains("part-0-0.txt.inprogress`: entity already exists"),
        "{error}"
    );
    drop(writer);
    assert_eq!(names(&path), ["part-0-0.txt"]);
}

#[test]
fn every_part_of_csv_has_a_header() {
    let (_folder, path) = folder();
    let sink = files(&path).csv().roll(1, HOUR);
    write_all(&sink, &[(1u64, 2u64), (3, 4)]).unwrap();
    assert_eq!(fs::read_to_string(path.join("part-0-1.csv")).unwrap(), "0,1\n3,4\n");
}

#[test]
fn parts_of_an_earlier_run_are_refused_or_removed() {
    let (_folder, path) = folder();
    write_all(&files(&path).text(), &["a".to_owned()]).unwrap();
    fs::write(path.join("notes.txt"), "mine").unwrap();
    fs::write(path.join(".part-9-9.csv.inprogress"), "of a run that was killed").unwrap();
    let error = write_all(&files(&path).text(), &["b".to_owned()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` already holds parts of an earlier run: part-0-0.txt and 0 more\nhelp: name an empty directory, \
             remove them, or add `.overwrite()`",
            path.display()
        )
    );
    write_all(&files(&path).json().overwrite(), &[1u64]).unwrap();
    assert_eq!(names(&path), ["notes.txt", "part-0-0.jsonl"]);
}

#[test]
fn an_earlier_run_is_replaced_by_the_first_record_or_the_end() {
    let (_folder, path) = folder();
    let overwriting = || files(&path).text().overwrite();
    write_all(&files(&path).text(), &["a".to_owned()]).unwrap();
    drop(overwriting().open(0, 1).unwrap());
    assert_eq!(names(&path), ["part-0-0.txt"], "a job that fails before the first record");

    let sink = overwriting();
    let mut writers = [sink.open(0, 2).unwrap(), sink.open(1, 2).unwrap()];
    writers[1].write(Timestamp::MIN, "b").unwrap();
    assert_eq!(names(&path), [".part-1-0.txt.inprogress"]);
    writers.iter_mut().for_each(|writer| writer.finish().unwrap());
    assert_eq!(names(&path), ["part-1-0.txt"]);

    write_all(&overwriting(), &[]).unwrap();
    assert_eq!(names(&path), [""; 0], "no records, no parts");
}

#[test]
fn two_sinks_do_not_share_a_directory() {
    let (_folder, path) = folder();
    let mut first = files(&path).text().open(0, 1).unwrap();
    first.write(Timestamp::MIN, "a").unwrap();
    let error = files(&path).text().overwrite().open(0, 1).map(drop).unwrap_err();
    assert!(error.what.starts_with("another sink or job is writing into `"), "{error}");
    first.finish().unwrap();
    assert_eq!(names(&path), ["part-0-0.txt"]);
}

#[test]
fn a_full_disk_is_an_error_and_leaves_nothing() {
    let (_folder, path) = folder();
    let mut writer = files(&path).text().open(0, 1).unwrap();
    std::os::unix::fs::symlink("/dev/full", path.join(".part-0-0.txt.inprogress")).unwrap();
    writer.write(Timestamp::MIN, "a").unwrap();
    let error = writer.finish().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot write `{}/.part-0-0.txt.inprogress`: No space left on device (os error 28)\nhelp: free some \
             space, or write to another disk; parts that were complete are still there",
            path.display()
        )
    );
    assert_eq!(names(&path), [""; 0]);
}

#[test]
fn a_file_is_no_directory() {
    let (folder, path) = folder();
    fs::write(&path, "x").unwrap();
    let what = |path: &Path| files(path).text().open(0, 1).map(drop).unwrap_err().what;
    let out = path.display();
    assert_eq!(
        what(&path),
        format!("`{out}` is a file, where a directory is wanted to write into")
    );
    assert_eq!(what(&path.join("in")), format!("cannot write `{out}/in`"));
    drop(folder);
}

#[test]
fn what_cannot_be_encoded_is_refused_or_counted() {
    type Nested = (u64, Option<(u64, u64)>);
    let records: [Nested; 3] = [(1, Some((2, 3))), (4, None), (5, Some((6, 7)))];
    let (_folder, path) = folder();
    let error = write_all(&files(&path).csv(), &records).unwrap_err();
    assert!(
        error.what.starts_with("a record cannot be written: it has 2 fields, the first had 3"),
        "{error}"
    );

    let mut writer = files(&path).csv::<Nested>().or_skip().open(0, 1).unwrap();
    for record in records {
        Writer::<Nested>::write(&mut writer, Timestamp::MIN, record).unwrap();
    }
    Writer::<Nested>::finish(&mut writer).unwrap();
    assert_eq!(Writer::<Nested>::skipped(&writer), 1);
    assert_eq!(fs::read_to_string(path.join("part-0-0.csv")).unwrap(), "0,1.0,1.1\n1,2,3\n5,6,7\n");
}

type Wide = (u64, i64, Option<String>, String, (f64, bool, char));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_was_written_is_read(
        records in proptest::collection::vec(
            (any::<u64>(), any::<i64>(), proptest::option::of(".{1,9}"), any::<String>(),
             (any::<f64>().prop_filter("equals itself", |x| x.is_finite()), any::<bool>(), any::<char>())),
            1..40,
        ),
        roll in 1u64..2000,
    ) {
        let (_folder, path) = folder();
        let (json, csv) = (path.join("json"), path.join("csv"));
        write_all(&files(&json).json().roll(roll, HOUR), &records).unwrap();
        let mut read = drain_all(&files(&json).json::<Wide>(), 1, 7).unwrap();
        // Part 10 is read before part 2.
        read.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let mut sorted = records.clone();
        sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
        prop_assert_eq!(read, sorted);

        // A flat record: CSV spreads out what is nested.
        let flat = records.into_iter().map(|(a, b, c, d, (e, f, g))| (a, b, c, d, e, f, g)).collect::<Vec<_>>();
        write_all(&files(&csv).csv().delimiter(';').roll(u64::MAX, HOUR), &flat).unwrap();
        let source = files(&csv).csv::<(u64, i64, Option<String>, String, f64, bool, char)>().delimiter(';');
        prop_assert_eq!(&drain_all(&source, 1, 7).unwrap(), &flat);

        let lines = flat.into_iter().map(|row| row.3.replace(['\r', '\n'], " ")).collect::<Vec<_>>();
        write_all(&files(&path).text(), &lines).unwrap();
        prop_assert_eq!(&drain_all(&files(&path).text(), 1, 7).unwrap(), &lines);
    }
}
