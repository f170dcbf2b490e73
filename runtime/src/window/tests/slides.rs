//! Sliding windows against a model that does what Flink's window operator does: a list per key and window.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::harness::{Event, Fired, Model, drain, events, feed, hash_of, rank, run};
use crate::operator::{avg, count, first, last, sum, to_vec};
use crate::state::State;
use crate::task::Stage;
use crate::time::{Span, Timestamp, millis};
use crate::window::{
    AggregateWindows, Assigner, FoldWindows, Partials, ReduceWindows, Sliding, sliding,
};

#[derive(Clone, Debug)]
struct Spec {
    size: i64,
    slide: i64,
    offset: i64,
    lateness: i64,
}

impl Spec {
    fn sliding(&self) -> Sliding {
        sliding(Span(self.size), Span(self.slide))
            .offset(Span(self.offset))
            .allowed_lateness(Span(self.lateness))
    }
}

fn specs() -> impl Strategy<Value = Spec> {
    let lateness = prop_oneof![2 => Just(0i64), 2 => 0i64..40, 1 => Just(i64::MAX)];
    (1i64..40, 1i64..30, -30i64..30, lateness).prop_map(|(size, slide, offset, lateness)| Spec {
        size,
        slide,
        offset: offset % slide,
        lateness,
    })
}

/// Where a window stands among others: end, start as if time had no beginning, key hash, key bytes.
type Place = (i64, i128, (u64, [u8; 8]));

struct Windows {
    spec: Spec,
    live: BTreeMap<Place, (u64, Vec<u64>)>,
    watermark: i64,
    fired: Vec<Fired<Vec<u64>>>,
    late: Vec<u64>,
}

fn cut(time: i128) -> i64 {
    time.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

impl Windows {
    fn new(spec: Spec) -> Self {
        let (live, watermark) = (BTreeMap::new(), i64::MIN);
        Windows { spec, live, watermark, fired: Vec::new(), late: Vec::new() }
    }

    fn fire(&mut self, place: Place) {
        let (key, values) = &self.live[&place];
        self.fired.push((cut(place.1), place.0, *key, values.clone()));
    }
}

impl Model for Windows {
    fn element(&mut self, time: i64, key: u64, _: i64, number: u64) {
        let (size, slide) = (i128::from(self.spec.size), i128::from(self.spec.slide));
        let time = i128::from(time);
        let mut start = time + 1;
        while (start - i128::from(self.spec.offset)) % slide != 0 {
            start -= 1;
        }
        start -= if start > time { slide } else { 0 };
        let (mut any, mut accepted) = (false, false);
        while start + size > time {
            any = true;
            let end = cut(start + size);
            if (end - 1).saturating_add(self.spec.lateness) > self.watermark {
                accepted = true;
                let place = (end, start, rank(key));
                self.live.entry(place).or_insert((key, Vec::new())).1.push(number);
                if end - 1 <= self.watermark {
                    self.fire(place);
                }
            }
            start -= slide;
        }
        if any && !accepted {
            self.late.push(number);
        }
    }

    fn advance(&mut self, watermark: i64) {
        let due = self.live.keys().filter(|(end, ..)| end - 1 > self.watermark);
        let due: Vec<Place> = due.filter(|(end, ..)| end - 1 <= watermark).copied().collect();
        due.into_iter().for_each(|place| self.fire(place));
        let lateness = self.spec.lateness;
        self.live.retain(|(end, ..), _| (end - 1).saturating_add(lateness) > watermark);
        self.watermark = watermark;
    }
}

fn summed(fired: &[Fired<Vec<u64>>]) -> Vec<Fired<(u64, u64)>> {
    let sum = |values: &Vec<u64>| (values.len() as u64, values.iter().sum());
    fired.iter().map(|(start, end, key, values)| (*start, *end, *key, sum(values))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn panes_fire_as_in_the_model(spec in specs(), events in events()) {
        let mut model = Windows::new(spec.clone());
        feed(&mut model, &events);
        let (sums, late) = run(
            spec.sliding(), (count(), sum::<u64>()), &events,
            |time, _| time, |number| ((), number), |acc| *acc,
        );
        prop_assert_eq!(&sums, &summed(&model.fired));
        prop_assert_eq!(&late, &model.late);
        // An aggregate that is not put together from panes.
        let (lists, late) = run(
            spec.sliding(), (to_vec(), first(), last()), &events,
            |time, _| time, |number| (number, number, number), Clone::clone,
        );
        prop_assert_eq!(&late, &model.late);
        for (fired, expected) in lists.iter().zip(&model.fired) {
            let (start, end, key, (list, first, last)) = fired;
            prop_assert_eq!(&(*start, *end, *key, list.clone()), expected);
            prop_assert_eq!((first.as_ref(), last.as_ref()), (list.first(), list.last()));
        }
        prop_assert_eq!(lists.len(), model.fired.len());
    }

    #[test]
    fn partials_of_panes_add_up(spec in specs(), events in events()) {
        let whole = run(
            spec.sliding(), (count(), avg::<u64>()), &events,
            |time, _| time, |number| ((), number), |acc| *acc,
        );
        let stage = Stage::default();
        let mut parts = Partials::<Sliding, u64, _>::new(spec.sliding(), (count(), avg::<u64>()));
        let mut windows = AggregateWindows::new(spec.sliding(), (count(), avg::<u64>()));
        let (mut watermark, mut number, mut fired) = (i64::MIN, 0u64, Vec::new());
        for event in events.iter().chain(&[Event::Watermark(i64::MAX)]) {
            match event {
                Event::Batch(records) => for &(time, key, _) in records {
                    let turn = stage.turn(Timestamp(watermark));
                    let single = parts.add(Timestamp(time), key, ((), number)).unwrap();
                    if let Some((_, key, acc)) = single {
                        windows.merge(&turn, Timestamp(time), hash_of(key), key, acc).unwrap();
                    }
                    number += 1;
                },
                Event::Watermark(to) => {
                    let next = Timestamp(watermark.max(*to));
                    let mut flush = stage.turn(Timestamp::MIN).flushing_until(next);
                    let turn = stage.turn(Timestamp(watermark));
                    while let Some((time, _, key, acc)) = parts.drain(&mut flush) {
                        windows.merge(&turn, time, hash_of(key), key, acc).unwrap();
                    }
                    watermark = next.0;
                }
            }
            drain(&stage, watermark, |turn| {
                let Some(firing) = windows.fire(turn).unwrap() else { return false };
                fired.push((firing.window().start.0, firing.window().end.0, firing.key(), *firing.acc()));
                true
            });
        }
        prop_assert_eq!((parts.entries(), windows.entries(), windows.bytes()), (0, 0, 0));
        prop_assert_eq!(fired, whole.0);
    }

    #[test]
    fn every_window_of_a_time_contains_it(
        time in any::<i64>(), size in 1i64..=i64::MAX, windows in 1i64..20, offset in any::<i64>(),
    ) {
        let slide = (size / windows).max(1);
        let spec = sliding(Span(size), Span(slide)).offset(Span(offset % slide));
        prop_assert_eq!(spec.mistake(), None);
        let all: Vec<_> = spec.windows_of(Timestamp(time)).collect();
        prop_assert!(all.len() as i64 <= spec.most() && all.len() as i64 >= spec.most() - 1);
        for window in &all {
            prop_assert!(window.start.0 <= time && (time < window.end.0 || window.end.0 == i64::MAX));
        }
        prop_assert!(all.windows(2).all(|two| two[0].end >= two[1].end && two[0] != two[1]));
    }
}

#[test]
fn reductions_and_folds_keep_a_value_per_window() {
    let stage = Stage::default();
    let spec = sliding(millis(10), millis(5));
    let (mut longest, mut all) = (ReduceWindows::new(spec), FoldWindows::new(spec, 0u64));
    let turn = stage.turn(Timestamp(0));
    for (time, text) in [(7, "a"), (2, "ccc"), (11, "bb")] {
        let longer = |a: &str, b: &str| if b.len() > a.len() { b } else { a }.to_owned();
        longest.add(&turn, Timestamp(time), 1, 9u64, text, longer).unwrap();
        all.add(&turn, Timestamp(time), 1, 9u64, text, |n, text| n + text.len() as u64).unwrap();
    }
    let (mut turn, mut fired, mut folded) = (stage.turn(Timestamp::MAX), Vec::new(), Vec::new());
    while let Some(firing) = longest.fire(&mut turn).unwrap() {
        fired.push((firing.window().start.0, firing.kept().to_owned()));
    }
    while let Some(firing) = all.fire(&mut turn).unwrap() {
        folded.push((firing.window().start.0, firing.kept()));
    }
    let expected = [(-5, "ccc"), (0, "ccc"), (5, "bb"), (10, "bb")];
    assert_eq!(fired, expected.map(|(start, text)| (start, text.to_owned())));
    assert_eq!(folded, [(-5, 3), (0, 4), (5, 3), (10, 2)]);
}

#[test]
fn memory_follows_records_not_the_number_of_windows() {
    let stage = Stage::default();
    let day = Span(86_400_000);
    let mut windows = AggregateWindows::new(sliding(day, Span(1)), count());
    let turn = stage.turn(Timestamp(0));
    for time in 0..100 {
        windows.add(&turn, Timestamp(time), 1, 1u64, ()).unwrap();
    }
    // Two panes lie in the table, the others apart.
    assert_eq!(windows.entries(), 1 + 98);
    assert!(windows.bytes() < 10_000, "{} bytes", windows.bytes());
    // One value per window would need 86 million of them.
    let mut each = AggregateWindows::new(sliding(day, Span(1)), first::<u64>());
    let failure = each.add(&turn, Timestamp(0), 1, 1u64, 7u64).unwrap_err().to_string();
    assert!(failure.contains("would belong to 86400000 windows"), "{failure}");
}

#[test]
fn sums_of_long_windows_count_as_memory() {
    let stage = Stage::default();
    let mut windows = AggregateWindows::new(sliding(Span(1_000), Span(1)), count());
    for time in 0..1_000 {
        windows.add(&stage.turn(Timestamp(0)), Timestamp(time), 1, 1u64, ()).unwrap();
    }
    let mut fire = |watermark| {
        let mut turn = stage.turn(Timestamp(watermark));
        while windows.fire(&mut turn).unwrap().is_some() {}
        windows.bytes()
    };
    // Sums are made again when the first pane of all is dropped.
    let (few, many) = (fire(998), fire(1_000));
    assert!(many > few + 900 * size_of::<u64>(), "{few} bytes, then {many}");
    assert_eq!(fire(i64::MAX), 0);
}

#[test]
fn processing_time_slides_fire_once() {
    let stage = Stage::default();
    let spec = sliding(millis(10), millis(5)).processing_time();
    let (mut windows, mut fired) = (AggregateWindows::new(spec, count()), Vec::new());
    for now in [3, 4, 2, 9, 10, 21] {
        let mut turn = stage.turn(Timestamp::MIN).at(Timestamp(now));
        windows.add(&turn, Timestamp(-500), 1, 7u64, ()).unwrap();
        while let Some(firing) = windows.fire(&mut turn).unwrap() {
            fired.push((firing.window().start.0, *firing.acc()));
        }
        assert!(windows.next_timer().unwrap().0 > now);
    }
    assert_eq!(fired, [(-5, 3), (0, 4), (5, 2), (10, 1)]);
    let mut turn = stage.turn(Timestamp::MAX).at(Timestamp(21));
    let mut rest = Vec::new();
    while let Some(firing) = windows.fire(&mut turn).unwrap() {
        rest.push((firing.window().start.0, *firing.acc()));
    }
    assert_eq!(rest, [(15, 1), (20, 1)]);
    assert_eq!((windows.entries(), windows.bytes()), (0, 0));
}

#[test]
fn what_cannot_slide_is_refused() {
    let text = |spec: Sliding| spec.checked().unwrap_err().to_string();
    assert!(text(sliding(millis(0), millis(1))).contains("length must be positive"));
    assert!(text(sliding(millis(5), millis(0))).contains("slide must be positive, not 0ms"));
    let far = text(sliding(millis(10), millis(5)).offset(millis(-7)));
    assert!(far.contains("an offset of -2ms means the same"), "{far}");
    assert!(sliding(millis(5), millis(10)).offset(millis(-9)).checked().is_ok());
    assert!(text(sliding(millis(9), millis(3)).allowed_lateness(millis(-1))).contains("negative"));
}

#[test]
fn an_overflow_in_a_window_fails_the_task_with_the_key() {
    let stage = Stage::default();
    let mut windows = AggregateWindows::new(sliding(millis(10), millis(5)), sum::<u64>());
    let turn = stage.turn(Timestamp(0));
    windows.add(&turn, Timestamp(1), 1, "Oslo", u64::MAX).unwrap();
    windows.add(&turn, Timestamp(6), 1, "Oslo", 1u64).unwrap();
    let mut turn = stage.turn(Timestamp::MAX);
    assert!(windows.fire(&mut turn).unwrap().is_some());
    let failure = windows.fire(&mut turn).map(|_| ()).unwrap_err();
    assert!(failure.to_string().contains("key \"Oslo\""), "{failure}");
}
