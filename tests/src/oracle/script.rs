//! Random scripts: records in disorder, watermarks, idleness, over several splits.

use thalweg::prelude::*;

use super::{Rng, Told, Valve};

/// What scripts are about.
#[record]
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its key.
    pub key: i64,
    /// Its value.
    pub value: i64,
    /// Its event time.
    pub at: Timestamp,
}

/// What a source says.
#[derive(Clone, Debug)]
pub enum Feed {
    /// Records that are sent at once.
    Records(Vec<Event>),
    /// No more at or before this.
    Watermark(i64),
    /// It holds back time no longer.
    Idle,
    /// It does again.
    Active,
    /// It has ended.
    End,
    /// So much time passes on the clock, for all.
    Clock(i64),
}

/// What an operator sees.
#[derive(Clone, Debug)]
pub enum Step {
    /// Records of a side, in order.
    Records(usize, Vec<Event>),
    /// The watermark of all inputs together has grown to this, perhaps in several steps.
    Watermarks(Vec<i64>),
    /// What the clock says from here on.
    Clock(i64),
}

/// What splits of sources say, in order.
#[derive(Clone, Debug)]
pub struct Script {
    /// How many splits each source has.
    pub splits: usize,
    /// Source, split, and what it says.
    pub feeds: Vec<(usize, usize, Feed)>,
}

impl Script {
    /// A random script for this many sources.
    pub fn random(rng: &mut Rng, sources: usize) -> Script {
        let splits = rng.one_of(&[1, 1, 1, 2, 3, 4]);
        let mut now = rng.one_of(&[0, 0, -500, 1_700_000_000_000, -1_700_000_000_000]);
        let (keys, disorder) = (rng.within(1, 5), rng.one_of(&[0, 5, 20, 60]));
        let idles = rng.once_in(4);
        let mut feeds = Vec::new();
        for _ in 0..rng.one_of(&[0, 3, 10, 25, 60]) {
            let place = (rng.within(0, sources as i64 - 1), rng.within(0, splits as i64 - 1));
            let place = (place.0 as usize, place.1 as usize);
            now += rng.one_of(&[0, 1, 2, 5, 13, 40]);
            let feed = match rng.within(0, 9) {
                0..=5 => Feed::Records(records(rng, now, keys, disorder)),
                6..=8 => Feed::Watermark(now - rng.within(0, disorder)),
                _ if !idles => Feed::Watermark(now),
                _ if rng.once_in(2) => Feed::Idle,
                _ => Feed::Active,
            };
            feeds.push((place.0, place.1, feed));
        }
        for source in 0..sources {
            feeds.extend((0..splits).map(|split| (source, split, Feed::End)));
        }
        Script { splits, feeds }
    }

    /// Lets time pass on the clock, now and then.
    pub fn with_clock(&mut self, rng: &mut Rng) {
        for index in (0..self.feeds.len()).rev() {
            if rng.once_in(3) {
                let passes = Feed::Clock(rng.one_of(&[1, 5, 10, 20, 60]));
                self.feeds.insert(index, (0, 0, passes));
            }
        }
    }

    /// What an operator behind an exchange sees of it. Each source is read by `tasks` tasks, whose splits are combined
    /// before they meet in the operator.
    pub fn seen(&self, sources: usize, tasks: usize) -> Vec<Step> {
        let mut whole = Valve::new(sources * tasks);
        self.steps(sources, tasks, |source, task, told| whole.told(source * tasks + task, told))
    }

    /// The same behind a union, each task of which combines the sources' tasks of its own number.
    pub fn seen_united(&self, sources: usize, tasks: usize) -> Vec<Step> {
        let mut unions = vec![Valve::new(sources); tasks];
        let mut whole = Valve::new(tasks);
        self.steps(sources, tasks, |source, task, told| {
            let united = unions[task].told(source, told);
            united.into_iter().flat_map(|event| whole.told(task, ended_at_the_end(event))).collect()
        })
    }

    fn steps(
        &self,
        sources: usize,
        tasks: usize,
        mut told: impl FnMut(usize, usize, Told) -> Vec<Told>,
    ) -> Vec<Step> {
        let of_task = |task: usize| (task..self.splits).step_by(tasks).count();
        let valve = |task| Valve::new(of_task(task));
        let mut reads: Vec<Vec<Valve>> =
            (0..sources).map(|_| (0..tasks).map(valve).collect()).collect();
        // A task without splits has ended before anything happens.
        let mut started = Vec::new();
        for source in 0..sources {
            for task in (0..tasks).filter(|&task| of_task(task) == 0) {
                started.extend(told(source, task, Told::Ended));
            }
        }
        let mut steps = vec![Step::Watermarks(watermarks(started))];
        let mut clock = 0;
        for (source, split, feed) in &self.feeds {
            let (task, local) = (split % tasks, split / tasks);
            let news = match feed {
                // Time is what the script says it is, whatever an idle source sends.
                Feed::Records(records) => {
                    steps.push(Step::Records(*source, records.clone()));
                    continue;
                }
                Feed::Clock(span) => {
                    clock += span;
                    steps.push(Step::Clock(clock));
                    continue;
                }
                Feed::Watermark(time) => Told::Watermark(*time),
                Feed::Idle => Told::Idle,
                Feed::Active => Told::Active,
                Feed::End => Told::Ended,
            };
            let mut moved = Vec::new();
            for event in reads[*source][task].told(local, news) {
                moved.extend(told(*source, task, ended_at_the_end(event)));
            }
            steps.push(Step::Watermarks(watermarks(moved)));
        }
        steps
    }
}

/// An end is told as such, not as a watermark.
fn ended_at_the_end(event: Told) -> Told {
    match event {
        Told::Watermark(i64::MAX) => Told::Ended,
        other => other,
    }
}

fn watermarks(events: Vec<Told>) -> Vec<i64> {
    let time = |event| match event {
        Told::Watermark(time) => Some(time),
        _ => None,
    };
    events.into_iter().filter_map(time).collect()
}

fn records(rng: &mut Rng, now: i64, keys: i64, disorder: i64) -> Vec<Event> {
    let count = rng.one_of(&[1, 1, 2, 5, 12]);
    let record = |rng: &mut Rng| Event {
        key: rng.within(0, keys - 1),
        value: rng.within(-50, 99),
        at: Timestamp(now - rng.within(0, disorder) + rng.within(0, 3)),
    };
    (0..count).map(|_| record(rng)).collect()
}
