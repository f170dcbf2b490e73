//! Process functions, `dedup` and times to live, end to end.

use std::sync::{LazyLock, Mutex, PoisonError};

use thalweg::connector::Collected;
use thalweg::job::Job;
use thalweg::prelude::*;
use thalweg::record::View;
use thalweg::task::Ending;

#[record]
struct Event {
    key: u32,
    value: i64,
    note: String,
    at: Timestamp,
}

#[record]
#[derive(Default)]
struct Seen {
    n: u64,
    sum: i64,
    note: String,
}

static INPUT: Mutex<Vec<Event>> = Mutex::new(Vec::new());
static RUNNING: Mutex<()> = Mutex::new(());
static LINES: LazyLock<Collected<String>> = LazyLock::new(Collected::default);

/// Read by one task, so that the order is kept.
fn input() -> impl thalweg::connector::Source<Record = Event> {
    collection(INPUT.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

fn event(key: u32, value: i64, at: i64) -> Event {
    Event { key, value, note: format!("note {value}"), at: Timestamp(at) }
}

/// What a pipeline writes, in order of the text, at parallelism 1, 2 and 3: the same each time.
fn answers(job: impl Fn() -> Job, events: &[Event]) -> Vec<String> {
    let _running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all: Vec<Vec<String>> = Vec::new();
    for parallelism in 1..=3 {
        *INPUT.lock().unwrap_or_else(PoisonError::into_inner) = events.to_vec();
        let summary = job().parallelism(parallelism).run();
        let summary = summary.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(summary.ending, Ending::Finished);
        let mut lines: Vec<String> = LINES.take();
        lines.sort();
        all.push(lines);
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{all:#?}");
    all.swap_remove(0)
}

#[pipeline]
fn borrows_state() {
    source(input())
        .key_by(|e| e.key)
        .process(Seen::default)
        .on_event(|seen, e, cx| {
            seen.n += 1;
            if e.value > 10 {
                seen.note = e.note.to_owned();
                cx.emit((cx.key(), seen.n, e.note));
            } else {
                cx.emit((cx.key(), 0u64, seen.note.as_str()));
            }
        })
        .filter(|(_, n, note)| n > 0 || note.ends_with('1'))
        .key_by(|(_, _, note)| note.len() as u64)
        .count()
        .map(|changed| format!("{} {}", changed.key, changed.value))
        .sink(LINES.sink());
}

#[test]
fn what_is_emitted_may_borrow_from_the_state() {
    let events = [event(1, 11, 0), event(1, 5, 0), event(1, 4, 0), event(2, 12, 0), event(2, 1, 0)];
    assert_eq!(answers(|| Job::new(borrows_state), &events), ["7 1", "7 2", "7 3", "7 4"]);
}

#[pipeline]
fn silences(limit: i64) {
    let odd = side();
    source(input())
        .event_time(|e| e.at)
        .watermarks(bounded(hours(1)))
        .key_by(|e| e.key)
        .process(move || Seen { sum: limit, ..Seen::default() })
        .on_event(|seen, e, cx| {
            seen.n += 1;
            seen.sum += e.value;
            if e.value % 2 == 1 {
                cx.emit_to(odd, (e.note, cx.timestamp()));
            }
            cx.timer_at(e.at + secs(10));
            if seen.n > 1 {
                cx.cancel(e.at);
            }
        })
        .on_timer(|seen, at, cx| {
            cx.emit((cx.key(), at, seen.n, seen.sum));
            if seen.n > 2 {
                cx.clear();
            }
        })
        .on_end(|seen, cx| cx.emit((cx.key(), cx.timestamp(), seen.n, -1i64)))
        .uid("silences")
        .map(|(key, at, n, sum)| format!("{key} {} {n} {sum}", at.0))
        .sink(LINES.sink());
    odd.map(|(note, at)| format!("odd {note} {}", at.0)).sink(LINES.sink());
}

#[test]
fn timers_fire_in_event_time_and_ends_are_heard() {
    let events = [
        event(1, 1, 1_000),
        event(1, 2, 2_000),
        event(2, 3, 4_000),
        event(1, 4, 12_500),
        event(2, 5, 30_000),
        event(1, 6, 60_000),
    ];
    let answer = answers(|| Job::new(silences).arg("limit", 100), &events);
    let expected = [
        // Key 1: timers at 11 s, 12 s, 22.5 s and 70 s; its state is forgotten at 11 s.
        "1 11000 4 113",
        "1 12000 0 100",
        "1 22500 0 100",
        "1 70000 0 100",
        "1 9223372036854775807 0 -1",
        // Key 2: timers at 14 s and 40 s.
        "2 14000 2 108",
        "2 40000 2 108",
        "2 9223372036854775807 2 -1",
        "odd note 1 1000",
        "odd note 3 4000",
        "odd note 5 30000",
    ];
    assert_eq!(answer, expected);
}

/// Hands on the largest of each key, and small ones to a side.
struct Largest {
    prefix: String,
    small: Side<i64>,
}

impl ProcessFunction for Largest {
    type Key = u32;
    type State = Seen;
    type In = Event;
    type Out = (u32, String);

    fn on_event(
        &self,
        seen: &mut Seen,
        e: View<'_, Event>,
        cx: &mut ProcessContext<'_, u32, (u32, String)>,
    ) {
        if e.value < 0 {
            cx.emit_to(self.small, e.value);
        }
        if e.value > seen.sum {
            seen.sum = e.value;
            seen.note = e.note.to_owned();
        }
        seen.n += 1;
    }

    fn on_end(&self, seen: &mut Seen, cx: &mut ProcessContext<'_, u32, (u32, String)>) {
        cx.emit((cx.key(), format!("{}{} of {}", self.prefix, seen.note, seen.n)));
    }
}

#[pipeline]
fn largest(prefix: String) {
    let small = side();
    let keyed = source(input()).key_by(|e| e.key);
    keyed
        .process(Largest { prefix: prefix.clone(), small })
        .map(|(key, note)| format!("{key} {note}"))
        .sink(LINES.sink());
    keyed
        .process(Seen::default)
        .on_event(|seen, e, cx| {
            if seen.n == 0 {
                cx.emit(e.note);
            }
            if e.value < 0 {
                cx.emit_to(small, e.value);
            }
            seen.n += 1;
        })
        .map(|note| format!("{prefix}first {note}"))
        .sink(LINES.sink());
    small.map(|n| format!("small {n}")).sink(LINES.sink());
}

#[test]
fn a_function_may_be_a_value() {
    let events = [event(1, 3, 0), event(1, 9, 0), event(2, -4, 0), event(1, 5, 0)];
    let expected = [
        "1 > note 9 of 3",
        "2 >  of 1",
        "> first note -4",
        "> first note 3",
        "small -4",
        "small -4",
    ];
    assert_eq!(answers(|| Job::new(largest).arg("prefix", "> "), &events), expected);
}

#[pipeline]
fn words() {
    let long = side();
    source(input())
        .process(|| ())
        .on_event(|_, e, cx| {
            for word in e.note.split(' ') {
                if word.len() > 3 {
                    cx.emit_to(long, e.key);
                }
                cx.emit(word);
            }
        })
        .on_end(|_, cx| cx.emit("end"))
        .parallelism(1)
        .map(|word| word.to_uppercase())
        .sink(LINES.sink());
    long.map(|key| format!("long of {key}")).sink(LINES.sink());
}

#[test]
fn without_a_key_one_record_becomes_many() {
    let events = [event(7, 1, 0), event(8, 2, 0)];
    let expected = ["1", "2", "END", "NOTE", "NOTE", "long of 7", "long of 8"];
    assert_eq!(answers(|| Job::new(words), &events), expected);
}

#[pipeline]
fn lives() {
    let keyed = source(input()).event_time(|e| e.at).watermarks(monotonic()).key_by(|e| e.key);
    keyed
        .dedup()
        .ttl(event_time(secs(10)))
        .map(|e| format!("first {} {}", e.key, e.value))
        .sink(LINES.sink());
    keyed
        .count()
        .ttl(event_time(secs(10)))
        .uid("counts")
        .map(|c| format!("count {} {}", c.key, c.value))
        .sink(LINES.sink());
    keyed
        .fold(0i64, |sum, e| sum + e.value)
        .ttl(event_time(secs(5)))
        .map(|c| format!("fold {} {}", c.key, c.value))
        .sink(LINES.sink());
    keyed
        .reduce(|a, b| if a.value > b.value { a } else { b })
        .ttl(event_time(secs(5)))
        .map(|c| format!("reduce {} {}", c.key, c.value.value))
        .sink(LINES.sink());
    keyed
        .process(Seen::default)
        .on_event(|seen, _, cx| {
            seen.n += 1;
            cx.emit((cx.key(), seen.n));
        })
        .ttl(event_time(secs(5)))
        .map(|(key, n)| format!("process {key} {n}"))
        .sink(LINES.sink());
}

#[test]
fn what_is_over_is_gone_at_once() {
    let events = [
        event(1, 5, 0),
        event(1, 3, 4_000),
        event(1, 2, 9_500),
        event(1, 1, 12_000),
        event(1, 0, 30_000),
    ];
    let mut expected = vec![
        // Written at 0 s, 12 s (duplicates do not write) and 30 s.
        "first 1 0",
        "first 1 1",
        "first 1 5",
        "count 1 1",
        "count 1 2",
        "count 1 3",
        "count 1 4",
        "count 1 1",
        // 9.5 s is 5.5 s behind 4 s.
        "fold 1 5",
        "fold 1 8",
        "fold 1 2",
        "fold 1 3",
        "fold 1 0",
        "reduce 1 5",
        "reduce 1 5",
        "reduce 1 2",
        "reduce 1 2",
        "reduce 1 0",
        "process 1 1",
        "process 1 2",
        "process 1 1",
        "process 1 2",
        "process 1 1",
    ];
    expected.sort_unstable();
    assert_eq!(answers(|| Job::new(lives), &events), expected);
}

#[pipeline]
fn many(copies: u64) {
    source(input())
        .key_by(|e| e.key)
        .process(Seen::default)
        .on_event(|_, e, cx| {
            for copy in 0..copies {
                cx.emit((e.key, copy, e.note));
            }
        })
        .key_by(|(_, copy, _)| copy % 3)
        .process(Seen::default)
        .on_event(|seen, _, _| seen.n += 1)
        .on_end(|seen, cx| cx.emit((cx.key(), seen.n)))
        .map(|(key, n)| format!("{key} {n}"))
        .sink(LINES.sink());
}

#[test]
fn a_record_may_become_hundreds_of_thousands() {
    let events: Vec<Event> = (0..20).map(|i| event(i % 2, 1, 0)).collect();
    let expected = ["0 600000", "1 600000", "2 600000"];
    assert_eq!(answers(|| Job::new(many).arg("copies", 90_000), &events), expected);
}

#[pipeline]
fn calls_a_fragment() {
    let empty = side();
    let lines = source(input()).map(|e| (u64::from(e.key), e.value.to_string()));
    let keyed = lines.map(|(_, line)| if line == "0" { String::new() } else { line.to_owned() });
    thalweg_tests::thirds(keyed.key_by(|line| line.len() as u64), empty)
        .map(|(key, line)| format!("{key} {line}"))
        .sink(LINES.sink());
    empty.map(|key| format!("empty {key}")).sink(LINES.sink());
}

#[test]
fn a_fragment_may_have_a_process_function() {
    let events: Vec<Event> = (0..7).map(|i| event(1, i % 6, 0)).collect();
    let expected = ["0 2 lines", "1 3", "1 5 lines", "empty 0", "empty 0"];
    assert_eq!(answers(|| Job::new(calls_a_fragment), &events), expected);
}

#[pipeline]
fn chained(pause: i64) {
    source(input())
        .processing_time()
        .key_by(|e| e.key)
        .process(Seen::default)
        .on_event(|seen, e, cx| {
            seen.sum += e.value;
            if seen.n == 0 {
                cx.timer_after(millis(pause));
            }
            seen.n += 1;
            cx.emit((e.at, cx.key(), e.value));
        })
        .on_timer(|_, _, cx| cx.emit((Timestamp(0), cx.key(), -1i64)))
        .ttl(days(1))
        .event_time(|(at, ..)| at)
        .watermarks(bounded(days(1)))
        .key_by(|(_, key, _)| key)
        .window(tumbling(secs(1)))
        .aggregate(|w| (w.key(), w.window().start, w.sum(|(_, _, n)| n)))
        .map(|(key, start, sum)| format!("{key} {} {sum}", start.0))
        .sink(LINES.sink());
}

#[test]
fn event_time_may_begin_behind_a_process_function() {
    let events: Vec<Event> = (0..6).map(|i| event((i % 2) as u32, i, i * 400)).collect();
    // The timers are a day away; when the input ends they do not fire.
    let expected = ["0 0 2", "0 1000 4", "1 0 1", "1 1000 3", "1 2000 5"];
    assert_eq!(answers(|| Job::new(chained).arg("pause", 86_400_000), &events), expected);
}

fn tally(seen: &mut Seen, e: EventRef<'_>, cx: &mut ProcessContext<'_, u32, String>) {
    seen.sum += e.value;
    cx.emit(format!("{} {}", cx.key(), seen.sum));
}

fn close(seen: &mut Seen, cx: &mut ProcessContext<'_, u32, String>) {
    cx.emit(format!("{} ends with {}", cx.key(), seen.sum));
}

#[pipeline]
fn by_name() {
    source(input())
        .key_by(|e| e.key)
        .process(Seen::default)
        .on_event(tally)
        .on_end(close)
        .sink(LINES.sink());
}

#[test]
fn closures_may_be_functions() {
    let events = [event(1, 3, 0), event(2, 4, 0), event(1, 5, 0)];
    let expected = ["1 3", "1 8", "1 ends with 8", "2 4", "2 ends with 4"];
    assert_eq!(answers(|| Job::new(by_name), &events), expected);
}
