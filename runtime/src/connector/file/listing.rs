//! From a path, directory or glob to splits.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::builder::ReadOptions;
use super::input::Compression;
use crate::connector::{SourceError, Split};

/// What a split's `detail` holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FileSplit {
    pub path: String,
    /// The first byte of the range; lines that start before belong to the range before.
    pub start: u64,
    /// Behind the last byte; `None` for the end of the file.
    pub end: Option<u64>,
    /// Length when it was listed, of a plain regular file: it must not become shorter.
    pub len: Option<u64>,
}

/// The splits of `path`: ranges of plain files if `ranges`.
pub(super) fn list(
    path: &str,
    options: &ReadOptions,
    ranges: bool,
) -> Result<Vec<Split>, SourceError> {
    let mut splits = Vec::new();
    for file in files_in(path, options)? {
        let metadata = fs::metadata(&file).map_err(|error| unreadable(&file, error))?;
        let plain = metadata.is_file() && Compression::of(&file) == Compression::None;
        let len = plain.then_some(metadata.len());
        let range = if ranges { options.range_bytes } else { u64::MAX };
        divide(&mut splits, &file, len, range);
    }
    Ok(splits)
}

/// The files of `path`, in the order of their names.
pub(super) fn files_in(path: &str, options: &ReadOptions) -> Result<Vec<String>, SourceError> {
    let found = find(path)?;
    if found.is_empty() && !options.allow_empty {
        return Err(SourceError::new(
            format!("no files to read in `{path}`"),
            "names that begin with `.` or `_` or end in `.inprogress` or `.tmp` do not count; \
             add `.allow_empty()` if nothing is a legitimate input",
        ));
    }
    Ok(found)
}

/// Ranges do not depend on the parallelism: a job that is restored with another one must find the same splits.
fn divide(splits: &mut Vec<Split>, path: &str, len: Option<u64>, range: u64) {
    let pieces = len.unwrap_or(0).div_ceil(range).max(1);
    for piece in 0..pieces {
        let start = piece * range;
        let end = (piece + 1 < pieces).then(|| start + range);
        let id = match (pieces, end) {
            (1, _) => path.to_owned(),
            (_, Some(end)) => format!("{path}@{start}..{end}"),
            (_, None) => format!("{path}@{start}.."),
        };
        let split = FileSplit { path: path.to_owned(), start, end, len };
        let detail = serde_json::to_value(split).expect("text and numbers are JSON");
        splits.push(Split { id, detail });
    }
}

fn find(path: &str) -> Result<Vec<String>, SourceError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => in_directory(path),
        Ok(_) => Ok(vec![path.to_owned()]),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if path.contains(['*', '?', '[']) { by_glob(path) } else { Err(missing(path)) }
        }
        Err(error) => Err(unreadable(path, error)),
    }
}

fn in_directory(path: &str) -> Result<Vec<String>, SourceError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| unreadable(path, error))? {
        let entry = entry.map_err(|error| unreadable(path, error))?.path();
        if is_input(&entry) {
            found.push(utf8(&entry)?);
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn by_glob(pattern: &str) -> Result<Vec<String>, SourceError> {
    let paths = glob::glob(pattern).map_err(|error| {
        SourceError::new(
            format!("`{pattern}` is not a valid glob"),
            "`*` stands for any characters, `?` for one, `[ab]` for one of these, `**` for any folders",
        )
        .because(error)
    })?;
    let mut found = Vec::new();
    for path in paths {
        let path = path.map_err(|error| {
            unreadable(&error.path().display().to_string(), std::io::Error::from(error))
        })?;
        if is_input(&path) {
            found.push(utf8(&path)?);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// A file that is neither hidden nor still being written by somebody.
fn is_input(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let passed_over =
        name.starts_with(['.', '_']) || name.ends_with(".inprogress") || name.ends_with(".tmp");
    !passed_over && !path.is_dir()
}

fn utf8(path: &Path) -> Result<String, SourceError> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        SourceError::new(
            format!("the file name `{}` is not UTF-8", path.display()),
            "rename the file, or name the files to read by a glob that leaves it out",
        )
    })
}

fn missing(path: &str) -> SourceError {
    let parent = Path::new(path).parent().filter(|parent| !parent.as_os_str().is_empty());
    let help = match parent {
        Some(parent) if !parent.exists() => {
            format!("the folder `{}` does not exist either", parent.display())
        }
        _ => "check the path; relative paths start where the job was started".to_owned(),
    };
    SourceError::new(format!("there is no file `{path}`"), help)
}

pub(super) fn unreadable(path: &str, error: std::io::Error) -> SourceError {
    let help = match error.kind() {
        std::io::ErrorKind::NotFound => {
            "it was there when the files were listed: start the job again once nobody moves its input"
        }
        std::io::ErrorKind::PermissionDenied => {
            "give the user that runs the job the right to read it"
        }
        _ => "check that it is a file on a healthy disk",
    };
    SourceError::new(format!("cannot read `{path}`"), help).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::{Source, files};
    use std::path::PathBuf;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x\n").unwrap();
        }
        folder
    }

    fn listed(path: PathBuf) -> Vec<String> {
        let strip = |split: Split| split.id.rsplit('/').next().unwrap().to_owned();
        files(path).text().splits(4).unwrap().into_iter().map(strip).collect()
    }

    #[test]
    fn a_directory_is_listed_in_order_without_hidden_and_unfinished_files() {
        let folder =
            folder(&["b.csv", "a.csv", ".c", "_SUCCESS", "d.inprogress", "e.tmp", "sub/f.csv"]);
        assert_eq!(listed(folder.path().to_owned()), ["a.csv", "b.csv"]);
    }

    #[test]
    fn a_glob_reaches_into_folders() {
        let folder = folder(&["b.csv", "a.txt", "sub/c.csv"]);
        assert_eq!(listed(folder.path().join("*.csv")), ["b.csv"]);
        assert_eq!(listed(folder.path().join("**/*.csv")), ["b.csv", "c.csv"]);
    }

    #[test]
    fn a_name_with_brackets_is_a_name_first() {
        let folder = folder(&["a[1].csv"]);
        assert_eq!(listed(folder.path().join("a[1].csv")), ["a[1].csv"]);
    }

    #[test]
    fn ranges_are_the_same_at_any_parallelism() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "0123456789").unwrap();
        let source = files(&path).text().range_bytes(4);
        let ids = |tasks| source.splits(tasks).unwrap().into_iter().map(|split| split.id);
        let name = path.display();
        let wanted = [format!("{name}@0..4"), format!("{name}@4..8"), format!("{name}@8..")];
        assert_eq!(ids(1).collect::<Vec<_>>(), wanted);
        assert!(ids(7).eq(wanted));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let folder = folder(&["sub/.hidden"]);
        let error = |path: &str| {
            let error = files(folder.path().join(path)).text().splits(1).unwrap_err().to_string();
            error.replace(folder.path().to_str().unwrap(), "IN")
        };
        assert_eq!(
            error("a.csv"),
            "there is no file `IN/a.csv`\nhelp: check the path; relative paths start where the job was started"
        );
        assert_eq!(
            error("no/a.csv"),
            "there is no file `IN/no/a.csv`\nhelp: the folder `IN/no` does not exist either"
        );
        assert!(error("sub").starts_with("no files to read in `IN/sub`\nhelp: names that begin"));
        assert!(error("*.csv").starts_with("no files to read in `IN/*.csv`\n"));
        assert!(error("***").starts_with("`IN/***` is not a valid glob: "));
        assert!(
            error("sub/.hidden/x").starts_with("cannot read `IN/sub/.hidden/x`: Not a directory")
        );
    }

    #[test]
    fn nothing_may_be_allowed() {
        let folder = folder(&[]);
        assert!(files(folder.path()).text().allow_empty().splits(1).unwrap().is_empty());
    }
}
