//! Events at scheduled times, handed to a waiting reader by a thread of their own, as a socket would.
//!
//! Latency is counted from the time at which an event was due, not from when it was handed over: whoever is late makes
//! all that follow late too, and that must show.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use thalweg::connector::{
    Fill, OpenSource, Position, Reader, Rejected, Source, SourceError, Split,
};

/// An event: its number, and when it was due, in nanoseconds since the schedule's start.
pub type Due = (u64, u64);

/// How many events, how often.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Events per second.
    pub per_second: u64,
    /// Events in all.
    pub events: u64,
}

/// Where the schedule's thread puts events.
#[derive(Debug, Default)]
pub struct Mailbox {
    due: Mutex<Vec<Due>>,
    ended: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Mailbox {
    /// Takes what is there; false if nothing will come any more.
    pub fn take(&self, into: &mut Vec<Due>) -> bool {
        let ended = self.ended.load(Ordering::Acquire);
        into.append(&mut self.due.lock().unwrap_or_else(PoisonError::into_inner));
        !ended
    }

    /// Whom to wake when something is put in.
    pub fn wake_with(&self, waker: Waker) {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker);
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake_by_ref();
        }
    }
}

impl Schedule {
    /// Below this the thread does not sleep, because it would wake too late.
    const SPIN: Duration = Duration::from_micros(120);

    /// Puts events into the mailbox as they are due, counted from `start`.
    pub fn run(self, start: Instant, mailbox: Arc<Mailbox>) -> JoinHandle<()> {
        std::thread::spawn(move || {
            let nanos = |event: u64| event * 1_000_000_000 / self.per_second;
            let mut next = 0;
            while next < self.events {
                let now = start.elapsed().as_nanos() as u64;
                if now < nanos(next) {
                    let left = Duration::from_nanos(nanos(next) - now);
                    match left.checked_sub(Self::SPIN) {
                        Some(long) => std::thread::sleep(long),
                        None => std::hint::spin_loop(),
                    }
                    continue;
                }
                let mut due = mailbox.due.lock().unwrap_or_else(PoisonError::into_inner);
                while next < self.events && nanos(next) <= now {
                    due.push((next, nanos(next)));
                    next += 1;
                }
                drop(due);
                mailbox.wake();
            }
            mailbox.ended.store(true, Ordering::Release);
            mailbox.wake();
        })
    }
}

/// A source of scheduled events.
pub struct Scheduled(pub Arc<Mailbox>);

impl Source for Scheduled {
    type Record = Due;
    type Reader = ScheduledReader;

    fn name(&self) -> String {
        "scheduled".to_owned()
    }

    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        Ok(vec![Split { id: "all".to_owned(), detail: serde_json::Value::Null }])
    }

    fn open(&self, open: OpenSource<'_>) -> Result<ScheduledReader, SourceError> {
        self.0.wake_with(open.waker);
        Ok(ScheduledReader(Arc::clone(&self.0)))
    }
}

/// Reads scheduled events.
pub struct ScheduledReader(Arc<Mailbox>);

impl Reader for ScheduledReader {
    type Record = Due;
    type Batch = Vec<Due>;

    fn fill(
        &mut self,
        batch: &mut Vec<Due>,
        _: usize,
        _: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        let more = self.0.take(batch);
        Ok(if more { Fill::Wait } else { Fill::End })
    }

    fn position(&self) -> Position {
        Position(serde_json::Value::Null)
    }

    fn locate(&self, index: usize) -> String {
        format!("event {index} of a batch")
    }
}
