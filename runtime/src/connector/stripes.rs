//! Stripes: how the records `0..end` of a source that can make any of them are shared by its tasks.
//!
//! ```text
//!   3 tasks, task 1 at 7         0 1 2 3 4 5 6 7 8 …
//!     task 0: 9 12 15 …          ■ · · ■ · · ■ · · │      2 tasks from there: both go on in steps of 2 from 9 on,
//!     task 1: 7 10 13 …          · ■ · · ■ · · ○ · │      the last to which somebody had come, and take what lags
//!     task 2: 8 11 14 …          · · ■ · · ■ · · ○ │      behind that before: task 0 the 8, task 1 the 7
//! ```
//!
//! Task `t` of `p` reads the records `i` with `i mod p = t`, in their order. The stripes depend on the parallelism, so
//! that they are made anew for another one.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{OpenSource, Position, Resumed, SourceError, Split};

/// Every `step`-th record from `next` on, and before those what lags behind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stripes {
    pub next: u64,
    #[serde(skip)]
    pub step: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lagging: Vec<Lagging>,
}

/// Every `step`-th record from `next` on, before `end`: at least one.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Lagging {
    next: u64,
    step: u64,
    end: u64,
}

impl Stripes {
    pub(super) fn splits(parallelism: usize) -> Vec<Split> {
        let stripe = |task| Split {
            id: format!("{task} of {parallelism}"),
            detail: json!({ "task": task, "step": parallelism }),
        };
        (0..parallelism).map(stripe).collect()
    }

    pub(super) fn open(open: &OpenSource<'_>) -> Result<Stripes, SourceError> {
        Stripes::of(open.split, open.position).ok_or_else(|| SourceError::foreign(open))
    }

    fn of(split: &Split, position: Option<&Position>) -> Option<Stripes> {
        let step = split.detail["step"].as_u64().filter(|&step| step > 0)?;
        match position {
            Some(position) => {
                let reached = Stripes::deserialize(&position.0).ok()?;
                let is_sound = reached.lagging.iter().all(|stripe| stripe.step > 0);
                is_sound.then_some(Stripes { step, ..reached })
            }
            None => {
                let next = split.detail["task"].as_u64()?;
                Some(Stripes { next, step, lagging: Vec::new() })
            }
        }
    }

    pub(super) fn position(&self) -> Position {
        Position(serde_json::to_value(self).expect("numbers are JSON"))
    }

    /// The first of the records that lag behind; it comes before all others.
    #[inline]
    pub(super) fn lagging(&self) -> Option<u64> {
        if self.lagging.is_empty() {
            return None;
        }
        self.lagging.iter().map(|stripe| stripe.next).min()
    }

    /// That record was read.
    pub(super) fn pass(&mut self, record: u64) {
        self.lagging.retain_mut(|stripe| {
            if stripe.next == record {
                stripe.next = stripe.next.saturating_add(stripe.step);
            }
            stripe.next < stripe.end
        });
    }

    /// The first record that is not read.
    pub(super) fn first(&self) -> u64 {
        self.lagging().unwrap_or(self.next)
    }

    /// What is left of `splits`, in stripes for `parallelism` tasks; the source has `end` records.
    pub(super) fn redivide(
        splits: &[Resumed],
        parallelism: usize,
        end: u64,
    ) -> Result<Vec<Resumed>, SourceError> {
        let mut left = Vec::with_capacity(splits.len());
        for Resumed { split, position } in splits {
            let stripes = Stripes::of(split, position.as_ref()).ok_or_else(|| {
                let waker = std::task::Waker::noop().clone();
                SourceError::foreign(&OpenSource { split, position: position.as_ref(), waker })
            })?;
            left.push(stripes);
        }
        // From where on nothing was read. If a task has read all of its own, that is nowhere.
        let is_whole = left.iter().all(|stripes| stripes.step == left.len() as u64);
        let furthest = left.iter().map(|stripes| stripes.next).max().filter(|_| is_whole);
        let from = furthest.unwrap_or(end).min(end);
        let mut lagging = Vec::new();
        for Stripes { next, step, lagging: before } in left {
            lagging.extend(before);
            lagging.push(Lagging { next, step, end: from });
        }
        let divided = Stripes::splits(parallelism).into_iter().enumerate().map(|(task, split)| {
            let (task, step) = (task as u64, parallelism as u64);
            let next = first_of(task, step, from);
            let lagging = lagging.iter().filter_map(|stripe| stripe.share(task, step)).collect();
            let position = Stripes { next, step, lagging }.position();
            Resumed { split, position: Some(position) }
        });
        Ok(divided.collect())
    }
}

/// The first record of task `task` of `tasks` that is `from` or behind it.
fn first_of(task: u64, tasks: u64, from: u64) -> u64 {
    from.saturating_add((task + tasks - from % tasks) % tasks)
}

impl Lagging {
    /// What task `task` of `tasks` has of it, if anything.
    fn share(self, task: u64, tasks: u64) -> Option<Lagging> {
        let Lagging { mut next, step, end } = self;
        // The residues come back after so many steps at most.
        let after = tasks / greatest_divisor(step, tasks);
        for _ in 0..after {
            if next >= end {
                return None;
            }
            if next % tasks == task {
                return Some(Lagging { next, step: step.saturating_mul(after), end });
            }
            next = next.saturating_add(step);
        }
        None
    }
}

fn greatest_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::connector::testing::open;
    use crate::connector::{Fill, Reader, Rows, Source, generate, replay};

    /// Reads so many batches of each split; what was read, and what is left.
    fn read<S: Source<Record = u64>>(
        source: &S,
        splits: Vec<Resumed>,
        limit: usize,
        mut fills: impl FnMut() -> usize,
    ) -> (Vec<u64>, Vec<Resumed>) {
        let (mut all, mut left) = (Vec::new(), Vec::new());
        for Resumed { split, position } in splits {
            let mut reader = open(source, &split, position.as_ref()).unwrap();
            let (mut batch, mut ended, before) = (Default::default(), false, all.len());
            let batch: &mut <S::Reader as Reader>::Batch = &mut batch;
            for _ in 0..fills() {
                batch.clear();
                ended = reader.fill(batch, limit, &mut Vec::new()).unwrap() == Fill::End;
                all.extend(batch.rows());
                if ended {
                    break;
                }
            }
            assert!(all[before..].is_sorted(), "in order: {all:?}");
            if !ended {
                left.push(Resumed { split, position: Some(reader.position()) });
            }
        }
        (all, left)
    }

    fn check(
        source: &impl Source<Record = u64>,
        len: u64,
        tasks: &[usize],
        limit: usize,
        fills: &[usize],
    ) {
        let mut fills = fills.iter().copied().cycle();
        let whole = source.splits(tasks[0]).unwrap();
        let mut left: Vec<Resumed> =
            whole.into_iter().map(|split| Resumed { split, position: None }).collect();
        let mut all = Vec::new();
        for &tasks in tasks {
            if left.len() != tasks {
                left = source.redivide(left, tasks).unwrap();
                assert_eq!(left.len(), tasks);
            }
            let (read, rest) = read(source, left, limit, || fills.next().unwrap());
            all.extend(read);
            left = rest;
        }
        all.extend(read(source, left, 7, || usize::MAX).0);
        all.sort_unstable();
        assert_eq!(all, (0..len).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn every_record_is_read_once_at_any_parallelisms(
            len in 0u64..200, limit in 1usize..9,
            tasks in prop::collection::vec(1usize..8, 1..5),
            fills in prop::collection::vec(0usize..9, 1..20),
        ) {
            check(&generate(len, |i| i), len, &tasks, limit, &fills);
            check(&replay((0..len).collect::<Vec<u64>>()), len, &tasks, limit, &fills);
        }
    }

    #[test]
    fn records_without_end_are_shared_by_fewer_tasks() {
        let source = crate::connector::generate_forever(|i| i);
        let splits = source.splits(4).unwrap().into_iter();
        let splits = splits.map(|split| Resumed { split, position: None }).collect();
        let mut fills = [1, 3, 2, 0].into_iter();
        let (mut all, left) = read(&source, splits, 2, || fills.next().unwrap());
        let left = source.redivide(left, 2).unwrap();
        all.extend(read(&source, left, 5, || 30).0);
        all.sort_unstable();
        assert!(all.iter().zip(0..).take(100).all(|(&record, index)| record == index), "{all:?}");
    }

    #[test]
    fn what_no_stripe_is_is_refused() {
        let source = generate(9, |i| i);
        let split = source.splits(2).unwrap().remove(0);
        let sound = json!({ "next": 4, "lagging": [{ "next": 1, "step": 2, "end": 3 }] });
        assert!(open(&source, &split, Some(&Position(sound))).is_ok());
        let endless = json!({ "next": 4, "lagging": [{ "next": 1, "step": 0, "end": 3 }] });
        for position in [endless, json!("4"), json!(null)] {
            let position = Some(Position(position));
            assert!(open(&source, &split, position.as_ref()).is_err());
            let split = split.clone();
            assert!(source.redivide(vec![Resumed { split, position }], 3).is_err());
        }
    }
}
