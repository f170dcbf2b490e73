//! What a key has so far.

use std::collections::{BTreeMap, BTreeSet};

use super::windows::Answer;
use super::{Event, Step};

/// For each record what its key's records so far come to.
pub fn running<K: Ord + Clone, R>(
    script: &[Step],
    key: impl Fn(&Event) -> K,
    result: impl Fn(&K, &[Event]) -> R,
) -> Vec<Answer<R>> {
    let mut kept: BTreeMap<K, Vec<Event>> = BTreeMap::new();
    each_record(script, |event, answer| {
        let key = key(event);
        let events = kept.entry(key.clone()).or_default();
        events.push(event.clone());
        answer.results.push((event.at.0, result(&key, events)));
    })
}

/// The first record of each key.
pub fn dedup<K: Ord>(script: &[Step], key: impl Fn(&Event) -> K) -> Vec<Answer<Event>> {
    let mut seen: BTreeSet<K> = BTreeSet::new();
    each_record(script, |event, answer| {
        if seen.insert(key(event)) {
            answer.results.push((event.at.0, event.clone()));
        }
    })
}

fn each_record<R>(script: &[Step], mut look: impl FnMut(&Event, &mut Answer<R>)) -> Vec<Answer<R>> {
    let mut answers = Vec::new();
    for step in script {
        let mut answer = Answer::default();
        if let Step::Records(_, records) = step {
            records.iter().for_each(|event| look(event, &mut answer));
        }
        answers.push(answer);
    }
    answers
}
