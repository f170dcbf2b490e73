//! Sessions against a model that does what Flink's merging window operator does, element by element.

use proptest::prelude::*;

use super::harness::{Fired, Model, events, feed, rank, run};
use crate::operator::{count, first, last, sum, to_vec};
use crate::state::State;
use crate::task::Stage;
use crate::time::{Span, Timestamp, millis};
use crate::window::{AggregateWindows, Assigner, ReduceWindows, WithGap, dynamic_session, session};

struct Session {
    key: u64,
    start: i64,
    end: i64,
    values: Vec<u64>,
}

#[derive(Default)]
struct Sessions {
    gap: Option<i64>,
    lateness: i64,
    live: Vec<Session>,
    watermark: i64,
    fired: Vec<Fired<Vec<u64>>>,
    late: Vec<u64>,
}

impl Sessions {
    fn new(gap: Option<i64>, lateness: i64) -> Self {
        Sessions { gap, lateness, watermark: i64::MIN, ..Sessions::default() }
    }
}

impl Model for Sessions {
    fn element(&mut self, time: i64, key: u64, gap: i64, number: u64) {
        let (mut start, mut end) = (time, time.saturating_add(self.gap.unwrap_or(gap)));
        let mut values = Vec::new();
        self.live.retain_mut(|other| {
            let meets = other.key == key && other.start <= end && start <= other.end;
            if meets {
                values.append(&mut other.values);
                // No third session can be met that was met by neither.
                (start, end) = (start.min(other.start), end.max(other.end));
            }
            !meets
        });
        if values.is_empty() && (end - 1).saturating_add(self.lateness) <= self.watermark {
            return self.late.push(number);
        }
        values.push(number);
        values.sort_unstable();
        if end - 1 <= self.watermark {
            self.fired.push((start, end, key, values.clone()));
        }
        self.live.push(Session { key, start, end, values });
    }

    fn advance(&mut self, watermark: i64) {
        self.live.sort_by_key(|session| (session.end, rank(session.key)));
        for session in &self.live {
            if session.end - 1 > self.watermark && session.end - 1 <= watermark {
                let (start, end) = (session.start, session.end);
                self.fired.push((start, end, session.key, session.values.clone()));
            }
        }
        let lateness = self.lateness;
        self.live.retain(|session| (session.end - 1).saturating_add(lateness) > watermark);
        self.watermark = watermark;
    }
}

/// Lists as multisets: what two sessions had stays together when they are merged.
type Lists = (u64, Vec<u64>, Option<u64>, Option<u64>);

fn checked(fired: Vec<Fired<Lists>>) -> Vec<Fired<Vec<u64>>> {
    let row = |(start, end, key, (n, mut list, first, last)): Fired<Lists>| {
        list.sort_unstable();
        assert_eq!(n, list.len() as u64);
        assert_eq!(first, list.first().copied(), "what came first is first");
        assert_eq!(last, list.last().copied(), "what came last is last");
        (start, end, key, list)
    };
    fired.into_iter().map(row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn sessions_fire_as_in_the_model(
        gap in 1i64..25, lateness in prop_oneof![2 => Just(0i64), 2 => 0i64..60, 1 => Just(i64::MAX)],
        events in events(),
    ) {
        let mut model = Sessions::new(Some(gap), lateness);
        feed(&mut model, &events);
        let spec = session(Span(gap)).allowed_lateness(Span(lateness));
        let aggregate = (count(), to_vec(), first(), last());
        let (fired, late) = run(
            spec, aggregate, &events, |time, _| time, |n| ((), n, n, n), Clone::clone,
        );
        prop_assert_eq!(checked(fired), model.fired);
        prop_assert_eq!(late, model.late);
    }

    #[test]
    fn dynamic_sessions_fire_as_in_the_model(
        lateness in prop_oneof![2 => Just(0i64), 2 => 0i64..60], events in events(),
    ) {
        let mut model = Sessions::new(None, lateness);
        feed(&mut model, &events);
        let spec = dynamic_session().allowed_lateness(Span(lateness));
        let aggregate = (count(), to_vec(), first(), last());
        let (fired, late) = run(
            spec, aggregate, &events, |time, gap| WithGap { time, gap }, |n| ((), n, n, n),
            Clone::clone,
        );
        prop_assert_eq!(checked(fired), model.fired);
        prop_assert_eq!(late, model.late);
    }
}

#[test]
fn a_record_that_bridges_sessions_merges_what_they_had() {
    let stage = Stage::default();
    let mut sums = AggregateWindows::new(session(millis(10)), sum::<u64>());
    let mut texts = ReduceWindows::new(session(millis(10)));
    let turn = stage.turn(Timestamp(0));
    for (time, n) in [(40, 1u64), (0, 2), (20, 3), (60, 5), (30, 7), (10, 11), (50, 13)] {
        sums.add(&turn, Timestamp(time), 1, 1u64, n).unwrap();
        let text = format!("{n} ");
        texts.add(&turn, Timestamp(time), 1, 1u64, text, |a, b| format!("{a}{b}")).unwrap();
    }
    let mut turn = stage.turn(Timestamp(68));
    assert!(sums.fire(&mut turn).unwrap().is_none());
    let mut turn = stage.turn(Timestamp(69));
    let firing = sums.fire(&mut turn).unwrap().unwrap();
    assert_eq!((firing.window().start.0, firing.window().end.0, *firing.acc()), (0, 70, 42));
    // What two sessions had is put together in the order in which they began to come.
    let firing = texts.fire(&mut turn).unwrap().unwrap();
    assert_eq!(firing.kept(), "1 3 7 2 11 5 13 ");
    assert!(sums.fire(&mut turn).unwrap().is_none());
}

#[test]
fn processing_time_sessions_end_with_the_clock() {
    let stage = Stage::default();
    let spec = session(millis(10)).processing_time();
    let (mut windows, mut fired) = (AggregateWindows::new(spec, count()), Vec::new());
    for (now, key) in [(0, 1u64), (5, 1), (3, 2), (15, 1), (30, 2)] {
        let mut turn = stage.turn(Timestamp::MIN).at(Timestamp(now));
        windows.add(&turn, Timestamp(-500), key, key, ()).unwrap();
        while let Some(firing) = windows.fire(&mut turn).unwrap() {
            let window = firing.window();
            fired.push((window.start.0, window.end.0, firing.key(), *firing.acc()));
        }
        assert!(windows.next_timer().unwrap().0 > now);
    }
    // A session that ended at 15 is over when a record comes at 15.
    assert_eq!(fired, [(0, 15, 1, 2), (5, 15, 2, 1), (15, 25, 1, 1)]);
    let mut turn = stage.turn(Timestamp::MAX).at(Timestamp(30));
    assert_eq!(windows.fire(&mut turn).unwrap().map(|firing| *firing.acc()), Some(1));
    assert!(windows.fire(&mut turn).unwrap().is_none());
    assert_eq!((windows.entries(), windows.bytes()), (0, 0));
    assert_eq!(windows.next_timer(), None);
}

#[test]
fn a_hundred_thousand_sessions_end_at_once_and_can_be_stopped_anywhere() {
    let stage = Stage::default();
    let mut windows = AggregateWindows::new(session(millis(1_000)), count());
    let turn = stage.turn(Timestamp(0));
    for n in 0..300_000u64 {
        let key = n % 100_000;
        let time = Timestamp((n / 100) as i64 % 700);
        windows.add(&turn, time, key.wrapping_mul(0x9E37_79B9_7F4A_7C15), key, ()).unwrap();
    }
    assert_eq!(windows.entries(), 100_000);
    let (mut fired, mut last, mut stops) = (0, None, 0);
    while windows.entries() > 0 {
        let mut turn = stage.turn(Timestamp::MAX);
        for _ in 0..10_000 {
            let Some(firing) = windows.fire(&mut turn).unwrap() else { break };
            assert!(last < Some((firing.window().end, firing.hash())));
            last = Some((firing.window().end, firing.hash()));
            fired += *firing.acc();
        }
        stage.block(true);
        assert!(windows.fire(&mut turn).unwrap().is_none());
        stage.block(false);
        stops += 1;
    }
    let mut turn = stage.turn(Timestamp::MAX);
    assert!(windows.fire(&mut turn).unwrap().is_none());
    assert_eq!((fired, windows.bytes()), (300_000, 0));
    assert!(stops >= 10);
}

#[test]
fn gaps_must_be_positive() {
    let text = session(millis(0)).checked().unwrap_err().to_string();
    assert!(text.contains("a session's gap must be positive, not 0ms"), "{text}");
    let stage = Stage::default();
    let mut windows = AggregateWindows::new(dynamic_session(), count());
    let at = WithGap { time: Timestamp(0), gap: millis(-3) };
    let failure = windows.add(&stage.turn(Timestamp(0)), at, 1, 1u64, ()).unwrap_err();
    assert!(failure.to_string().contains("not -3ms"), "{failure}");
}
