//! Joins as of a time.

use super::*;

/// All that ever came, each once more looked at whenever the watermark moves on.
struct Model {
    kind: JoinKind,
    /// Side, time, key, number; those that count.
    elements: Vec<(bool, i64, u64, u64)>,
    matched: Vec<u64>,
    watermark: i64,
    rows: Vec<Row>,
    late: Vec<u64>,
}

impl Model {
    /// The right elements of a key up to a time, in their order.
    fn rights(&self, key: u64, time: i64) -> Vec<(i64, u64)> {
        let mut rights: Vec<_> = self
            .elements
            .iter()
            .filter(|(right, at, k, _)| *right && *k == key && *at <= time)
            .map(|(_, at, _, number)| (*at, *number))
            .collect();
        rights.sort_unstable();
        rights
    }
}

impl Operator for Model {
    fn element(&mut self, right: bool, time: i64, key: u64, number: u64, watermark: i64) {
        if time <= watermark {
            return self.late.push(number);
        }
        self.elements.push((right, time, key, number));
    }

    fn fire(&mut self, watermark: i64) {
        let (from, to) = (self.watermark, watermark);
        self.watermark = watermark;
        let mut due: Vec<_> =
            self.elements.iter().copied().filter(|e| e.1 <= to && (e.1 > from)).collect();
        due.sort_by_key(|(right, time, key, number)| (*time, !right, order(*key), *number));
        for (right, time, key, number) in due {
            let rights = self.rights(key, time);
            if right {
                let own = rights.iter().position(|other| *other == (time, number)).unwrap();
                let Some((_, before)) = own.checked_sub(1).map(|before| rights[before]) else {
                    continue;
                };
                if self.kind.keeps_right() && !self.matched.contains(&before) {
                    self.rows.push((time, None, Some(before)));
                }
                continue;
            }
            let latest = rights.last().map(|(_, number)| *number);
            self.matched.extend(latest);
            if latest.is_some() || self.kind.keeps_left() {
                self.rows.push((time, Some(number), latest));
            }
        }
        if to == i64::MAX && from < i64::MAX && self.kind.keeps_right() {
            let mut keys: Vec<u64> = (0..4).collect();
            keys.sort_by_key(|key| order(*key));
            for key in keys {
                let last = self.rights(key, i64::MAX).last().map(|(_, number)| *number);
                let lonely = last.filter(|last| !self.matched.contains(last));
                self.rows.extend(lonely.map(|number| (i64::MAX, None, Some(number))));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn what_held_is_what_a_search_finds(
        events in events(), kind in kinds(), yields in any::<u32>(),
    ) {
        let (elements, matched, rows, late) = (vec![], vec![], vec![], vec![]);
        let mut model = Model { kind, elements, matched, watermark: i64::MIN, rows, late };
        play(&events, &mut model);
        let ours = Ours::new(AsOfJoin::new(kind), yields).played(&events);
        prop_assert_eq!(ours.late, model.late);
        prop_assert_eq!(ours.rows, model.rows);
    }
}

#[test]
fn only_what_holds_is_kept() {
    let stage = Stage::default();
    let mut join: AsOfJoin<u64, String, u64> = AsOfJoin::new(JoinKind::Inner);
    let (mut most, mut rows) = (0, 0);
    for time in 0..200_000i64 {
        let mut turn = stage.turn(Timestamp(time - 10));
        let (key, at) = (time as u64 % 50, Timestamp(time));
        join.left(&turn, at, u64::key_hash(key), key, text(key));
        join.right(&turn, at, u64::key_hash(key), key, time as u64);
        while let Some(row) = join.fire(&mut turn) {
            assert_eq!(row.inner().1, row.time().0 as u64);
            rows += 1;
        }
        most = most.max(join.bytes());
    }
    assert_eq!(rows, 200_000 - 10);
    assert!(join.entries() < 100, "{}", join.entries());
    assert!(most < 8 << 20, "{most}");
}
