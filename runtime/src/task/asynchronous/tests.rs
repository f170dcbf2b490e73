use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::*;
use crate::state::State;
use crate::task::{Signal, Stage};
use crate::time::Timestamp;

const NONE: [u64; 0] = [];

/// An `async_map` of numbers whose answers a test gives.
struct Bench {
    map: AsyncMap<u64, u64>,
    stage: Stage,
    answers: BTreeMap<u64, oneshot::Sender<Result<u64, String>>>,
    blocked: Rc<Cell<bool>>,
    _runtime: Runtime,
}

impl Bench {
    fn new(options: AsyncOptions) -> Bench {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let blocked = Rc::new(Cell::new(false));
        let signal = Arc::new(Signal::default());
        let map =
            AsyncMap::new(options, runtime.handle().clone(), signal, blocked.clone(), 1 << 20);
        let (stage, answers) = (Stage::default(), BTreeMap::new());
        Bench { map, stage, answers, blocked, _runtime: runtime }
    }

    fn ask(&mut self, record: u64) {
        let (answer, answered) = oneshot::channel();
        self.answers.insert(record, answer);
        self.map.ask(Timestamp(record as i64), record, |asked| async move {
            assert_eq!(asked.view(), record);
            answered.await.unwrap_or_else(|_| Err("gone".to_owned()))
        });
    }

    /// Gives answers, one after the other has come.
    fn answer(&mut self, records: &[u64]) -> Vec<u64> {
        let mut handed_on = Vec::new();
        for record in records {
            self.answers.remove(record).unwrap().send(Ok(record * 10)).unwrap();
            while self.map.arrivals() == 0 {
                std::thread::yield_now();
            }
            handed_on.extend(self.turn());
        }
        handed_on
    }

    /// What a turn hands on.
    fn turn(&mut self) -> Vec<u64> {
        let mut turn = self.stage.turn(Timestamp::MIN);
        let mut handed_on = Vec::new();
        while let Some(answered) = self.map.answered(&mut turn).unwrap() {
            assert_eq!(answered.answer(), Ok(answered.record() * 10));
            assert_eq!(answered.time().0 as u64, answered.record());
            handed_on.push(answered.record());
        }
        handed_on
    }
}

#[test]
fn ordered_answers_wait_for_those_before_them() {
    let mut bench = Bench::new(AsyncOptions::default());
    (1..=4).for_each(|record| bench.ask(record));
    assert_eq!(bench.answer(&[3, 2]), NONE);
    assert_eq!(bench.answer(&[1]), [1, 2, 3]);
    assert_eq!((bench.map.entries(), bench.map.is_empty()), (1, false));
    assert_eq!(bench.answer(&[4]), [4]);
    assert_eq!((bench.map.entries(), bench.map.bytes(), bench.map.is_empty()), (0, 0, true));
}

#[test]
fn unordered_answers_wait_at_marks_only() {
    let mut bench = Bench::new(AsyncOptions::default().unordered());
    (1..=2).for_each(|record| bench.ask(record));
    bench.map.mark();
    (3..=4).for_each(|record| bench.ask(record));
    bench.map.mark();
    bench.ask(5);
    assert_eq!(bench.answer(&[5, 4, 2]), [2]);
    assert!(!bench.map.is_settled());
    assert_eq!(bench.answer(&[1]), [1]);
    assert!(bench.map.is_settled() && !bench.map.wants_turn(), "what is behind the mark stays");
    bench.map.release();
    assert!(!bench.map.is_settled() && bench.map.wants_turn());
    assert_eq!(bench.turn(), [4]);
    assert_eq!(bench.answer(&[3]), [3]);
    assert!(bench.map.is_settled());
    bench.map.release();
    assert_eq!(bench.turn(), [5]);
    assert!(bench.map.is_empty());
}

#[test]
fn ordered_answers_stay_behind_a_mark() {
    let mut bench = Bench::new(AsyncOptions::default());
    bench.ask(1);
    bench.map.mark();
    bench.ask(2);
    assert_eq!(bench.answer(&[2, 1]), [1]);
    assert!(bench.map.is_settled() && !bench.map.wants_turn());
    bench.map.release();
    assert_eq!(bench.turn(), [2]);
}

#[test]
fn requests_beyond_the_capacity_are_made_later() {
    let started = Arc::new(Mutex::new(Vec::new()));
    let mut bench = Bench::new(AsyncOptions::default().capacity(2));
    for record in 1..=3 {
        let (answer, answered) = oneshot::channel();
        bench.answers.insert(record, answer);
        let started = started.clone();
        bench.map.ask(Timestamp(record as i64), record, |_| async move {
            started.lock().unwrap().push(record);
            answered.await.unwrap()
        });
        assert_eq!(bench.blocked.get(), record >= 2, "the turn stops");
    }
    assert!(bench.map.is_full());
    assert_eq!(bench.answer(&[2]), NONE);
    // The third was asked about in the turn that took the answer of the second; its own is waited for below.
    assert!(bench.map.is_full(), "the second one's answer still takes room");
    assert_eq!(bench.answer(&[1]), [1, 2]);
    assert!(!bench.map.is_full());
    assert_eq!(bench.answer(&[3]), [3]);
    let mut started = started.lock().unwrap().clone();
    started.sort_unstable();
    assert_eq!(started, [1, 2, 3]);
}

#[test]
fn a_blocked_turn_hands_nothing_on() {
    let mut bench = Bench::new(AsyncOptions::default());
    bench.ask(1);
    bench.stage.block(true);
    assert_eq!(bench.answer(&[1]), NONE);
    assert!(bench.map.wants_turn());
    bench.stage.block(false);
    assert_eq!(bench.turn(), [1]);
}

#[test]
fn answers_are_kept_by_key() {
    let mut bench = Bench::new(AsyncOptions::default().cache(1, crate::time::secs(1)));
    for (now, record, asks) in [(0, 7, true), (999, 7, false), (1_000, 7, true), (1_001, 8, true)] {
        let mut asked = false;
        let turn = bench.stage.turn(Timestamp::MIN).at(Timestamp(now));
        bench.map.ask_cached(&turn, Timestamp(7), record, record, |_| {
            asked = true;
            async move { Ok(record * 10) }
        });
        assert_eq!(asked, asks, "at {now}");
        while !bench.map.wants_turn() {
            std::thread::yield_now();
        }
        let mut turn = bench.stage.turn(Timestamp::MIN).at(Timestamp(now));
        let answered = bench.map.answered(&mut turn).unwrap().unwrap();
        assert_eq!(answered.answer(), Ok(record * 10));
    }
}

#[test]
fn panic_of_a_future_is_the_tasks_failure() {
    crate::task::panics::install_hook();
    let mut bench = Bench::new(AsyncOptions::default());
    bench.map.ask(Timestamp(0), 1_u64, |_| async { panic!("no {}", 7) });
    while !bench.map.wants_turn() {
        std::thread::yield_now();
    }
    let mut turn = bench.stage.turn(Timestamp::MIN);
    let failure = bench.map.answered(&mut turn).unwrap_err().to_string();
    assert!(failure.contains("panicked at") && failure.contains("no 7"), "{failure}");
}
