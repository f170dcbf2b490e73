//! Windows of all three kinds.

use super::*;
use crate::time::{Span, Window, millis};
use crate::window::{Fixed, session, sliding, tumbling};

/// A key's elements in one window.
#[derive(Clone, Debug)]
struct Pane {
    window: Window,
    key: u64,
    lefts: Vec<u64>,
    rights: Vec<u64>,
    /// In order of arrival: a merged session's are.
    fired: bool,
}

struct Model<S> {
    spec: S,
    kind: JoinKind,
    panes: Vec<Pane>,
    rows: Vec<Row>,
    late: Vec<u64>,
}

impl<S: Fixed> Model<S> {
    fn fired(&mut self, pane: usize) {
        let Pane { window, lefts, rights, fired, .. } = &mut self.panes[pane];
        self.rows.extend(rows_of(self.kind, window.last().0, lefts, rights));
        *fired = true;
    }

    /// The pane of a key's window; sessions that touch become one.
    fn pane(&mut self, mut window: Window, key: u64, watermark: i64) -> Option<usize> {
        let own = window;
        let meets = |pane: &Pane| {
            let touches = pane.window.start <= own.end && own.start <= pane.window.end;
            pane.key == key && if S::MERGES { touches } else { pane.window == own }
        };
        let met: Vec<Pane> = self.panes.iter().filter(|pane| meets(pane)).cloned().collect();
        for pane in &met {
            window.start = window.start.min(pane.window.start);
            window.end = window.end.max(pane.window.end);
        }
        if self.spec.cleanup(window).0 <= watermark {
            return None;
        }
        self.panes.retain(|pane| !meets(pane));
        let all = |of: fn(&Pane) -> &Vec<u64>| {
            let mut all: Vec<u64> = met.iter().flat_map(|pane| of(pane).clone()).collect();
            all.sort_unstable();
            all
        };
        let (lefts, rights) = (all(|pane| &pane.lefts), all(|pane| &pane.rights));
        self.panes.push(Pane { window, key, lefts, rights, fired: false });
        Some(self.panes.len() - 1)
    }
}

impl<S: Fixed> Operator for Model<S> {
    fn element(&mut self, right: bool, time: i64, key: u64, number: u64, watermark: i64) {
        let (mut live, mut late) = (false, false);
        for window in self.spec.windows_of(Timestamp(time)) {
            let Some(at) = self.pane(window, key, watermark) else {
                late = true;
                continue;
            };
            live = true;
            let pane = &mut self.panes[at];
            if right {
                pane.rights.push(number)
            } else {
                pane.lefts.push(number)
            }
            if pane.window.last().0 <= watermark {
                self.fired(at);
            }
        }
        if late && !live {
            self.late.push(number);
        }
    }

    fn fire(&mut self, watermark: i64) {
        // Windows of all keys fire one after the other, sessions key by key.
        let start = |pane: &Pane| (!S::MERGES).then_some(pane.window.start);
        self.panes.sort_by_key(|pane| (pane.window.end, start(pane), order(pane.key)));
        for at in 0..self.panes.len() {
            if !self.panes[at].fired && self.panes[at].window.last().0 <= watermark {
                self.fired(at);
            }
        }
        let spec = self.spec.clone();
        self.panes.retain(|pane| spec.cleanup(pane.window).0 > watermark);
    }
}

fn check<S: Fixed>(spec: S, kind: JoinKind, events: &[Event], yields: u32) {
    let late = Vec::new();
    let mut model = Model { spec: spec.clone(), kind, panes: Vec::new(), rows: Vec::new(), late };
    play(events, &mut model);
    let ours = Ours::new(WindowJoin::new(spec, kind), yields).played(events);
    assert_eq!(ours.late, model.late);
    assert_eq!(ours.rows, model.rows);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn tumbling_windows_join_as_nested_loops_do(
        events in events(), kind in kinds(), yields in any::<u32>(),
        size in 1i64..40, offset in -40i64..40, late in prop_oneof![Just(0i64), 0i64..40],
    ) {
        let spec = tumbling(millis(size)).offset(millis(offset % size));
        check(spec.allowed_lateness(millis(late)), kind, &events, yields);
    }

    #[test]
    fn sliding_windows_join_as_nested_loops_do(
        events in events(), kind in kinds(), yields in any::<u32>(),
        size in 1i64..40, slide in 4i64..30, late in prop_oneof![Just(0i64), 0i64..40],
    ) {
        let spec = sliding(millis(size), millis(slide)).allowed_lateness(millis(late));
        check(spec, kind, &events, yields);
    }

    #[test]
    fn sessions_join_as_nested_loops_do(
        events in events(), kind in kinds(), yields in any::<u32>(),
        gap in 1i64..30, late in prop_oneof![Just(0i64), 0i64..40],
    ) {
        check(session(millis(gap)).allowed_lateness(millis(late)), kind, &events, yields);
    }
}

#[test]
fn windows_at_the_ends_of_time_are_cut_off() {
    let records = vec![(false, i64::MIN, 1), (true, i64::MIN + 3, 1), (false, i64::MAX - 1, 1)];
    let events = [Event::Batch(records), Event::Time(2, Told::Watermark(0))];
    check(tumbling(millis(1 << 40)), JoinKind::Full, &events, 1);
    check(sliding(millis(1 << 40), millis(1 << 38)), JoinKind::Full, &events, 1);
    check(session(millis(1 << 40)), JoinKind::Full, &events, 1);
}

#[test]
fn many_sessions_are_written_anew_and_still_join() {
    // One session of key 0 lives on while thousands of others come and go.
    let mut events = Vec::new();
    for round in 0..60 {
        let mut records = vec![(false, round * 100, 0), (true, round * 100, 0)];
        for key in 1..200 {
            records.extend([(false, round * 100, key), (true, round * 100 + 1, key)]);
        }
        events.push(Event::Batch(records));
        events.push(Event::Time(2, Told::Watermark(round * 100 + 90)));
        // Key 0 goes on within its gap, the others pause for longer than theirs.
        events.push(Event::Batch(vec![(true, round * 100 + 50, 0), (false, round * 100 + 95, 0)]));
    }
    check(session(millis(50)), JoinKind::Inner, &events, 7);
    let stage = Stage::default();
    let mut join: WindowJoin<_, u64, String, u64> =
        WindowJoin::new(session(Span(50)), JoinKind::Inner);
    let mut most = 0;
    for round in 0..1000i64 {
        let now = Timestamp(round * 100);
        let mut turn = stage.turn(now - Span(1));
        for key in 0..100u64 {
            join.right(&turn, now, u64::key_hash(key), key, key);
        }
        join.right(&turn, now, u64::key_hash(100), 100u64, 0u64);
        join.right(&turn, now + Span(50), u64::key_hash(100), 100u64, 0u64);
        while join.fire(&mut turn).is_some() {}
        most = most.max(join.bytes());
    }
    // The one that never ends has two elements per round.
    assert!(join.entries() < 2_500, "{}", join.entries());
    assert!(most < 2 << 20, "{most}");
}
