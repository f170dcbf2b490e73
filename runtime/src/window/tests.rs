//! Windows against a brute-force model that does what Flink's window operator does, element by element.

mod harness;
mod saved;
mod sessions;
mod slides;
pub(in crate::window) mod spilled;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::operator::{Count, count, first, last as last_of, sum, to_vec};
use crate::record::Key;
use crate::state::State;
use crate::task::Stage;
use crate::time::{Span, Timestamp, Window, millis};
use harness::drain;

/// Window start, key, values.
type Result = (i64, u64, Vec<u64>);

#[derive(Clone, Debug)]
enum Event {
    /// Records of (time, key), their value being their number.
    Batch(Vec<(i64, u64)>),
    Watermark(i64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => prop::collection::vec((-60i64..120, 0u64..6), 0..12).prop_map(Event::Batch),
        2 => (-60i64..140).prop_map(Event::Watermark),
    ];
    prop::collection::vec(event, 1..30)
}

fn specs() -> impl Strategy<Value = Tumbling> {
    (1i64..30, -40i64..40, prop_oneof![Just(0i64), 0i64..40]).prop_map(|(size, offset, late)| {
        tumbling(millis(size)).offset(millis(offset % size)).allowed_lateness(millis(late))
    })
}

/// A window and its keys' values, in the order of (key hash, canonical key bytes).
type Contents = (Window, BTreeMap<(u64, Vec<u8>), (u64, Vec<u64>)>);

/// The model: what fires, and which records are late.
#[derive(Default)]
struct Model {
    windows: BTreeMap<i64, Contents>,
    watermark: Option<i64>,
    fired: Vec<Result>,
    late: Vec<u64>,
}

impl Model {
    fn cleanup(spec: &Tumbling, window: Window) -> i64 {
        spec.cleanup(window).0
    }

    fn element(&mut self, spec: &Tumbling, time: i64, key: u64, value: u64) {
        let window = spec.window_of(Timestamp(time));
        let watermark = self.watermark.unwrap_or(i64::MIN);
        if Model::cleanup(spec, window) <= watermark {
            return self.late.push(value);
        }
        let (_, keys) = self.windows.entry(window.start.0).or_insert((window, BTreeMap::new()));
        let at = (u64::key_hash(key), key.to_le_bytes().to_vec());
        let (_, values) = keys.entry(at).or_insert((key, Vec::new()));
        values.push(value);
        if window.last().0 <= watermark {
            self.fired.push((window.start.0, key, values.clone()));
        }
    }

    fn advance(&mut self, spec: &Tumbling, watermark: i64) {
        let old = self.watermark;
        for (window, keys) in self.windows.values() {
            if window.last().0 <= watermark && old.is_none_or(|old| window.last().0 > old) {
                for (key, values) in keys.values() {
                    self.fired.push((window.start.0, *key, values.clone()));
                }
            }
        }
        self.windows.retain(|_, (window, _)| Model::cleanup(spec, *window) > watermark);
        self.watermark = Some(watermark);
    }
}

fn run(spec: Tumbling, events: &[Event]) -> (Vec<Result>, Vec<u64>) {
    let stage = Stage::default();
    let mut windows = AggregateWindows::new(spec, (count(), to_vec()));
    let mut parts = Partials::new(spec, (count(), sum()));
    let mut sums = AggregateWindows::new(spec, (count(), sum::<u64>()));
    let (mut watermark, mut fired, mut late, mut number) = (i64::MIN, Vec::new(), Vec::new(), 0);
    let (mut whole, mut merged) = (Vec::new(), Vec::new());
    for event in events.iter().cloned().chain([Event::Watermark(i64::MAX)]) {
        match event {
            Event::Batch(records) => {
                let turn = stage.turn(Timestamp(watermark));
                for (time, key) in records {
                    let (time, hash) = (Timestamp(time), u64::key_hash(key));
                    windows.prepare(&[hash]);
                    if !windows.add(&turn, time, hash, key, ((), number)).unwrap() {
                        late.push(number);
                    }
                    if let Some((hash, key, acc)) = parts.add(time, key, ((), number)).unwrap() {
                        sums.merge(&turn, time, hash, key, acc).unwrap();
                    }
                    number += 1;
                }
            }
            Event::Watermark(to) => watermark = watermark.max(to),
        }
        // Partial aggregates are handed on before every watermark; here, so that they meet the same one, at once.
        let mut flush = stage.turn(Timestamp(watermark)).flushing();
        let turn = stage.turn(Timestamp(watermark));
        while let Some((time, hash, key, acc)) = parts.drain(&mut flush) {
            sums.merge(&turn, time, hash, key, acc).unwrap();
        }
        assert_eq!(parts.entries(), 0);
        drain(&stage, watermark, |turn| {
            let Some(firing) = windows.fire(turn).unwrap() else { return false };
            assert_eq!(firing.time(), firing.window().last());
            let (n, values) = firing.acc();
            assert_eq!(*n, values.len() as u64);
            whole.push((firing.window(), firing.key(), values.iter().sum::<u64>()));
            fired.push((firing.window().start.0, firing.key(), values.clone()));
            true
        });
        drain(&stage, watermark, |turn| {
            let Some(firing) = sums.fire(turn).unwrap() else { return false };
            merged.push((firing.window(), firing.key(), firing.acc().1));
            true
        });
    }
    assert_eq!((windows.entries(), sums.entries()), (0, 0));
    assert!(windows.bytes() < 1000 && sums.bytes() < 1000, "{} bytes are left", windows.bytes());
    assert_eq!(windows.late(), late.len() as u64);
    assert_eq!(whole, merged);
    (fired, late)
}

proptest! {
    #[test]
    fn windows_fire_as_in_the_model(spec in specs(), events in events()) {
        let mut model = Model::default();
        let mut number = 0;
        for event in &events {
            match event {
                Event::Batch(records) => for (time, key) in records {
                    model.element(&spec, *time, *key, number);
                    number += 1;
                },
                Event::Watermark(to) if model.watermark < Some(*to) => model.advance(&spec, *to),
                Event::Watermark(_) => {}
            }
        }
        model.advance(&spec, i64::MAX);
        let (fired, late) = run(spec, &events);
        prop_assert_eq!(fired, model.fired);
        prop_assert_eq!(late, model.late);
    }

    #[test]
    fn every_point_in_time_has_one_window(time in any::<i64>(), size in 1i64..=i64::MAX, offset in any::<i64>()) {
        let spec = tumbling(Span(size)).offset(Span(offset % size));
        prop_assert_eq!(spec.mistake(), None);
        let window = spec.window_of(Timestamp(time));
        prop_assert!(window.start.0 <= time);
        prop_assert!(time < window.end.0 || window.end == Timestamp::MAX);
        let other = spec.window_of(window.start);
        prop_assert_eq!(other, window);
    }
}

#[test]
fn the_ends_of_time_are_windows_too() {
    let stage = Stage::default();
    for size in [1, 2, 10, 1 << 40, i64::MAX] {
        for lateness in [0, 7, i64::MAX] {
            let spec = tumbling(Span(size)).allowed_lateness(Span(lateness));
            let mut windows = AggregateWindows::new(spec, count());
            let turn = stage.turn(Timestamp::MIN);
            let times = [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX];
            let mut added = 0;
            for time in times {
                added += u64::from(windows.add(&turn, Timestamp(time), 1, (), ()).unwrap());
            }
            assert!(added >= 5, "only the first millisecond is late from the start");
            let mut turn = stage.turn(Timestamp::MAX);
            let mut fired = 0;
            while let Some(firing) = windows.fire(&mut turn).unwrap() {
                fired += *firing.acc();
            }
            assert_eq!((fired, windows.entries()), (added, 0), "{size} {lateness}");
        }
    }
}

#[test]
fn a_record_at_the_watermark_is_late_when_its_window_has_ended() {
    let stage = Stage::default();
    for (lateness, watermark, accepted) in
        [(0, 8, true), (0, 9, false), (5, 13, true), (5, 14, false)]
    {
        let spec = tumbling(millis(10)).allowed_lateness(millis(lateness));
        let mut windows = AggregateWindows::new(spec, count());
        let turn = stage.turn(Timestamp(watermark));
        assert_eq!(windows.add(&turn, Timestamp(3), 1, (), ()).unwrap(), accepted);
        assert_eq!(windows.late(), u64::from(!accepted));
    }
}

#[test]
fn processing_time_windows_fire_once_even_if_the_clock_goes_back() {
    let stage = Stage::default();
    let spec = tumbling(millis(10)).processing_time();
    let mut windows = AggregateWindows::new(spec, count());
    let mut fired = Vec::new();
    for now in [3, 9, 10, 4, 9, 19, 20, 11, 35] {
        let mut turn = stage.turn(Timestamp::MIN).at(Timestamp(now));
        assert!(windows.add(&turn, Timestamp(-5), 1, 7u64, ()).unwrap());
        while let Some(firing) = windows.fire(&mut turn).unwrap() {
            fired.push((firing.window().start.0, *firing.acc()));
        }
        let next = windows.next_timer().unwrap();
        assert!(next.0 > now.max(0) && next.0 % 10 == 0, "{next:?}");
    }
    assert_eq!(fired, [(0, 2), (10, 4), (20, 2)]);
    let mut turn = stage.turn(Timestamp::MAX).at(Timestamp(36));
    assert_eq!(windows.fire(&mut turn).unwrap().map(|firing| *firing.acc()), Some(1));
    assert!(windows.fire(&mut turn).unwrap().is_none());
    assert_eq!((windows.entries(), windows.next_timer()), (0, None));
}

#[test]
fn reductions_and_folds_in_windows() {
    let stage = Stage::default();
    let spec = tumbling(millis(10)).allowed_lateness(millis(100));
    let (mut longest, mut joined) = (ReduceWindows::new(spec), FoldWindows::new(spec, 0u64));
    let mut both = AggregateWindows::new(spec, (first(), last_of()));
    let turn = stage.turn(Timestamp(0));
    let mut put = |turn: &crate::task::Turn<'_>, time, text: &str| {
        let time = Timestamp(time);
        let longer = |a: &str, b: &str| if b.len() > a.len() { b } else { a }.to_owned();
        longest.add(turn, time, 1, (), text, longer).unwrap();
        joined.add(turn, time, 1, (), text, |sum, text| sum + text.len() as u64).unwrap();
        both.add(turn, time, 1, (), (text, text)).unwrap();
    };
    for (time, text) in [(1, "a"), (2, "ccc"), (3, "bb"), (11, "d")] {
        put(&turn, time, text);
    }
    let mut late = stage.turn(Timestamp(12));
    let mut fired = Vec::new();
    while let Some(firing) = longest.fire(&mut late).unwrap() {
        fired.push(firing.kept().to_owned());
    }
    assert_eq!(fired, ["ccc"]);
    assert_eq!(joined.fire(&mut late).unwrap().unwrap().kept(), 6);
    let (first, last) = both.fire(&mut late).unwrap().unwrap().acc().clone();
    assert_eq!((first.as_deref(), last.as_deref()), (Some("a"), Some("bb")));
}

#[test]
fn late_records_fire_reductions_again() {
    let stage = Stage::default();
    let spec = tumbling(millis(10)).allowed_lateness(millis(100));
    let mut longest = ReduceWindows::new(spec);
    let mut fired = Vec::new();
    for (watermark, text) in [(0, "a"), (12, "bb"), (13, "c"), (120, "too late")] {
        let mut turn = stage.turn(Timestamp(watermark));
        longest.add(&turn, Timestamp(5), 1, (), text, |a, b| format!("{a}{b}")).unwrap();
        while let Some(firing) = longest.fire(&mut turn).unwrap() {
            fired.push(firing.kept().to_owned());
        }
    }
    // The record "bb" comes at a watermark at which its window is due, but before the window fired.
    assert_eq!(fired, ["abb", "abbc"]);
    assert_eq!(longest.late(), 1);
}

#[test]
fn what_cannot_be_is_refused() {
    let text = |spec: Tumbling| spec.checked().unwrap_err().to_string();
    assert!(text(tumbling(millis(0))).contains("must be positive, not 0"));
    assert!(text(tumbling(millis(-5))).contains("help: write"));
    let far = text(tumbling(millis(10)).offset(millis(-23)));
    assert!(far.contains("an offset of -3ms means the same"), "{far}");
    assert!(text(tumbling(millis(10)).offset(Span(i64::MIN))).contains("shorter"));
    assert!(text(tumbling(millis(10)).allowed_lateness(millis(-1))).contains("not be negative"));
    assert!(tumbling(millis(10)).offset(millis(-9)).checked().is_ok());
}

#[test]
fn partials_are_bounded_without_a_flush() {
    let stage = Stage::default();
    let mut parts = Partials::new(tumbling(millis(10)), count());
    let mut handed_on = 0;
    for key in 0..100_000u64 {
        let single = parts.add(Timestamp((key % 30) as i64), key / 2, ()).unwrap();
        assert!(single.is_none(), "half of them are merged");
        if key % 1_000 == 0 {
            let mut turn = stage.turn(Timestamp(0));
            while let Some((_, _, _, n)) = parts.drain(&mut turn) {
                handed_on += n;
            }
            assert!(parts.entries() < 34_000);
        }
    }
    let mut turn = stage.turn(Timestamp(0)).flushing();
    while let Some((_, _, _, n)) = parts.drain(&mut turn) {
        handed_on += n;
    }
    assert_eq!((handed_on, parts.entries()), (100_000, 0));
    assert!(parts.bytes() < 4 << 20, "{} bytes", parts.bytes());
}

#[test]
fn partials_wait_for_the_watermark_that_fires_them() {
    let stage = Stage::default();
    let mut parts = Partials::new(sliding(millis(10), millis(4)), count());
    for time in [0, 3, 5, 9, 0] {
        assert!(parts.add(Timestamp(time), 7u64, ()).unwrap().is_none());
    }
    let handed_on = |parts: &mut Partials<Sliding, u64, Count>, watermark| {
        let mut turn = stage.turn(Timestamp(0)).flushing_until(Timestamp(watermark));
        let mut all = Vec::new();
        while let Some((time, _, key, n)) = parts.drain(&mut turn) {
            all.push((time.0, key, n));
        }
        all
    };
    // Windows end two milliseconds into a slide.
    assert_eq!(handed_on(&mut parts, 0), []);
    assert_eq!(handed_on(&mut parts, 1), [(0, 7, 2)]);
    assert_eq!(handed_on(&mut parts, 4), [(2, 7, 1)]);
    assert_eq!(parts.entries(), 2);
    assert_eq!(handed_on(&mut parts, 100), [(4, 7, 1), (8, 7, 1)]);
}

#[test]
fn records_that_merge_into_nothing_go_on_one_by_one() {
    let stage = Stage::default();
    let mut parts = Partials::new(tumbling(millis(10_000)), count());
    let mut feed = |keys: u64, records: u64| {
        let (mut one_by_one, mut partials) = (0, 0);
        for n in 0..records {
            one_by_one += u64::from(parts.add(Timestamp(0), n % keys, ()).unwrap().is_some());
            let mut turn = stage.turn(Timestamp(0));
            while parts.drain(&mut turn).is_some() {
                partials += 1;
            }
        }
        (one_by_one, partials)
    };
    let (one_by_one, partials) = feed(u64::MAX, 262_144);
    assert_eq!((one_by_one, partials), (229_376, 32_768));
    let (one_by_one, partials) = feed(100, 32_768);
    assert_eq!((one_by_one, partials), (0, 0), "it is tried again, and pays");
}

#[test]
fn millions_of_firings_can_be_stopped_anywhere_and_give_memory_back() {
    let keys: u64 = if cfg!(debug_assertions) { 200_000 } else { 10_000_000 };
    let stage = Stage::default();
    let mut windows = AggregateWindows::new(tumbling(millis(10)), sum());
    let turn = stage.turn(Timestamp(0));
    for key in 0..keys {
        windows.add(&turn, Timestamp(5), u64::key_hash(key), key, key).unwrap();
    }
    let full = windows.bytes();
    let (mut fired, mut last_hash, mut stops) = (0, None, 0);
    while windows.entries() > 0 {
        let mut turn = stage.turn(Timestamp::MAX);
        for _ in 0..10_000 {
            let Some(firing) = windows.fire(&mut turn).unwrap() else { break };
            assert!(last_hash < Some(firing.hash()));
            assert_eq!(*firing.acc(), firing.key());
            last_hash = Some(firing.hash());
            fired += 1;
        }
        stage.block(true);
        assert!(windows.fire(&mut turn).unwrap().is_none());
        stage.block(false);
        stops += 1;
        if fired > keys / 2 {
            assert!(windows.bytes() < full * 6 / 10, "memory goes while the windows drain");
        }
    }
    assert!(windows.fire(&mut stage.turn(Timestamp::MAX)).unwrap().is_none());
    assert_eq!((fired, windows.bytes()), (keys, 0));
    assert!(stops >= keys / 10_000);
}

#[test]
fn an_overflow_fails_the_task_with_the_key() {
    let stage = Stage::default();
    let mut windows = AggregateWindows::new(tumbling(millis(10)), (count(), sum()));
    let turn = stage.turn(Timestamp(0));
    windows.add(&turn, Timestamp(1), 1, "Oslo", ((), u64::MAX)).unwrap();
    let failure = windows.add(&turn, Timestamp(1), 1, "Oslo", ((), 1u64)).unwrap_err();
    assert!(failure.to_string().contains("key \"Oslo\""), "{failure}");
}
