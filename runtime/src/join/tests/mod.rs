//! Joins against nested loops that do what Flink's operators do, element by element.

mod as_of;
mod interval;
mod saved;
mod spilled;
mod window;

use proptest::prelude::*;

use super::*;
use crate::record::Key;
use crate::state::State;
use crate::task::{Stage, Turn};
use crate::time::{TimeEvent, WatermarkValve};

/// A side and what it does.
#[derive(Clone, Debug)]
enum Event {
    /// Records of (is right, time, key), their value being their number.
    Batch(Vec<(bool, i64, u64)>),
    Time(usize, Told),
}

#[derive(Clone, Copy, Debug)]
enum Told {
    Watermark(i64),
    Idle,
    Active,
}

/// Sides that run ahead of each other, rest, and wake up again.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let record = (any::<bool>(), -60i64..120, 0u64..4);
    let told = prop_oneof![
        8 => (-60i64..140).prop_map(Told::Watermark),
        1 => Just(Told::Idle),
        1 => Just(Told::Active),
    ];
    let event = prop_oneof![
        3 => prop::collection::vec(record, 0..10).prop_map(Event::Batch),
        1 => (-60i64..140).prop_map(|time| Event::Time(2, Told::Watermark(time))),
        2 => (0usize..2, told).prop_map(|(side, told)| Event::Time(side, told)),
    ];
    prop::collection::vec(event, 1..30)
}

fn kinds() -> impl Strategy<Value = JoinKind> {
    use JoinKind::{Full, Inner, Left, Right};
    prop_oneof![Just(Inner), Just(Left), Just(Right), Just(Full)]
}

/// A row: its time, the numbers of its records.
type Row = (i64, Option<u64>, Option<u64>);

/// What is tested and what it is tested against.
trait Operator {
    fn element(&mut self, right: bool, time: i64, key: u64, number: u64, watermark: i64);
    /// Behind a batch, or when the watermark has moved on.
    fn fire(&mut self, watermark: i64);
}

/// A join's left records are texts that do not fit into a root; its right ones numbers.
fn text(number: u64) -> String {
    format!("left record {number:020}")
}

fn number(text: &str) -> u64 {
    text.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Hash and canonical bytes of a key: equal times are told apart by them.
fn order(key: u64) -> (u64, [u8; 8]) {
    (u64::key_hash(key), key.to_le_bytes())
}

/// Lets both sides' watermarks, idleness included, move an operator.
fn play(events: &[Event], operator: &mut impl Operator) {
    let mut valve = WatermarkValve::new(2, Timestamp::MIN);
    let mut number = 0;
    for event in events {
        match event {
            Event::Batch(records) => {
                for &(right, time, key) in records {
                    operator.element(right, time, key, number, valve.watermark().0);
                    number += 1;
                }
            }
            Event::Time(side, told) => {
                let told = match told {
                    Told::Watermark(time) => TimeEvent::Watermark(Timestamp(*time)),
                    Told::Idle => TimeEvent::Idle,
                    Told::Active => TimeEvent::Active,
                };
                let sides = if *side == 2 { 0..2 } else { *side..side + 1 };
                for side in sides {
                    valve.report(side, told);
                }
            }
        }
        operator.fire(valve.watermark().0);
    }
    operator.fire(i64::MAX);
}

/// A join of ours: every turn but some ends early.
struct Ours<J> {
    join: J,
    stage: Stage,
    yields: u32,
    rows: Vec<Row>,
    /// Rows by the step that they came out in.
    steps: Vec<Vec<Row>>,
    late: Vec<u64>,
}

/// What joins have in common.
trait AnyJoin: State {
    fn add_hashed(
        &mut self,
        turn: &Turn<'_>,
        right: bool,
        time: i64,
        key: (u64, u64),
        number: u64,
    ) -> bool;
    fn add(&mut self, turn: &Turn<'_>, right: bool, time: i64, key: u64, number: u64) -> bool {
        self.prepare_for(&[u64::key_hash(key)]);
        self.add_hashed(turn, right, time, (u64::key_hash(key), key), number)
    }
    fn prepare_for(&mut self, hashes: &[u64]);
    fn next(&mut self, turn: &mut Turn<'_>) -> Option<Row>;
}

macro_rules! any_join {
    ($($name:ty $(, $spec:ident)?;)*) => {$(
        impl $(<$spec: crate::window::Fixed>)? AnyJoin for $name {
            fn prepare_for(&mut self, hashes: &[u64]) {
                self.prepare(hashes);
            }
            fn add_hashed(
                &mut self,
                turn: &Turn<'_>,
                right: bool,
                time: i64,
                (hash, key): (u64, u64),
                n: u64,
            ) -> bool {
                let time = Timestamp(time);
                if right {
                    self.right(turn, time, hash, key, n)
                } else {
                    self.left(turn, time, hash, key, text(n))
                }
            }
            fn next(&mut self, turn: &mut Turn<'_>) -> Option<Row> {
                let row = self.fire(turn)?;
                Some((row.time().0, row.full().0.map(number), row.full().1))
            }
        }
    )*};
}
any_join! {
    WindowJoin<S, u64, String, u64>, S;
    IntervalJoin<u64, String, u64>;
    AsOfJoin<u64, String, u64>;
}

impl<J: AnyJoin> Ours<J> {
    fn new(join: J, yields: u32) -> Self {
        let (rows, steps, late) = (Vec::new(), Vec::new(), Vec::new());
        Ours { join, stage: Stage::default(), yields, rows, steps, late }
    }

    fn played(mut self, events: &[Event]) -> Self {
        play(events, &mut self);
        assert_eq!((self.join.entries(), self.join.bytes()), (0, 0), "nothing is kept");
        assert_eq!(self.join.late(), self.late.len() as u64);
        self.rows = self.steps.concat();
        self
    }
}

impl<J: AnyJoin> Operator for Ours<J> {
    fn element(&mut self, right: bool, time: i64, key: u64, number: u64, watermark: i64) {
        let turn = self.stage.turn(Timestamp(watermark));
        if !self.join.add(&turn, right, time, key, number) {
            self.late.push(number);
        }
    }

    fn fire(&mut self, watermark: i64) {
        let mut rows = Vec::new();
        loop {
            let mut turn = self.stage.turn(Timestamp(watermark));
            self.yields = self.yields.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mut left = self.yields >> 29;
            while let Some(row) = self.join.next(&mut turn) {
                rows.push(row);
                left = left.saturating_sub(1);
                if left == 0 {
                    turn.end_slice();
                }
            }
            if !turn.more() {
                break;
            }
        }
        self.steps.push(rows);
    }
}

/// The rows of one key's records on both sides.
fn rows_of(kind: JoinKind, time: i64, lefts: &[u64], rights: &[u64]) -> Vec<Row> {
    match (lefts, rights) {
        (_, []) if kind.keeps_left() => lefts.iter().map(|l| (time, Some(*l), None)).collect(),
        ([], _) if kind.keeps_right() => rights.iter().map(|r| (time, None, Some(*r))).collect(),
        _ => {
            let with_rights = |l: &u64| {
                let l = *l;
                rights.iter().map(move |r| (time, Some(l), Some(*r))).collect::<Vec<Row>>()
            };
            lefts.iter().flat_map(with_rights).collect()
        }
    }
}
