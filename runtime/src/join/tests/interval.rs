//! Joins by interval.

use super::*;
use crate::time::{Span, millis};

#[derive(Clone, Copy)]
struct Element {
    right: bool,
    time: i64,
    key: u64,
    number: u64,
    until: i64,
    matched: bool,
}

/// Flink's buffers and timers, and a row for what leaves a buffer unmatched.
struct Model {
    least: i64,
    greatest: i64,
    kind: JoinKind,
    buffer: Vec<Element>,
    watermark: i64,
    rows: Vec<Row>,
    steps: Vec<Vec<Row>>,
    late: Vec<u64>,
}

impl Operator for Model {
    fn element(&mut self, right: bool, time: i64, key: u64, number: u64, watermark: i64) {
        if time < watermark {
            return self.late.push(number);
        }
        let reach = if right { -self.least } else { self.greatest };
        let until = time.max(time.saturating_add(reach));
        let last_minute = until <= watermark;
        let until = if last_minute { watermark + 1 } else { until };
        let mut own = Element { right, time, key, number, until, matched: false };
        for other in self.buffer.iter_mut().filter(|other| other.key == key) {
            let (left, right) = if right { (*other, own) } else { (own, *other) };
            let distance = right.time - left.time;
            let meets = other.right != own.right;
            if meets && (self.least..=self.greatest).contains(&distance) {
                let time = left.time.max(right.time);
                self.rows.push((time, Some(left.number), Some(right.number)));
                (own.matched, other.matched) = (true, true);
            }
        }
        self.buffer.push(own);
    }

    fn fire(&mut self, watermark: i64) {
        if watermark > self.watermark {
            self.watermark = watermark;
            let is_over = |element: &Element| element.until <= watermark;
            let mut over: Vec<_> = self.buffer.iter().copied().filter(is_over).collect();
            self.buffer.retain(|element| !is_over(element));
            over.sort_by_key(|element| (element.until, order(element.key).0, element.number));
            for Element { right, number, until, .. } in over.iter().filter(|over| !over.matched) {
                match right {
                    true if self.kind.keeps_right() => {
                        self.rows.push((*until, None, Some(*number)))
                    }
                    false if self.kind.keeps_left() => {
                        self.rows.push((*until, Some(*number), None))
                    }
                    _ => {}
                }
            }
        }
        self.steps.push(std::mem::take(&mut self.rows));
    }
}

fn check(least: i64, greatest: i64, kind: JoinKind, events: &[Event], yields: u32) {
    let mut model = Model {
        least,
        greatest,
        kind,
        buffer: Vec::new(),
        watermark: i64::MIN,
        rows: Vec::new(),
        steps: Vec::new(),
        late: Vec::new(),
    };
    play(events, &mut model);
    let within = Within::checked(millis(least)..=millis(greatest)).unwrap();
    let ours = Ours::new(IntervalJoin::new(within, kind), yields).played(events);
    assert_eq!(ours.late, model.late);
    // Pairs of one batch come element by element; the partners of one element in any order.
    let canonical = |mut rows: Vec<Row>| {
        let later = |row: &Row| row.1.max(row.2).filter(|_| row.1.is_some() && row.2.is_some());
        let alone = |row: &Row| row.1.is_none() || row.2.is_none();
        rows.sort_by_key(|row| {
            if alone(row) { (u64::MAX, None, None) } else { (later(row).unwrap(), row.1, row.2) }
        });
        rows
    };
    let ours: Vec<_> = ours.steps.into_iter().map(canonical).collect();
    let model: Vec<_> = model.steps.into_iter().map(canonical).collect();
    assert_eq!(ours, model);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn intervals_join_as_nested_loops_do(
        events in events(), kind in kinds(), yields in any::<u32>(),
        least in -60i64..60, span in prop_oneof![Just(0i64), 0i64..10, 0i64..100],
    ) {
        check(least, least + span, kind, &events, yields);
    }

    #[test]
    fn buckets_of_time_hide_nothing(
        events in prop::collection::vec(prop_oneof![
            3 => prop::collection::vec((any::<bool>(), -3_000i64..6_000, 0u64..3), 0..20)
                .prop_map(Event::Batch),
            1 => (-3_000i64..6_000).prop_map(|time| Event::Time(2, Told::Watermark(time))),
        ], 1..30),
        kind in kinds(), yields in any::<u32>(), least in -2_000i64..2_000, span in 0i64..2_000,
    ) {
        check(least, least + span, kind, &events, yields);
    }
}

#[test]
fn pairs_come_in_the_order_of_their_second_record() {
    let records = vec![(false, 10, 1), (true, 12, 1), (true, 11, 1), (false, 9, 1)];
    let events = [Event::Batch(records)];
    let within = Within::checked(Span(0)..=Span(5)).unwrap();
    let ours = Ours::new(IntervalJoin::new(within, JoinKind::Inner), 3).played(&events);
    let pair = |time, left, right| (time, Some(left), Some(right));
    assert_eq!(ours.rows, [pair(12, 0, 1), pair(11, 0, 2), pair(12, 3, 1), pair(11, 3, 2)]);
}

#[test]
fn elements_at_the_ends_of_time_join() {
    let records = vec![
        (false, i64::MIN, 1),
        (true, i64::MIN + 3, 1),
        (true, i64::MAX, 1),
        (false, i64::MAX - 2, 1),
    ];
    let events = [Event::Batch(records)];
    let within = Within::checked(Span(0)..=Span(5)).unwrap();
    let ours = Ours::new(IntervalJoin::new(within, JoinKind::Full), 3).played(&events);
    assert_eq!(ours.rows.len(), 2);
}

#[test]
fn state_goes_while_time_passes() {
    let stage = Stage::default();
    let within = Within::checked(millis(-1_000)..=millis(0)).unwrap();
    let mut join: IntervalJoin<u64, String, u64> = IntervalJoin::new(within, JoinKind::Full);
    let mut most = 0;
    for time in 0..200_000i64 {
        let mut turn = stage.turn(Timestamp(time - 10));
        let (key, at) = (time as u64 % 50, Timestamp(time));
        join.left(&turn, at, u64::key_hash(key), key, text(key));
        join.right(&turn, at, u64::key_hash(key), key, key);
        while join.fire(&mut turn).is_some() {}
        most = most.max(join.entries());
    }
    assert!(most < 5_000, "{most}");
    assert!(join.bytes() < 4 << 20, "{}", join.bytes());
}
