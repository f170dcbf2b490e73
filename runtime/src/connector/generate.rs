//! `generate`: records made from their index.

use std::marker::PhantomData;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

use super::stripes::Stripes;
use super::{Fill, OpenSource, Position, Reader, Rejected, Resumed, Source, SourceError, Split};
use crate::record::Emit;

/// The records `make(0)` to `make(n - 1)`.
///
/// Task `s` of `p` makes those with `i mod p = s`, so that the same records come at any parallelism and all tasks
/// advance together.
///
/// ```
/// use thalweg::connector::{Source, generate};
/// let squares = generate(10, |i| i * i);
/// assert_eq!(squares.splits(4)?.len(), 4);
/// # Ok::<(), thalweg::connector::SourceError>(())
/// ```
pub fn generate<E, F>(n: u64, make: F) -> Generate<E, F>
where
    E: Emit + 'static,
    F: Fn(u64) -> E + Clone + Send + Sync + 'static,
{
    Generate { end: n, make, per_second: None, record: PhantomData }
}

/// The records `make(0)`, `make(1)`, … until the job is stopped; usually with a [`rate`](Generate::rate).
pub fn generate_forever<E, F>(make: F) -> Generate<E, F>
where
    E: Emit + 'static,
    F: Fn(u64) -> E + Clone + Send + Sync + 'static,
{
    generate(u64::MAX, make)
}

/// Made by [`generate`] and [`generate_forever`].
pub struct Generate<E, F> {
    end: u64,
    make: F,
    per_second: Option<f64>,
    record: PhantomData<fn() -> E>,
}

impl<E, F: Clone> Clone for Generate<E, F> {
    fn clone(&self) -> Self {
        Generate { make: self.make.clone(), record: PhantomData, ..*self }
    }
}

impl<E, F> std::fmt::Debug for Generate<E, F> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "generate({})", self.end)
    }
}

impl<E, F> Generate<E, F> {
    /// Makes `per_second` records per second, of all tasks together. Record `i` is due `i / per_second` seconds after
    /// the start; what is late is made at once.
    ///
    /// # Panics
    /// If `per_second` is not a positive number.
    #[must_use]
    pub fn rate(mut self, per_second: impl Into<f64>) -> Generate<E, F> {
        let per_second = per_second.into();
        assert!(per_second > 0.0 && per_second.is_finite(), "a rate of {per_second} per second");
        self.per_second = Some(per_second);
        self
    }
}

impl<E, F> Source for Generate<E, F>
where
    E: Emit + 'static,
    F: Fn(u64) -> E + Clone + Send + Sync + 'static,
{
    type Record = E::Record;
    type Reader = GenerateReader<E, F>;

    fn name(&self) -> String {
        let records = if self.end == u64::MAX { "forever".into() } else { self.end.to_string() };
        match self.per_second {
            Some(rate) => format!("generate({records}, {rate}/s)"),
            None => format!("generate({records})"),
        }
    }

    /// The rate may change: it is not what is made but when.
    fn parameters(&self) -> String {
        format!("generate({})", self.end)
    }

    fn splits(&self, parallelism: usize) -> Result<Vec<Split>, SourceError> {
        Ok(Stripes::splits(parallelism))
    }

    fn redivide(
        &self,
        splits: Vec<Resumed>,
        parallelism: usize,
    ) -> Result<Vec<Resumed>, SourceError> {
        Stripes::redivide(&splits, parallelism, self.end)
    }

    fn open(&self, open: OpenSource<'_>) -> Result<GenerateReader<E, F>, SourceError> {
        let stripes = Stripes::open(&open)?;
        let pace = match self.per_second {
            Some(rate) => Some(Pace::start(stripes.first(), rate, open.waker)?),
            None => None,
        };
        let (make, first) = (self.make.clone(), stripes.first());
        Ok(GenerateReader { make, stripes, first, end: self.end, pace, record: PhantomData })
    }
}

/// Makes every `step`-th record.
pub struct GenerateReader<E, F> {
    make: F,
    stripes: Stripes,
    /// The first of the last batch.
    first: u64,
    end: u64,
    pace: Option<Pace>,
    record: PhantomData<fn() -> E>,
}

impl<E, F> std::fmt::Debug for GenerateReader<E, F> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "generate, at {}", self.stripes.next)
    }
}

impl<E, F> GenerateReader<E, F>
where
    E: Emit,
    F: Fn(u64) -> E,
{
    #[inline]
    fn make_on(&mut self, batch: &mut Vec<E::Record>, limit: usize, due: u64) {
        for _ in 0..limit.max(1) {
            if self.stripes.next >= due {
                break;
            }
            batch.push((self.make)(self.stripes.next).into_record());
            self.stripes.next = self.stripes.next.saturating_add(self.stripes.step);
        }
    }
}

impl<E, F> Reader for GenerateReader<E, F>
where
    E: Emit + 'static,
    F: Fn(u64) -> E + 'static,
{
    type Record = E::Record;
    type Batch = Vec<E::Record>;

    fn fill(
        &mut self,
        batch: &mut Self::Batch,
        limit: usize,
        _: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        self.first = self.stripes.first();
        let due = match &self.pace {
            Some(pace) => pace.due(Instant::now()).min(self.end),
            None => self.end,
        };
        if let Some(record) = self.stripes.lagging() {
            // By itself, for want of a step. Few lag behind, and only after a change of the parallelism.
            if record < due {
                batch.push((self.make)(record).into_record());
                self.stripes.pass(record);
            }
        } else {
            self.make_on(batch, limit, due);
        }
        let next = self.stripes.first();
        match &self.pace {
            _ if next >= self.end => Ok(Fill::End),
            Some(pace) if next >= due => {
                pace.wake_at(next);
                Ok(Fill::Wait)
            }
            _ => Ok(Fill::More),
        }
    }

    fn position(&self) -> Position {
        self.stripes.position()
    }

    fn locate(&self, index: usize) -> String {
        format!("record {}", self.first + index as u64 * self.stripes.step)
    }
}

/// Says which records are due, and wakes the reader when the next one is.
struct Pace {
    start: Instant,
    /// The record that is due at the start.
    first: u64,
    per_second: f64,
    /// At most one wake-up is asked for at a time.
    alarm: SyncSender<Instant>,
}

impl Pace {
    fn start(first: u64, per_second: f64, waker: Waker) -> Result<Pace, SourceError> {
        let (alarm, alarms) = sync_channel::<Instant>(1);
        let rings = move || {
            while let Ok(at) = alarms.recv() {
                let left = at.saturating_duration_since(Instant::now());
                match alarms.recv_timeout(left) {
                    Err(RecvTimeoutError::Disconnected) => return,
                    // Time is up; or asked for again meanwhile, and the reader finds out itself.
                    Ok(_) | Err(RecvTimeoutError::Timeout) => waker.wake_by_ref(),
                }
            }
        };
        let spawned = thread::Builder::new().name("thalweg-pace".to_owned()).spawn(rings);
        spawned.map_err(|error| {
            let help = "raise the limit on threads of the user that runs the job";
            SourceError::new("cannot start a thread to keep the rate of `generate`", help)
                .because(error)
        })?;
        Ok(Pace { start: Instant::now(), first, per_second, alarm })
    }

    /// Behind the last record that is due.
    fn due(&self, now: Instant) -> u64 {
        let seconds = now.saturating_duration_since(self.start).as_secs_f64();
        self.first.saturating_add((seconds * self.per_second) as u64).saturating_add(1)
    }

    fn wake_at(&self, record: u64) {
        let seconds = record.saturating_sub(self.first) as f64 / self.per_second;
        let after = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        let far = Duration::from_secs(3600);
        let at = self.start.checked_add(after).unwrap_or_else(|| Instant::now() + far);
        // A full channel means that an earlier wake-up is on its way, after which this is called again.
        let _ = self.alarm.try_send(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::testing::{drain, drain_all, drain_from};

    #[test]
    fn any_parallelism_makes_the_same_records() {
        for tasks in 1..8 {
            let mut all = drain_all(&generate(20, |i| (i, format!("r{i}"))), tasks, 3).unwrap();
            all.sort();
            assert_eq!(all, (0..20).map(|i| (i, format!("r{i}"))).collect::<Vec<_>>());
        }
    }

    #[test]
    fn making_goes_on_at_a_position() {
        let source = generate(20, |i| i);
        let split = &source.splits(3).unwrap()[1];
        assert_eq!(drain_from(&source, split, 2, 2).unwrap().records, [1, 4, 7, 10, 13, 16, 19]);
    }

    #[test]
    fn a_rate_spreads_records_over_time() {
        let source = generate(50, |i| i).rate(5000);
        let start = Instant::now();
        assert_eq!(drain(&source, &source.splits(1).unwrap()[0], 8).unwrap().records.len(), 50);
        assert!(start.elapsed() >= Duration::from_micros(9800));
    }

    #[test]
    fn a_waiting_reader_is_woken() {
        struct Bell(thread::Thread);
        impl std::task::Wake for Bell {
            fn wake(self: std::sync::Arc<Self>) {
                self.0.unpark();
            }
        }
        let source = generate(3, |i| i).rate(1000);
        let split = &source.splits(1).unwrap()[0];
        let waker = std::sync::Arc::new(Bell(thread::current())).into();
        let mut reader = source.open(OpenSource { split, position: None, waker }).unwrap();
        let mut all = Vec::new();
        while reader.fill(&mut all, 10, &mut vec![]).unwrap() != Fill::End {
            thread::park();
        }
        assert_eq!(all, [0, 1, 2]);
    }
}
