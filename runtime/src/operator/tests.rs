//! Running operators whose tasks are saved and restored by more or fewer tasks: they answer as if nothing had been.

use proptest::prelude::*;

use super::*;
use crate::record::Key;
use crate::state::testing::{Kept, Rescale, Tasks, rescales};
use crate::state::{Forever, Keep, Loader, State, Ttl, event_time};
use crate::task::{Stage, Turn};
use crate::time::{Timestamp, millis};

#[derive(Clone, Debug)]
enum Event {
    /// Records of (time, key), their value being their number.
    Batch(Vec<(i64, u64)>),
    Watermark(i64),
    Clock(i64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => prop::collection::vec((-20i64..60, 0u64..6), 0..12).prop_map(Event::Batch),
        1 => (-20i64..60).prop_map(Event::Watermark),
        1 => (-20i64..60).prop_map(Event::Clock),
    ];
    prop::collection::vec(event, 1..30)
}

/// What running operators have in common.
trait AnyRunning: State {
    /// Takes a record, and shows what it makes of it.
    fn put(&mut self, turn: &Turn<'_>, time: Timestamp, key: u64, number: u64) -> String;
    fn sweep(&mut self, turn: &Turn<'_>);
}

macro_rules! any_running {
    ($($name:ty, |$operator:ident, $hash:ident, $key:ident, $number:ident| $put:expr;)*) => {$(
        impl<L: Keep> AnyRunning for $name {
            fn put(&mut self, turn: &Turn<'_>, time: Timestamp, $key: u64, $number: u64) -> String {
                let ($operator, $hash) = (self, u64::key_hash($key));
                $operator.prepare(&[$hash]);
                $operator.at(turn, time);
                format!("{:?}", $put)
            }
            fn sweep(&mut self, turn: &Turn<'_>) {
                <$name>::sweep(self, turn);
            }
        }
    )*};
}
any_running! {
    Reduce<u64, String, L>, |operator, hash, key, number| {
        let slot = operator.slot(hash, key, format!("{number} "));
        let next = slot.kept().map(|kept| format!("{kept}{number} "));
        slot.keep(next).to_owned()
    };
    Fold<u64, String, L>, |operator, hash, key, number| {
        operator.add(hash, key, number, |all, number| format!("{all}{number} ")).unwrap().to_owned()
    };
    Running<u64, (Count, ToVec<u64>), L>, |operator, hash, key, number| {
        operator.add(hash, key, ((), number)).unwrap().clone()
    };
    Dedup<u64, L>, |operator, hash, key, _number| operator.is_first(hash, key);
}

fn played<S: AnyRunning>(
    make: impl Fn() -> S,
    events: &[Event],
    rescales: &[Rescale],
) -> Vec<String> {
    let (stage, mut tasks) = (Stage::default(), Tasks::one(make));
    let (mut watermark, mut clock, mut number) = (i64::MIN, -20, 0);
    let mut shown = Vec::new();
    for (step, event) in events.iter().enumerate() {
        match event {
            Event::Batch(records) => {
                for &(time, key) in records {
                    let turn = stage.turn(Timestamp(watermark)).at(Timestamp(clock));
                    let operator = tasks.of(u64::key_hash(key));
                    shown.push(operator.put(&turn, Timestamp(time), key, number));
                    number += 1;
                }
            }
            Event::Watermark(to) => watermark = watermark.max(*to),
            Event::Clock(to) => clock = clock.max(*to),
        }
        let turn = stage.turn(Timestamp(watermark)).at(Timestamp(clock));
        tasks.all().for_each(|operator| operator.sweep(&turn));
        tasks.rescale(rescales, step, watermark, clock);
    }
    shown
}

fn check<S: AnyRunning>(make: impl Fn() -> S, events: &[Event], rescales: &[Rescale]) {
    assert_eq!(played(&make, events, rescales), played(&make, events, &[]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn running_operators_go_on(events in events(), rescales in rescales()) {
        check(Reduce::<u64, String>::new, &events, &rescales);
        check(|| Fold::<u64, String>::new(String::from(">")), &events, &rescales);
        check(|| Running::new((count(), to_vec())), &events, &rescales);
        check(Dedup::<u64>::new, &events, &rescales);
    }

    #[test]
    fn lives_are_as_long(events in events(), rescales in rescales(), in_event_time in any::<bool>()) {
        let ttl = if in_event_time { event_time(millis(9)) } else { Ttl::from(millis(9)) };
        check(|| Reduce::<u64, String>::new().ttl(ttl), &events, &rescales);
        check(|| Fold::<u64, String>::new(String::from(">")).ttl(ttl), &events, &rescales);
        check(|| Running::new((count(), to_vec())).ttl(ttl), &events, &rescales);
        check(|| Dedup::<u64>::new().ttl(ttl), &events, &rescales);
    }
}

/// What was kept for ever may be given a time to live, which begins with the restore, and the other way round.
#[test]
fn a_time_to_live_may_come_and_go() {
    let stage = Stage::default();
    let turn = |now| stage.turn(Timestamp(now)).at(Timestamp(now));
    let mut forever: Dedup<u64, Forever> = Dedup::new();
    assert_eq!(forever.put(&turn(0), Timestamp(0), 1, 0), "true");
    let kept = Kept::of_state(&mut forever);
    let loader = Loader::new(&kept, 0..=u64::MAX, Timestamp(100), Timestamp(100));
    for ttl in [Ttl::from(millis(9)), event_time(millis(9))] {
        for (now, is_first) in [(108, "false"), (109, "true")] {
            let mut mortal = Dedup::<u64>::new().ttl(ttl);
            mortal.load(&loader).unwrap();
            assert_eq!(mortal.put(&turn(now), Timestamp(now), 1, 0), is_first);
            let kept = Kept::of_state(&mut mortal);
            let mut forever: Dedup<u64, Forever> = Dedup::new();
            forever
                .load(&Loader::new(&kept, 0..=u64::MAX, Timestamp(200), Timestamp(200)))
                .unwrap();
            assert_eq!(forever.put(&turn(200), Timestamp(200), 1, 0), "false");
        }
    }
}
