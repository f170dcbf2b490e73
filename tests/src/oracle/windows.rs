//! Windows of time and of number.

use std::collections::BTreeMap;

use super::{Event, Step};

/// What one step led to.
#[derive(Clone, Debug)]
pub struct Answer<R> {
    /// Results with their times.
    pub results: Vec<(i64, R)>,
    /// Records that were late, with their sides.
    pub late: Vec<(usize, Event)>,
}

impl<R> Default for Answer<R> {
    fn default() -> Answer<R> {
        Answer { results: Vec::new(), late: Vec::new() }
    }
}

/// Records of two sides, in order of arrival.
pub type Sides = [Vec<Event>; 2];

/// Windows of time per key, over one side: each record is in all windows that `assign` says.
pub fn windows<K: Ord + Clone, R>(
    script: &[Step],
    key: impl Fn(&Event) -> K,
    assign: impl Fn(i64) -> Vec<(i64, i64)>,
    lateness: i64,
    result: impl Fn(&K, (i64, i64), &[Event]) -> R,
) -> Vec<Answer<R>> {
    let result = |key: &K, window, [events, _]: &Sides| vec![result(key, window, events)];
    groups(script, key, assign, lateness, result)
}

/// Windows of time per key, over both sides together.
pub fn groups<K: Ord + Clone, R>(
    script: &[Step],
    key: impl Fn(&Event) -> K,
    assign: impl Fn(i64) -> Vec<(i64, i64)>,
    lateness: i64,
    results: impl Fn(&K, (i64, i64), &Sides) -> Vec<R>,
) -> Vec<Answer<R>> {
    let mut watermark = i64::MIN;
    // By end, so that what fires first comes first.
    let mut kept: BTreeMap<(i64, i64, K), Sides> = BTreeMap::new();
    let mut answers = Vec::new();
    let fire = |key: &K, window: (i64, i64), sides: &Sides, answer: &mut Answer<R>| {
        let all = results(key, window, sides);
        answer.results.extend(all.into_iter().map(|result| (window.1 - 1, result)));
    };
    for step in script {
        let mut answer = Answer::default();
        match step {
            Step::Records(side, records) => {
                for event in records {
                    let all = assign(event.at.0);
                    let is_live =
                        |&(_, end): &(i64, i64)| (end - 1).saturating_add(lateness) > watermark;
                    let live: Vec<_> = all.iter().copied().filter(is_live).collect();
                    if live.is_empty() && !all.is_empty() {
                        answer.late.push((*side, event.clone()));
                    }
                    for (start, end) in live {
                        let key = key(event);
                        let sides = kept.entry((end, start, key.clone())).or_default();
                        sides[*side].push(event.clone());
                        if end - 1 <= watermark {
                            fire(&key, (start, end), sides, &mut answer);
                        }
                    }
                }
            }
            Step::Watermarks(times) => {
                for &time in times {
                    for ((end, start, key), sides) in &kept {
                        if end - 1 > watermark && end - 1 <= time {
                            fire(key, (*start, *end), sides, &mut answer);
                        }
                    }
                    watermark = time;
                    kept.retain(|(end, ..), _| (end - 1).saturating_add(lateness) > time);
                }
            }
            Step::Clock(_) => {}
        }
        answers.push(answer);
    }
    answers
}

/// The rows of a join of two sides: pairs, and what has no partner where `outer` says so of its side.
pub fn rows(
    (left, right): (bool, bool),
    [lefts, rights]: &Sides,
) -> Vec<(Option<Event>, Option<Event>)> {
    let mut rows = Vec::new();
    for l in lefts {
        rows.extend(rights.iter().map(|r| (Some(l.clone()), Some(r.clone()))));
    }
    if left && rights.is_empty() {
        rows.extend(lefts.iter().map(|l| (Some(l.clone()), None)));
    }
    if right && lefts.is_empty() {
        rows.extend(rights.iter().map(|r| (None, Some(r.clone()))));
    }
    rows
}

/// Every `slide` records of a key, its last `size`.
pub fn count_windows<K: Ord + Clone, R>(
    script: &[Step],
    key: impl Fn(&Event) -> K,
    (size, slide): (usize, usize),
    result: impl Fn(&K, &[Event]) -> R,
) -> Vec<Answer<R>> {
    let mut kept: BTreeMap<K, Vec<Event>> = BTreeMap::new();
    let mut answers = Vec::new();
    for step in script {
        let mut answer = Answer::default();
        if let Step::Records(_, records) = step {
            for event in records {
                let key = key(event);
                let events = kept.entry(key.clone()).or_default();
                events.push(event.clone());
                if events.len().is_multiple_of(slide) {
                    let first = events.len().saturating_sub(size);
                    answer.results.push((i64::MAX, result(&key, &events[first..])));
                }
            }
        }
        answers.push(answer);
    }
    answers
}
