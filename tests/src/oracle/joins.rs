//! Joins by interval and as of a time.

use super::windows::Answer;
use super::{Event, Step};

/// A row of an outer join.
pub type Row = (Option<Event>, Option<Event>);

struct Held {
    event: Event,
    /// When the watermark takes it away.
    until: i64,
    matched: bool,
}

/// Pairs with one key whose right time minus left time is at least `lower` and at most `upper`; with `outer`, left ones
/// without any.
pub fn interval_join<K: PartialEq>(
    script: &[Step],
    key: impl Fn(&Event) -> K,
    (lower, upper): (i64, i64),
    outer: bool,
) -> Vec<Answer<Row>> {
    let mut watermark = i64::MIN;
    let mut held: [Vec<Held>; 2] = [Vec::new(), Vec::new()];
    let mut answers = Vec::new();
    for step in script {
        let mut answer = Answer::default();
        match step {
            Step::Records(side, records) => {
                for event in records {
                    if event.at.0 < watermark {
                        answer.late.push((*side, event.clone()));
                        continue;
                    }
                    let mut matched = false;
                    for other in &mut held[1 - side] {
                        let (left, right) =
                            if *side == 0 { (event, &other.event) } else { (&other.event, event) };
                        let apart = right.at.0 - left.at.0;
                        if key(left) == key(right) && lower <= apart && apart <= upper {
                            let time = left.at.0.max(right.at.0);
                            let row = (Some(left.clone()), Some(right.clone()));
                            answer.results.push((time, row));
                            (matched, other.matched) = (true, true);
                        }
                    }
                    let reach = if *side == 0 { upper } else { -lower };
                    // One as old as the watermark is taken, and stays until that moves.
                    let until = (event.at.0 + reach.max(0)).max(watermark.saturating_add(1));
                    held[*side].push(Held { event: event.clone(), until, matched });
                }
            }
            Step::Watermarks(times) => {
                for &time in times {
                    watermark = time;
                    for (side, held) in held.iter_mut().enumerate() {
                        held.sort_by_key(|held| held.until);
                        for gone in held.iter().filter(|held| held.until <= time) {
                            if outer && side == 0 && !gone.matched {
                                answer.results.push((gone.until, (Some(gone.event.clone()), None)));
                            }
                        }
                        held.retain(|held| held.until > time);
                    }
                }
            }
            Step::Clock(_) => {}
        }
        answers.push(answer);
    }
    answers
}

/// Each left record with the latest right one at or before its time, of several with one time the last that came; with
/// `outer`, left ones without any.
pub fn as_of_join<K: PartialEq>(
    script: &[Step],
    key: impl Fn(&Event) -> K,
    outer: bool,
) -> Vec<Answer<Row>> {
    let mut watermark = i64::MIN;
    let mut lefts: Vec<Event> = Vec::new();
    let mut rights: Vec<Event> = Vec::new();
    let mut answers = Vec::new();
    for step in script {
        let mut answer = Answer::default();
        match step {
            Step::Records(side, records) => {
                for event in records {
                    match side {
                        _ if event.at.0 <= watermark => answer.late.push((*side, event.clone())),
                        0 => lefts.push(event.clone()),
                        _ => rights.push(event.clone()),
                    }
                }
            }
            Step::Watermarks(times) => {
                for &time in times {
                    watermark = time;
                    lefts.sort_by_key(|left| left.at);
                    for left in lefts.iter().filter(|left| left.at.0 <= time) {
                        let fits = |right: &&Event| key(right) == key(left) && right.at <= left.at;
                        // The last of the greatest.
                        let right = rights.iter().filter(fits).max_by_key(|right| right.at);
                        if right.is_some() || outer {
                            answer.results.push((left.at.0, (Some(left.clone()), right.cloned())));
                        }
                    }
                    lefts.retain(|left| left.at.0 > time);
                }
            }
            Step::Clock(_) => {}
        }
        answers.push(answer);
    }
    answers
}
