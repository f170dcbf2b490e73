//! Looks at the directories while the job runs, as a reader of its output would: what has a final name is complete,
//! never changes and never goes; what is hidden stays so. And the checkpoints' directory stays small.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::random::mix;

/// Checkpoints that may lie there: those that are retained, one in flight, what a few attempts have left that were killed
/// before they could tidy up, and what increments build on. An attempt begins with a whole checkpoint, so that is at most
/// what it has taken: one each 100 ms of a life of two seconds.
const FOLDERS_MAX: u64 = 12 + 20;
/// Records of the pointer that may lie there besides those that each attempt leaves for good.
const RECORDS_MAX: u64 = 100;
const RECORDS_PER_START: u64 = 4;
/// Every how manyth file is looked into again at each look.
const AGAIN: usize = 16;

/// What is remembered of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Seen {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    digest: u64,
}

/// What was seen so far.
pub struct Watch {
    output: PathBuf,
    checkpoints: PathBuf,
    seen: BTreeMap<PathBuf, Seen>,
    looks: usize,
    /// How often the job was started.
    pub starts: u64,
    /// The most checkpoints and bytes that there were at once.
    pub most: (u64, u64),
    /// What is wrong.
    pub findings: Vec<String>,
}

impl Watch {
    pub fn new(output: PathBuf, checkpoints: PathBuf) -> Watch {
        let (seen, findings) = (BTreeMap::new(), Vec::new());
        Watch { output, checkpoints, seen, looks: 0, starts: 0, most: (0, 0), findings }
    }

    /// Looks once.
    pub fn look(&mut self) -> io::Result<()> {
        self.looks += 1;
        let looks = self.looks;
        self.compare(|number| number % AGAIN == looks % AGAIN)?;
        self.weigh()
    }

    /// Looks at everything once more.
    pub fn look_at_all(&mut self) -> io::Result<()> {
        self.compare(|_| true)?;
        self.weigh()
    }

    /// Files that were seen under final names.
    pub fn files(&self) -> usize {
        self.seen.len()
    }

    fn find(&mut self, finding: String) {
        if self.findings.len() < 10 {
            self.findings.push(finding);
        }
    }

    fn compare(&mut self, again: impl Fn(usize) -> bool) -> io::Result<()> {
        let mut names = Vec::new();
        for folder in entries(&self.output)? {
            names.extend(entries(&folder)?.into_iter().filter(|path| !is_hidden(path)));
        }
        names.sort();
        for path in &names {
            if !is_part(path) {
                self.find(format!("{} is neither hidden nor named as a part", path.display()));
            }
        }
        let gone = self.seen.keys().filter(|path| names.binary_search(path).is_err());
        let gone: Vec<_> = gone.map(|path| format!("{} has gone", path.display())).collect();
        gone.into_iter().for_each(|what| self.find(what));
        for (number, path) in names.into_iter().enumerate() {
            let before = self.seen.get(&path).copied();
            if before.is_some() && !again(number) {
                continue;
            }
            let now = see(&path)?;
            match before {
                Some(before) if before != now => {
                    self.find(format!("{} was {before:?}, is {now:?}", path.display()));
                }
                Some(_) => {}
                None => {
                    self.seen.insert(path, now);
                }
            }
        }
        Ok(())
    }

    /// Weighs the checkpoints.
    fn weigh(&mut self) -> io::Result<()> {
        let (mut folders, mut bytes, mut records) = (0, 0, 0);
        for path in entries(&self.checkpoints)?.into_iter().filter(|path| !is_hidden(path)) {
            let is_pointer = path.ends_with("pointer");
            let mut in_folder = 0;
            for file in entries(&path)? {
                records += u64::from(is_pointer);
                in_folder += weight(&file)?;
            }
            folders += u64::from(!is_pointer);
            bytes += in_folder;
        }
        self.most = (self.most.0.max(folders), self.most.1.max(bytes));
        if folders > FOLDERS_MAX {
            self.find(format!("{folders} checkpoints lie there at once"));
        }
        if records > RECORDS_PER_START * self.starts + RECORDS_MAX {
            let starts = self.starts;
            self.find(format!("{records} records of the pointer after {starts} starts"));
        }
        Ok(())
    }
}

/// The entries of a folder; none if it is not there (any more).
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if is_gone(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    listed.map(|entry| Ok(entry?.path())).collect()
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Bytes below a path.
fn weight(path: &Path) -> io::Result<u64> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            entries(path)?.iter().map(|path| weight(path)).sum::<io::Result<u64>>()
        }
        Ok(found) => Ok(found.len()),
        Err(error) if is_gone(&error) => Ok(0),
        Err(error) => Err(error),
    }
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn is_hidden(path: &Path) -> bool {
    name(path).starts_with('.')
}

fn is_part(path: &Path) -> bool {
    let numbers = name(path).strip_prefix("part-").and_then(|name| name.strip_suffix(".csv"));
    numbers.is_some_and(|it| it.split('-').all(|number| number.parse::<u64>().is_ok()))
}

fn see(path: &Path) -> io::Result<Seen> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.read_to_end(&mut bytes)?;
    let metadata = fs::metadata(path)?;
    let word = |chunk: &[u8]| chunk.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
    let digest = bytes.chunks(8).fold(0, |digest, chunk| mix(digest ^ word(chunk)));
    let modified = (metadata.mtime(), metadata.mtime_nsec());
    Ok(Seen { inode: metadata.ino(), bytes: metadata.len(), modified, digest })
}
