//! `punctuated`, alignment and `partition_by`, end to end.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thalweg::connector::{
    Fill, OpenSource, Position, Reader, Rejected, Sink, Source, SourceError, Split, callback,
};
use thalweg::job::Job;
use thalweg::prelude::*;

#[record]
struct Reading {
    at: Timestamp,
    complete: bool,
    value: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
static RUNNING: Mutex<()> = Mutex::new(());

fn note(line: String) {
    lock(&SEEN).push(line);
}

fn notes() -> impl Sink<String> {
    callback::<String, (), _, _>(|_| (), |_, _, line| note(line.to_owned()))
}

fn seen() -> Vec<String> {
    let mut seen = std::mem::take(&mut *lock(&SEEN));
    seen.sort();
    seen
}

/// Far more records than one read takes lie between the first and the last.
const FILLERS: u64 = 100_000;

fn readings() -> Vec<Reading> {
    let fillers = (0..FILLERS).map(|_| Reading { at: Timestamp(25), complete: false, value: 0 });
    let mut all = vec![
        Reading { at: Timestamp(5), complete: false, value: 1 },
        Reading { at: Timestamp(9), complete: true, value: 2 },
    ];
    all.extend(fillers);
    // Its window has fired long before; that of the fillers' time has not, whatever their number.
    all.push(Reading { at: Timestamp(7), complete: false, value: 4 });
    all.push(Reading { at: Timestamp(11), complete: false, value: 8 });
    all
}

#[pipeline]
fn days_that_say_when_they_end() {
    let late = side();
    let readings = source(collection(readings()));
    readings
        .event_time(|r| r.at)
        .punctuated(|r| r.complete.then_some(r.at))
        .window_all(tumbling(millis(10)))
        .late_to(late)
        .sum(|r| r.value)
        .map(|sum| format!("{:?}: {}", sum.window.start, sum.value))
        .sink(notes());
    late.map(|r| format!("late: {}", r.value)).sink(notes());
}

#[test]
fn punctuated_watermarks_are_those_of_the_records() {
    let _running = lock(&RUNNING);
    for parallelism in 1..=3 {
        seen();
        Job::new(days_that_say_when_they_end).parallelism(parallelism).run().unwrap();
        let mut expected = [0, 10, 20].map(|start| format!("{:?}: ", Timestamp(start)));
        for (text, sum) in expected.iter_mut().zip([3, 8, 0]) {
            text.push_str(&sum.to_string());
        }
        let mut expected = Vec::from(expected);
        expected.push("late: 4".to_owned());
        expected.sort();
        assert_eq!(seen(), expected, "parallelism {parallelism}");
    }
}

#[pipeline]
fn by_number(task_of: u64) {
    source(collection((0..1_000_u64).map(|n| (n, format!("order {n}"))).collect::<Vec<_>>()))
        .partition_by(|(n, _)| n / task_of)
        .filter(|(n, order)| order.ends_with(&n.to_string()))
        .sink(callback::<(u64, String), _, _, _>(
            |task| task,
            |task, _, (n, _)| note(format!("{n} on {task}")),
        ));
}

#[test]
fn partitioner_names_the_task() {
    let _running = lock(&RUNNING);
    for parallelism in 1..=3 {
        seen();
        Job::new(by_number).arg("task_of", "7").parallelism(parallelism).run().unwrap();
        let mut expected: Vec<String> =
            (0..1_000).map(|n| format!("{n} on {}", n / 7 % parallelism)).collect();
        expected.sort();
        assert_eq!(seen(), expected);
    }
}

/// How far apart the splits may be.
const DRIFT: i64 = 5_000;
const STEP: i64 = 1_000;
const END: i64 = 200_000;

/// Two splits with a record a second each. The slow one goes on only when the fast one is as far ahead as it may be,
/// and the fast one complains if it is read when it is further.
#[derive(Default)]
struct Race {
    fast: AtomicI64,
    slow: AtomicI64,
    fast_ended: AtomicBool,
    /// One task reads both splits, the fast one first.
    alone: AtomicBool,
    overtaken: Mutex<Vec<i64>>,
}

struct Lane {
    race: Arc<Race>,
    is_fast: bool,
    next: i64,
}

struct Track(Arc<Race>);

impl Source for Track {
    type Record = i64;
    type Reader = Lane;
    fn name(&self) -> String {
        "track".to_owned()
    }
    fn splits(&self, parallelism: usize) -> Result<Vec<Split>, SourceError> {
        self.0.alone.store(parallelism == 1, Ordering::SeqCst);
        let split = |id: &str| Split { id: id.to_owned(), detail: Default::default() };
        Ok(vec![split("fast"), split("slow")])
    }
    fn open(&self, open: OpenSource<'_>) -> Result<Lane, SourceError> {
        Ok(Lane { race: self.0.clone(), is_fast: open.split.id == "fast", next: 0 })
    }
}

impl Reader for Lane {
    type Record = i64;
    type Batch = Vec<i64>;
    fn fill(
        &mut self,
        batch: &mut Vec<i64>,
        _: usize,
        _: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        let race = &self.race;
        let (fast, slow) = (race.fast.load(Ordering::SeqCst), race.slow.load(Ordering::SeqCst));
        let alone = race.alone.load(Ordering::SeqCst);
        if self.is_fast {
            if !alone && fast > slow + DRIFT {
                lock(&race.overtaken).push(fast);
            }
            race.fast.store(self.next, Ordering::SeqCst);
            race.fast_ended.store(self.next >= END, Ordering::SeqCst);
        } else {
            let may_go = fast > slow + DRIFT || race.fast_ended.load(Ordering::SeqCst);
            if self.next > 0 && !alone && !may_go {
                return Ok(Fill::More);
            }
            race.slow.store(self.next, Ordering::SeqCst);
        }
        batch.push(self.next);
        self.next += STEP;
        Ok(if self.next > END { Fill::End } else { Fill::More })
    }
    fn position(&self) -> Position {
        Position(self.next.into())
    }
    fn locate(&self, _: usize) -> String {
        self.next.to_string()
    }
}

static RACE: Mutex<Option<Arc<Race>>> = Mutex::new(None);

fn track() -> Track {
    Track(lock(&RACE).get_or_insert_default().clone())
}

#[pipeline]
fn keep_together() {
    source(track())
        .event_time(Timestamp)
        // A split that waits is not idle, however short the time is after which it would be.
        .watermarks(monotonic().alignment("race", millis(DRIFT)).idle_after(millis(1)))
        .window_all(tumbling(millis(10 * STEP)))
        .count()
        .map(|counted| format!("{:>6}: {}", counted.window.start.0, counted.value))
        .sink(notes());
}

#[test]
fn bug_02_fast_split_waits_for_the_slow_one_and_is_not_idle() {
    let _running = lock(&RUNNING);
    for parallelism in 1..=3 {
        seen();
        let race = Arc::new(Race::default());
        *lock(&RACE) = Some(race.clone());
        Job::new(keep_together).parallelism(parallelism).run().unwrap();
        assert_eq!(*lock(&race.overtaken), Vec::<i64>::new(), "parallelism {parallelism}");
        let mut expected: Vec<String> =
            (0..20).map(|window| format!("{:>6}: 20", window * 10 * STEP)).collect();
        expected.push(format!("{END:>6}: 2"));
        expected.sort();
        assert_eq!(seen(), expected, "parallelism {parallelism}: nothing is late");
    }
}

#[pipeline]
fn behind_an_exchange() {
    source(collection([1_i64]))
        .rebalance()
        .event_time(Timestamp)
        .watermarks(monotonic().alignment("race", millis(1)))
        .sink(discard());
}

#[test]
fn alignment_behind_an_exchange_is_refused() {
    let error = Job::new(behind_an_exchange).run().unwrap_err().to_string();
    assert!(error.contains("aligned behind an exchange"), "{error}");
}
