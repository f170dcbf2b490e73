//! Events for windows, and what comes of them: shared by the models.

use proptest::prelude::*;

use crate::operator::Aggregate;
use crate::record::Key;
use crate::state::State;
use crate::task::{Stage, Turn};
use crate::time::{Span, Timestamp};
use crate::window::{Accumulates, AggregateWindows, Firing};

/// What happens to windows.
#[derive(Clone, Debug)]
pub enum Event {
    /// Records of (time, key, gap), their value being their number.
    Batch(Vec<(i64, u64, i64)>),
    /// A watermark; one that goes back is none.
    Watermark(i64),
}

/// Times near each other, and some where time begins and ends.
fn times() -> impl Strategy<Value = i64> {
    prop_oneof![
        20 => -60i64..120,
        1 => (0i64..40).prop_map(|n| i64::MIN + n),
        1 => (0i64..40).prop_map(|n| i64::MAX - n),
    ]
}

/// Up to 30 batches and watermarks.
pub fn events() -> impl Strategy<Value = Vec<Event>> {
    let record = (times(), 0u64..6, 1i64..25);
    let event = prop_oneof![
        3 => prop::collection::vec(record, 0..12).prop_map(Event::Batch),
        2 => times().prop_map(Event::Watermark),
    ];
    prop::collection::vec(event, 1..30)
}

/// A key's hash: every other key shares it with the next.
pub fn hash_of(key: u64) -> u64 {
    u64::key_hash(key / 2)
}

/// Where a key stands among others.
pub fn rank(key: u64) -> (u64, [u8; 8]) {
    (hash_of(key), key.to_le_bytes())
}

/// A firing: start, end, key, and what was aggregated.
pub type Fired<R> = (i64, i64, u64, R);

/// What a model does.
pub trait Model {
    /// An element comes at the watermark that was last.
    fn element(&mut self, time: i64, key: u64, gap: i64, number: u64);
    /// A greater watermark.
    fn advance(&mut self, watermark: i64);
}

/// Feeds events to a model, and the end.
pub fn feed(model: &mut impl Model, events: &[Event]) {
    let (mut number, mut watermark) = (0, i64::MIN);
    for event in events.iter().chain(&[Event::Watermark(i64::MAX)]) {
        match event {
            Event::Batch(records) => {
                for &(time, key, gap) in records {
                    model.element(time, key, gap, number);
                    number += 1;
                }
            }
            Event::Watermark(to) if watermark < *to => {
                watermark = *to;
                model.advance(watermark);
            }
            Event::Watermark(_) => {}
        }
    }
}

/// Calls `fire` with a turn until nothing is left; every third time the turn has to yield before.
pub fn drain(stage: &Stage, watermark: i64, mut fire: impl FnMut(&mut Turn<'_>) -> bool) {
    let mut calls = 0;
    loop {
        let mut turn = stage.turn(Timestamp(watermark));
        stage.block(calls % 3 == 2);
        let any = fire(&mut turn);
        calls += 1;
        let more = turn.more();
        stage.block(false);
        if !any && !more {
            return;
        }
        assert!(!(any && more), "a turn that has to yield fires nothing");
    }
}

/// Feeds events to windows with an aggregate of `(.., number, ..)`; returns what fired and the numbers of late records.
pub fn run<S, A, R>(
    spec: S,
    aggregate: A,
    events: &[Event],
    at: impl Fn(Timestamp, Span) -> S::At,
    value: impl Fn(u64) -> A::In,
    result: impl Fn(&A::Acc) -> R,
) -> (Vec<Fired<R>>, Vec<u64>)
where
    S: Accumulates,
    A: Aggregate,
{
    assert_eq!(spec.mistake(), None);
    let stage = Stage::default();
    let mut windows = AggregateWindows::<S, u64, A>::new(spec, aggregate);
    let (mut watermark, mut number) = (i64::MIN, 0);
    let (mut fired, mut late) = (Vec::new(), Vec::new());
    for event in events.iter().chain(&[Event::Watermark(i64::MAX)]) {
        match event {
            Event::Batch(records) => {
                let turn = stage.turn(Timestamp(watermark));
                let hashes: Vec<u64> = records.iter().map(|record| hash_of(record.1)).collect();
                windows.prepare(&hashes);
                for &(time, key, gap) in records {
                    let at = at(Timestamp(time), Span(gap));
                    if !windows.add(&turn, at, hash_of(key), key, value(number)).unwrap() {
                        late.push(number);
                    }
                    number += 1;
                }
            }
            Event::Watermark(to) => watermark = watermark.max(*to),
        }
        drain(&stage, watermark, |turn| {
            let Some(firing) = windows.fire(turn).unwrap() else { return false };
            fired.push(row(&firing, &result));
            true
        });
    }
    assert_eq!((windows.entries(), windows.bytes()), (0, 0));
    assert_eq!(windows.late(), late.len() as u64);
    (fired, late)
}

fn row<V, R>(firing: &Firing<'_, u64, V>, result: impl Fn(&V) -> R) -> Fired<R> {
    assert_eq!(firing.time(), firing.window().last());
    assert_eq!(firing.hash(), hash_of(firing.key()));
    (firing.window().start.0, firing.window().end.0, firing.key(), result(firing.acc()))
}
