//! The builder: `files(path)`, its formats and options.

use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::folder::Folder;
use crate::connector::OnRejected;
use crate::time::Span;

/// Files: as a source, a file, a directory or a glob; as a sink, a directory.
///
/// Followed by a format: [`text`](Files::text), [`json`](Files::json), [`csv`](Files::csv).
///
/// **As a source** it reads what is there when the job starts, in the order of the names. Files ending in `.gz` and
/// `.zst` are decompressed. In a directory, names that begin with `.` or `_` or end in `.inprogress` or `.tmp` are
/// passed over, as are its subdirectories (`data/**/*.csv` reaches those). Each file is a split, read by one task;
/// large plain files of lines are divided into ranges.
///
/// **As a sink** each task writes `part-<task>-<n>.csv` (`.jsonl`, `.txt`) into the directory: under a hidden name
/// until the part is complete and on disk, then renamed. A directory that already holds parts is refused unless
/// [`overwrite`](Files::overwrite) is given. A task that gets no record writes no file. A directory belongs to one sink
/// of one job, which locks it.
///
/// In a job with checkpoints, parts are named `part-<task>-<attempt>-<n>.csv` (a later number than the attempt's where
/// such parts are there already), and appear once the checkpoint is complete that covers their rows: each row is in one
/// part, whatever fails. Every checkpoint ends the open part if it has rows. Parts may be copied at once; they may be
/// moved or removed after the end of the job, or once the next checkpoint is complete: a job that is restored checks
/// that what its checkpoint covers is there, and fails if it cannot tell.
///
/// ```
/// use thalweg::connector::{Source, files};
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("a.txt"), "one\ntwo\n")?;
/// let lines = files(folder.path()).text();
/// assert_eq!(lines.splits(1)?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn files(path: impl AsRef<Path>) -> Files {
    Files {
        path: path.as_ref().to_string_lossy().into_owned(),
        format: Unformatted,
        on_rejected: OnRejected::Fail,
        read: ReadOptions { allow_empty: false, range_bytes: RANGE_BYTES, longest: LONGEST },
        write: WriteOptions { roll: None, overwrite: false, folder: Arc::default() },
        direction: PhantomData,
    }
}

/// Size of the ranges that large plain files are divided into: big enough that finding the first line end is nothing,
/// small enough that four tasks share a file of 128 MiB.
const RANGE_BYTES: u64 = 32 << 20;
/// Longest line or CSV record that is believed to be one.
const LONGEST: usize = 1 << 20;

/// Made by [`files`]. `F` is the format, `D` says whether it may still be source, sink or both.
#[derive(Clone, Debug)]
pub struct Files<F = Unformatted, D = Both> {
    pub(super) path: String,
    pub(super) format: F,
    pub(super) on_rejected: OnRejected,
    pub(super) read: ReadOptions,
    pub(super) write: WriteOptions,
    direction: PhantomData<D>,
}

#[derive(Clone, Debug)]
pub(super) struct ReadOptions {
    pub allow_empty: bool,
    pub range_bytes: u64,
    pub longest: usize,
}

impl ReadOptions {
    /// How files are divided, for a source's parameters: other ranges are other splits.
    pub(super) fn ranges(&self) -> String {
        format!("in ranges of {} bytes", self.range_bytes)
    }
}

#[derive(Clone, Debug)]
pub(super) struct WriteOptions {
    /// Bytes and age after which a part is complete.
    pub roll: Option<(u64, Duration)>,
    pub overwrite: bool,
    /// The directory, whose lock and state all tasks share.
    pub folder: Arc<Folder>,
}

/// `files(..)` before a format was chosen.
#[derive(Clone, Copy, Debug)]
pub struct Unformatted;

/// Lines of text.
#[derive(Clone, Copy, Debug)]
pub struct Text;

/// JSON lines of records `T`.
#[derive(Debug)]
pub struct Json<T>(PhantomData<fn() -> T>);

/// Comma-separated values of records `T`.
#[derive(Debug)]
pub struct Csv<T> {
    pub(super) nulls: Arc<[String]>,
    pub(super) delimiter: u8,
    pub(super) headers: bool,
    pub(super) splittable: bool,
    record: PhantomData<fn() -> T>,
}

impl<T> Clone for Json<T> {
    fn clone(&self) -> Self {
        Json(PhantomData)
    }
}

impl<T> Clone for Csv<T> {
    fn clone(&self) -> Self {
        Csv { nulls: self.nulls.clone(), ..*self }
    }
}

/// A builder that is still both source and sink.
#[derive(Clone, Copy, Debug)]
pub struct Both;

/// A builder with an option that only a source has.
#[derive(Clone, Copy, Debug)]
pub struct Reads;

/// A builder with an option that only a sink has.
#[derive(Clone, Copy, Debug)]
pub struct Writes;

/// `files(..)` that may be a source.
#[diagnostic::on_unimplemented(
    message = "these files have options that only a sink has",
    note = "to fix: leave out `.roll(..)` and `.overwrite()` where files are read"
)]
pub trait CanRead: Send + Sync + 'static {}
impl CanRead for Both {}
impl CanRead for Reads {}

/// `files(..)` that may be a sink.
#[diagnostic::on_unimplemented(
    message = "these files have options that only a source has",
    note = "to fix: leave out the options of reading where files are written"
)]
pub trait CanWrite: Send + Sync + 'static {}
impl CanWrite for Both {}
impl CanWrite for Writes {}

impl<D> Files<Unformatted, D> {
    /// Lines of text: records are `String`s, closures see `&str`, borrowed from the read buffer.
    ///
    /// A line ends with `\n` or `\r\n`, the last one also with the file. A line that is not UTF-8 is a bad record.
    pub fn text(self) -> Files<Text, D> {
        self.with(Text)
    }

    /// JSON lines: one object per line. Blank lines are passed over.
    pub fn json<T>(self) -> Files<Json<T>, D> {
        self.with(Json(PhantomData))
    }

    /// Comma-separated values, with a header line that names the columns.
    ///
    /// Read, columns are matched to fields by name, and those that `T` has not are skipped; an `Option` without a
    /// column is `None`. Written, the columns are named after the fields; nested records become `field.inner`, and
    /// `None` is the empty field.
    ///
    /// ```
    /// use thalweg::connector::{Files, Csv, files};
    /// // The record type is usually inferred from the pipeline.
    /// let flights: Files<Csv<(String, u64)>, _> = files("flights.csv.gz").csv().nulls(["NA", ""]);
    /// ```
    pub fn csv<T>(self) -> Files<Csv<T>, D> {
        let nulls = Arc::from([String::new()]);
        let csv =
            Csv { nulls, delimiter: b',', headers: true, splittable: false, record: PhantomData };
        self.with(csv)
    }
}

impl<F, D> Files<F, D> {
    /// Leaves out records that cannot be decoded or encoded, and counts them.
    #[must_use]
    pub fn or_skip(self) -> Self {
        Files { on_rejected: OnRejected::Skip, ..self }
    }

    /// Records that cannot be decoded or encoded are handed to the runtime, for `.errors_to(side)`.
    #[doc(hidden)]
    #[must_use]
    pub fn reject_to_side(self) -> Self {
        Files { on_rejected: OnRejected::Side, ..self }
    }

    pub(super) fn with<G>(self, format: G) -> Files<G, D> {
        let Files { path, on_rejected, read, write, direction, .. } = self;
        Files { path, format, on_rejected, read, write, direction }
    }

    pub(super) fn only<E>(self) -> Files<F, E> {
        let Files { path, format, on_rejected, read, write, .. } = self;
        Files { path, format, on_rejected, read, write, direction: PhantomData }
    }
}

impl<F, D: CanRead> Files<F, D> {
    /// No files at all is an empty input, not an error.
    #[must_use]
    pub fn allow_empty(self) -> Files<F, Reads> {
        let mut files = self.only();
        files.read.allow_empty = true;
        files
    }

    /// Divides plain files of lines into ranges of about `bytes`; 32 MiB unless told.
    #[must_use]
    pub fn range_bytes(self, bytes: u64) -> Files<F, Reads> {
        let mut files = self.only();
        files.read.range_bytes = bytes.max(1);
        files
    }

    /// Accepts lines and CSV records of up to `bytes`; 1 MiB unless told. A longer one fails the task: it is more
    /// often a quote that is never closed, or no text at all.
    #[must_use]
    pub fn longest_line(self, bytes: usize) -> Files<F, Reads> {
        let mut files = self.only();
        files.read.longest = bytes.max(1);
        files
    }
}

impl<F, D: CanWrite> Files<F, D> {
    /// Begins a new part when one has reached `bytes` or is older than `age`, whichever comes first.
    #[must_use]
    pub fn roll(self, bytes: u64, age: Span) -> Files<F, Writes> {
        let mut files = self.only();
        files.write.roll = Some((bytes.max(1), age.to_duration()));
        files
    }

    /// Removes the parts of an earlier run from the directory when the first record is written, or at the end if there
    /// is none; in a job with checkpoints, with the first of them. A job that fails before leaves them. Other files stay.
    #[must_use]
    pub fn overwrite(self) -> Files<F, Writes> {
        let mut files = self.only();
        files.write.overwrite = true;
        files
    }
}

impl<T, D: CanRead> Files<Csv<T>, D> {
    /// Field contents that mean "missing": `None` for an `Option`. The empty field unless told.
    #[must_use]
    pub fn nulls<'n>(self, nulls: impl IntoIterator<Item = &'n str>) -> Files<Csv<T>, Reads> {
        let mut files = self.only();
        files.format.nulls = nulls.into_iter().map(str::to_owned).collect();
        files
    }

    /// Promises that no quoted field contains a line break, so that large plain files may be read in ranges.
    #[must_use]
    pub fn splittable(self) -> Files<Csv<T>, Reads> {
        let mut files = self.only();
        files.format.splittable = true;
        files
    }
}

impl<T, D> Files<Csv<T>, D> {
    /// What separates the fields, in place of a comma: `'\t'`, `';'`.
    ///
    /// # Panics
    /// If it is not an ASCII character.
    #[must_use]
    pub fn delimiter(mut self, delimiter: char) -> Self {
        assert!(delimiter.is_ascii(), "the delimiter {delimiter:?} is not an ASCII character");
        self.format.delimiter = delimiter as u8;
        self
    }

    /// There is no header line: columns are the fields in their order.
    #[must_use]
    pub fn no_headers(mut self) -> Self {
        self.format.headers = false;
        self
    }
}
