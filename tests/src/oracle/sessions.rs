//! Sessions: windows that grow and merge.

use super::windows::Answer;
use super::{Event, Step};

struct Session<K> {
    key: K,
    start: i64,
    end: i64,
    /// With their places in the order of arrival.
    events: Vec<(usize, Event)>,
}

/// Sessions per key: records are in one as long as each is at most `gap` behind another.
pub fn sessions<K: Ord + Clone, R>(
    script: &[Step],
    key: impl Fn(&Event) -> K,
    gap: impl Fn(&Event) -> i64,
    lateness: i64,
    result: impl Fn(&K, (i64, i64), &[Event]) -> R,
) -> Vec<Answer<R>> {
    let mut watermark = i64::MIN;
    let mut kept: Vec<Session<K>> = Vec::new();
    let mut arrived = 0;
    let mut answers = Vec::new();
    let fired = |session: &Session<K>| {
        let mut events = session.events.clone();
        events.sort_by_key(|(place, _)| *place);
        let events: Vec<Event> = events.into_iter().map(|(_, event)| event).collect();
        (session.end - 1, result(&session.key, (session.start, session.end), &events))
    };
    for step in script {
        let mut answer = Answer::default();
        match step {
            Step::Records(_, records) => {
                for event in records {
                    arrived += 1;
                    let (key, start) = (key(event), event.at.0);
                    let mut merged = Session {
                        key: key.clone(),
                        start,
                        end: start + gap(event),
                        events: vec![(arrived, event.clone())],
                    };
                    let touches = |other: &Session<K>, of: &Session<K>| {
                        other.key == key && other.start <= of.end && of.start <= other.end
                    };
                    // What it touches touched nothing else before, so one look is enough.
                    let touched: Vec<usize> =
                        (0..kept.len()).filter(|&index| touches(&kept[index], &merged)).collect();
                    let (first, last) = (merged.start, merged.end);
                    let start = touched.iter().map(|&i| kept[i].start).fold(first, i64::min);
                    let end = touched.iter().map(|&i| kept[i].end).fold(last, i64::max);
                    if (end - 1).saturating_add(lateness) <= watermark {
                        answer.late.push(event.clone());
                        continue;
                    }
                    for index in touched.into_iter().rev() {
                        merged.events.extend(kept.swap_remove(index).events);
                    }
                    (merged.start, merged.end) = (start, end);
                    if end - 1 <= watermark {
                        answer.results.push(fired(&merged));
                    }
                    kept.push(merged);
                }
            }
            Step::Watermarks(times) => {
                for &time in times {
                    kept.sort_by(|a, b| (a.end, a.start, &a.key).cmp(&(b.end, b.start, &b.key)));
                    let due = |session: &&Session<K>| {
                        session.end - 1 > watermark && session.end - 1 <= time
                    };
                    answer.results.extend(kept.iter().filter(due).map(&fired));
                    watermark = time;
                    kept.retain(|session| (session.end - 1).saturating_add(lateness) > time);
                }
            }
        }
        answers.push(answer);
    }
    answers
}
