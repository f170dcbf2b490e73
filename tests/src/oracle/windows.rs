//! Windows of time and of number.

use std::collections::BTreeMap;

use super::{Event, Step};

/// What one step led to.
#[derive(Clone, Debug)]
pub struct Answer<R> {
    /// Results with their times.
    pub results: Vec<(i64, R)>,
    /// Records that were late.
    pub late: Vec<Event>,
}

impl<R> Default for Answer<R> {
    fn default() -> Answer<R> {
        Answer { results: Vec::new(), late: Vec::new() }
    }
}

/// Windows of time per key: each record is in all windows that `assign` says.
pub fn windows<K: Ord + Clone, R>(
    script: &[Step],
    key: impl Fn(&Event) -> K,
    assign: impl Fn(i64) -> Vec<(i64, i64)>,
    lateness: i64,
    result: impl Fn(&K, (i64, i64), &[Event]) -> R,
) -> Vec<Answer<R>> {
    let mut watermark = i64::MIN;
    // By end, so that what fires first comes first.
    let mut kept: BTreeMap<(i64, i64, K), Vec<Event>> = BTreeMap::new();
    let mut answers = Vec::new();
    for step in script {
        let mut answer = Answer::default();
        match step {
            Step::Records(_, records) => {
                for event in records {
                    let all = assign(event.at.0);
                    let is_live = |&(_, end): &(i64, i64)| {
                        end.saturating_sub(1).saturating_add(lateness) > watermark
                    };
                    let live: Vec<_> = all.iter().copied().filter(is_live).collect();
                    if live.is_empty() && !all.is_empty() {
                        answer.late.push(event.clone());
                    }
                    for (start, end) in live {
                        let key = key(event);
                        let events = kept.entry((end, start, key.clone())).or_default();
                        events.push(event.clone());
                        if end - 1 <= watermark {
                            answer.results.push((end - 1, result(&key, (start, end), events)));
                        }
                    }
                }
            }
            Step::Watermarks(times) => {
                for &time in times {
                    for ((end, start, key), events) in &kept {
                        if end - 1 > watermark && end - 1 <= time {
                            answer.results.push((end - 1, result(key, (*start, *end), events)));
                        }
                    }
                    watermark = time;
                    kept.retain(|(end, ..), _| (end - 1).saturating_add(lateness) > time);
                }
            }
        }
        answers.push(answer);
    }
    answers
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
                if events.len() % slide == 0 {
                    let first = events.len().saturating_sub(size);
                    answer.results.push((i64::MAX, result(&key, &events[first..])));
                }
            }
        }
        answers.push(answer);
    }
    answers
}
