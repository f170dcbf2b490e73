//! Sessions: windows that grow and merge.

use super::windows::{Answer, Sides};
use super::{Event, Step};

struct Session<K> {
    key: K,
    start: i64,
    end: i64,
    /// With their places in the order of arrival, and their sides.
    events: Vec<(usize, usize, Event)>,
}

/// Sessions per key, over one side: records are in one as long as each is at most `gap` behind another.
pub fn sessions<K: Ord + Clone, R>(
    script: &[Step],
    key: impl Fn(&Event) -> K,
    gap: impl Fn(&Event) -> i64,
    lateness: i64,
    result: impl Fn(&K, (i64, i64), &[Event]) -> R,
) -> Vec<Answer<R>> {
    let result = |key: &K, window, [events, _]: &Sides| vec![result(key, window, events)];
    session_groups(script, key, gap, lateness, result)
}

/// Sessions per key, over both sides together.
pub fn session_groups<K: Ord + Clone, R>(
    script: &[Step],
    key: impl Fn(&Event) -> K,
    gap: impl Fn(&Event) -> i64,
    lateness: i64,
    results: impl Fn(&K, (i64, i64), &Sides) -> Vec<R>,
) -> Vec<Answer<R>> {
    let mut watermark = i64::MIN;
    let mut kept: Vec<Session<K>> = Vec::new();
    let mut arrived = 0;
    let mut answers = Vec::new();
    let fire = |session: &Session<K>, answer: &mut Answer<R>| {
        let mut events = session.events.clone();
        events.sort_by_key(|(place, ..)| *place);
        let mut sides = Sides::default();
        events.into_iter().for_each(|(_, side, event)| sides[side].push(event));
        let all = results(&session.key, (session.start, session.end), &sides);
        answer.results.extend(all.into_iter().map(|result| (session.end - 1, result)));
    };
    for step in script {
        let mut answer = Answer::default();
        match step {
            Step::Records(side, records) => {
                for event in records {
                    arrived += 1;
                    let (key, start) = (key(event), event.at.0);
                    let events = vec![(arrived, *side, event.clone())];
                    let new = Session { key, start, end: start + gap(event), events };
                    match add(&mut kept, new, |end| (end - 1).saturating_add(lateness) > watermark)
                    {
                        None => answer.late.push((*side, event.clone())),
                        Some(merged) if merged.end - 1 <= watermark => fire(merged, &mut answer),
                        Some(_) => {}
                    }
                }
            }
            Step::Watermarks(times) => {
                for &time in times {
                    kept.sort_by(|a, b| (a.end, a.start, &a.key).cmp(&(b.end, b.start, &b.key)));
                    for session in &kept {
                        if session.end - 1 > watermark && session.end - 1 <= time {
                            fire(session, &mut answer);
                        }
                    }
                    watermark = time;
                    kept.retain(|session| (session.end - 1).saturating_add(lateness) > time);
                }
            }
            Step::Clock(_) => {}
        }
        answers.push(answer);
    }
    answers
}

/// Merges a session with all that it overlaps or touches, unless the whole is late.
fn add<K: Ord>(
    kept: &mut Vec<Session<K>>,
    mut new: Session<K>,
    is_live: impl Fn(i64) -> bool,
) -> Option<&Session<K>> {
    let touches = |other: &Session<K>| {
        other.key == new.key && other.start <= new.end && new.start <= other.end
    };
    // What it touches touched nothing else before, so one look is enough.
    let touched: Vec<usize> = (0..kept.len()).filter(|&index| touches(&kept[index])).collect();
    let start = touched.iter().map(|&index| kept[index].start).fold(new.start, i64::min);
    let end = touched.iter().map(|&index| kept[index].end).fold(new.end, i64::max);
    if !is_live(end) {
        return None;
    }
    for index in touched.into_iter().rev() {
        new.events.extend(kept.swap_remove(index).events);
    }
    (new.start, new.end) = (start, end);
    kept.push(new);
    kept.last()
}
