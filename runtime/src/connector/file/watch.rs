//! Watching a directory: files that appear are read, each once.
//!
//! ```text
//!   look ─▶ names not read yet, in order ─▶ reader of one file after the other ─▶ batches
//!    ▲                                               │ none left
//!    └─────────── after `every`, the bell ◀──────────┘
//! ```
//!
//! A file is known by its name. What is remembered are the names that are still there, so that the memory is that of
//! the directory.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::builder::{CanRead, Files, Reads};
use super::listing::list;
use crate::connector::{
    Fill, OnRejected, OpenSource, Position, Reader, Rejected, Source, SourceError, Split,
};
use crate::time::Span;

/// Made by [`Files::watch`].
#[derive(Clone, Debug)]
pub struct Watched<F> {
    files: Files<F, Reads>,
    every: Duration,
}

impl<F, D: CanRead> Files<F, D>
where
    Files<F, Reads>: Source,
{
    /// Goes on looking for new files, `every` so often: a source without end, which stopping the job ends.
    ///
    /// Each file is read once, in the order of the names among those found at one look. It is known by its name: one
    /// that changes or is replaced after it was read is not read again. A file must be complete when it appears under a
    /// name that counts: write it elsewhere, or under a hidden name, and rename it. There may be none at first. One task
    /// reads; `.rebalance()` behind the source shares the work. To be said last, behind the format and its options.
    /// Flink: `FileSource.monitorContinuously`.
    ///
    /// ```
    /// use thalweg::connector::{Source, files};
    /// use thalweg::time::secs;
    /// let orders = files("incoming/*.csv").csv::<(u64, String)>().watch(secs(10));
    /// assert_eq!(orders.name(), "files(incoming/*.csv).csv.watch");
    /// ```
    #[must_use]
    pub fn watch(self, every: Span) -> Watched<F> {
        let mut files = self.only();
        files.read.allow_empty = true;
        Watched { files, every: every.to_duration().max(Duration::from_millis(1)) }
    }
}

impl<F> Source for Watched<F>
where
    Files<F, Reads>: Source + Clone,
    F: Send + Sync + 'static,
{
    type Record = <Files<F, Reads> as Source>::Record;
    type Reader = WatchReader<F>;

    fn name(&self) -> String {
        format!("{}.watch", self.files.name())
    }

    fn parameters(&self) -> String {
        format!("{}, watched", self.files.parameters())
    }

    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        let id = format!("{} watched", self.files.path);
        Ok(vec![Split { id, detail: serde_json::Value::Null }])
    }

    fn open(&self, open: OpenSource<'_>) -> Result<WatchReader<F>, SourceError> {
        let bell = Bell::start(self.every, open.waker.clone()).map_err(|error| {
            let help = "raise the limit on threads of the user that runs the job";
            SourceError::new("cannot start a thread to watch files", help).because(error)
        })?;
        WatchReader::open(self.files.clone(), &open, bell)
    }

    fn on_rejected(&self) -> OnRejected {
        self.files.on_rejected()
    }
}

/// What a position holds.
#[derive(Default, Serialize, Deserialize)]
struct Seen {
    /// Splits that were read to their end.
    done: BTreeSet<String>,
    /// The one that was being read, and how far.
    current: Option<(Split, Position)>,
}

/// Reads the files of a directory as they appear.
pub struct WatchReader<F>
where
    Files<F, Reads>: Source,
{
    files: Files<F, Reads>,
    waker: Waker,
    bell: Bell,
    done: BTreeSet<String>,
    found: VecDeque<Split>,
    /// The file of the last batch, until the next is read.
    current: Option<(Split, <Files<F, Reads> as Source>::Reader)>,
    /// It was read to its end.
    ended: bool,
}

impl<F> WatchReader<F>
where
    Files<F, Reads>: Source,
{
    fn open(
        files: Files<F, Reads>,
        open: &OpenSource<'_>,
        bell: Bell,
    ) -> Result<WatchReader<F>, SourceError> {
        let mut seen = Seen::default();
        if let Some(position) = open.position {
            let known = serde_json::from_value(position.0.clone());
            seen = known.map_err(|_| SourceError::foreign(open))?;
        }
        let mut reader = WatchReader {
            files,
            waker: open.waker.clone(),
            bell,
            done: seen.done,
            found: VecDeque::new(),
            current: None,
            ended: false,
        };
        if let Some((split, position)) = seen.current {
            reader.begin(split, Some(&position))?;
        }
        Ok(reader)
    }

    fn begin(&mut self, split: Split, position: Option<&Position>) -> Result<(), SourceError> {
        let open = OpenSource { split: &split, position, waker: self.waker.clone() };
        let reader = self.files.open(open)?;
        self.current = Some((split, reader));
        Ok(())
    }

    /// Looks for files that were not read. Those that are gone need not be remembered.
    fn look(&mut self) -> Result<(), SourceError> {
        let there = list(&self.files.path, &self.files.read, false)?;
        let names: BTreeSet<&str> = there.iter().map(|split| split.id.as_str()).collect();
        self.done.retain(|name| names.contains(name.as_str()));
        let done = &self.done;
        self.found = there.into_iter().filter(|split| !done.contains(&split.id)).collect();
        Ok(())
    }
}

impl<F> Reader for WatchReader<F>
where
    Files<F, Reads>: Source,
    F: 'static,
{
    type Record = <Files<F, Reads> as Source>::Record;
    type Batch = <<Files<F, Reads> as Source>::Reader as Reader>::Batch;

    fn fill(
        &mut self,
        batch: &mut Self::Batch,
        limit: usize,
        rejected: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        if std::mem::take(&mut self.ended) {
            self.done.extend(self.current.take().map(|(split, _)| split.id));
        }
        if self.current.is_none() {
            if self.found.is_empty() && self.bell.has_rung() {
                self.look()?;
                self.bell.wind();
            }
            let Some(split) = self.found.pop_front() else { return Ok(Fill::Wait) };
            self.begin(split, None)?;
        }
        let Some((_, reader)) = &mut self.current else { return Ok(Fill::Wait) };
        let fill = reader.fill(batch, limit, rejected)?;
        self.ended = fill == Fill::End;
        Ok(if self.ended { Fill::More } else { fill })
    }

    fn position(&self) -> Position {
        let mut seen = Seen { done: self.done.clone(), current: None };
        match &self.current {
            Some((split, _)) if self.ended => drop(seen.done.insert(split.id.clone())),
            Some((split, reader)) => seen.current = Some((split.clone(), reader.position())),
            None => {}
        }
        Position(serde_json::to_value(seen).expect("text and positions are JSON"))
    }

    fn locate(&self, index: usize) -> String {
        self.current.as_ref().map_or_else(String::new, |(_, reader)| reader.locate(index))
    }
}

/// Rings `every` so often after it was wound, and once at the start.
struct Bell {
    rung: Arc<AtomicBool>,
    /// Winds the thread's clock; dropped, it ends the thread. A test rings itself.
    wind: Option<SyncSender<()>>,
}

impl Bell {
    fn start(every: Duration, waker: Waker) -> std::io::Result<Bell> {
        let rung = Arc::new(AtomicBool::new(true));
        let (wind, wound) = sync_channel(1);
        let ring = rung.clone();
        thread::Builder::new()
            .name("thalweg-watch".to_owned())
            .spawn(move || tick(&wound, every, &ring, &waker))?;
        Ok(Bell { rung, wind: Some(wind) })
    }

    fn has_rung(&self) -> bool {
        self.rung.load(Ordering::Acquire)
    }

    fn wind(&self) {
        self.rung.store(false, Ordering::Release);
        if let Some(wind) = &self.wind {
            // Full: it is wound already. Closed: the thread has gone with its reader.
            let wound = wind.try_send(());
            debug_assert!(!matches!(wound, Err(TrySendError::Disconnected(()))));
        }
    }
}

/// Waits for the end of the interval, or of the reader.
fn tick(wound: &Receiver<()>, every: Duration, ring: &AtomicBool, waker: &Waker) {
    while wound.recv().is_ok() {
        if wound.recv_timeout(every) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        ring.store(true, Ordering::Release);
        waker.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::connector::{Rows, files};

    type TextWatch = WatchReader<super::super::Text>;

    fn open(
        folder: &tempfile::TempDir,
        position: Option<&Position>,
    ) -> (TextWatch, Arc<AtomicBool>) {
        let rung = Arc::new(AtomicBool::new(true));
        let watched = files(folder.path()).text().watch(crate::time::secs(1));
        let split = watched.splits(1).unwrap().remove(0);
        let open = OpenSource { split: &split, position, waker: Waker::noop().clone() };
        let bell = Bell { rung: rung.clone(), wind: None };
        (WatchReader::open(watched.files.clone(), &open, bell).unwrap(), rung)
    }

    /// All that there is to read now.
    fn read(reader: &mut TextWatch) -> Vec<String> {
        let (mut batch, mut rejected, mut all) = Default::default();
        let batch: &mut super::super::Lines = &mut batch;
        let all: &mut Vec<String> = &mut all;
        loop {
            batch.clear();
            let fill = reader.fill(batch, 1, &mut rejected).unwrap();
            all.extend(batch.rows().map(str::to_owned));
            if fill == Fill::Wait {
                return std::mem::take(all);
            }
        }
    }

    #[test]
    fn each_file_is_read_once_when_it_appears() {
        let folder = tempfile::tempdir().unwrap();
        let (mut reader, rung) = open(&folder, None);
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        assert_eq!(read(&mut reader), [""; 0], "an empty directory is no error");
        write("b", "two\n");
        write("a", "one\n");
        assert_eq!(read(&mut reader), [""; 0], "not before the bell");
        rung.store(true, Ordering::SeqCst);
        assert_eq!(read(&mut reader), ["one", "two"]);
        write("a", "changed\n");
        write(".hidden", "no\n");
        write("c", "three\n");
        rung.store(true, Ordering::SeqCst);
        assert_eq!(read(&mut reader), ["three"]);
        fs::remove_file(folder.path().join("a")).unwrap();
        rung.store(true, Ordering::SeqCst);
        assert_eq!(read(&mut reader), [""; 0]);
        assert_eq!(reader.done.len(), 2, "what is gone is forgotten");
    }

    #[test]
    fn a_position_is_gone_on_from_whatever_appeared_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("a", "one\n");
        write("b", "two\nthree\n");
        let mut positions = Vec::new();
        let (mut reader, _) = open(&folder, None);
        let (mut batch, mut rejected) = (super::super::Lines::default(), Vec::new());
        let mut before = 0;
        loop {
            positions.push((before, reader.position()));
            batch.clear();
            if reader.fill(&mut batch, 1, &mut rejected).unwrap() == Fill::Wait {
                break;
            }
            before += batch.rows().count();
        }
        write("0", "zero\n");
        let all = ["one", "two", "three"];
        for (before, position) in positions {
            let (mut reader, _) = open(&folder, Some(&position));
            let mut rest = read(&mut reader);
            assert_eq!(rest.iter().filter(|line| *line == "zero").count(), 1);
            rest.retain(|line| line != "zero");
            assert_eq!(rest, all[before..]);
        }
    }

    #[test]
    fn the_bell_rings_again_after_it_was_wound() {
        let (rang, heard) = std::sync::mpsc::channel();
        struct Rings(std::sync::mpsc::Sender<()>);
        impl std::task::Wake for Rings {
            fn wake(self: Arc<Self>) {
                self.0.send(()).unwrap();
            }
        }
        let bell = Bell::start(Duration::from_millis(1), Arc::new(Rings(rang)).into()).unwrap();
        for _ in 0..3 {
            assert!(bell.has_rung());
            bell.wind();
            heard.recv().unwrap();
        }
    }
}
