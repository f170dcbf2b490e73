//! The job whose books `cargo xtask ledger` checks: generated entries and those of files go together through several
//! kinds of state into as many books, which are directories or tables, as the program's `book` says. What comes out
//! follows from the entries alone, whatever happens meanwhile.

use std::fs::File;

use thalweg::prelude::*;

use super::book;

/// One entry, as it stands in files, too.
#[record]
struct Entry {
    id: u64,
    key: u64,
    /// Milliseconds since the Unix epoch.
    at: i64,
}

/// An entry as it is.
#[record]
struct Line {
    id: u64,
    key: u64,
}

/// Entries of a key, or of a group of keys, between two points in time.
#[record]
struct Total {
    key: u64,
    start: i64,
    end: i64,
    count: u64,
    sum: u64,
}

/// The how manyth of its key an entry was.
#[record]
struct Place {
    key: u64,
    place: u64,
}

/// What a key has in spans of time that have not passed: their ends, and count and sum of each.
#[record]
#[derive(Default)]
struct Open {
    spans: Vec<(i64, u64, u64)>,
}

/// The length of those spans, in milliseconds.
const SPAN: i64 = 2000;

/// The `id`th of the generated entries: ten in a millisecond, out of order within 36 ms.
fn entry(id: u64, keys: u64) -> Entry {
    let key = id.wrapping_mul(0x9E37_79B9_7F4A_7C15) % keys;
    Entry { id, key, at: 10_000 + (id / 10) as i64 - (id % 7 * 6) as i64 }
}

/// Where the job fails: `ID` each time, `ID:FILE` once, of which the file tells the next attempt.
fn trap(text: &str) -> (u64, Option<String>) {
    let (id, marker) = match text.split_once(':') {
        Some((id, marker)) => (id, Some(marker.to_owned())),
        None => (text, None),
    };
    (id.parse().expect("`ID` or `ID:FILE`"), marker)
}

fn visit(id: u64, trap: Option<&(u64, Option<String>)>) {
    let Some((_, marker)) = trap.filter(|(at, _)| *at == id) else { return };
    if marker.as_ref().is_none_or(|marker| File::create_new(marker).is_ok()) {
        panic!("entry {id} is not wanted");
    }
}

/// Keeps the books of entries.
#[pipeline]
pub fn ledger(
    /// How many entries are generated.
    entries: u64,
    /// How many of them come in a second.
    #[arg(default = "1e9")]
    rate: f64,
    /// How many keys there are.
    #[arg(default = "1000")]
    keys: u64,
    /// A directory with two others, `long` and `short`, of CSV files with more entries.
    input: String,
    /// The directory, or the database, in which there is one for each kind of book.
    output: String,
    /// The entry that the job fails at: `ID` each time, `ID:FILE` once.
    fail_at: Option<String>,
) {
    let trap = fail_at.as_deref().map(trap);
    let generated = source(generate(entries, move |id| entry(id, keys)).rate(rate))
        .event_time(|e| Timestamp::from_millis(e.at))
        .watermarks(bounded(millis(50)).alignment("entries", secs(5)));
    let long: Stream<Entry> = source(files(format!("{input}/long")).csv());
    let long = long
        .event_time(|e| Timestamp::from_millis(e.at))
        .watermarks(bounded(millis(50)).alignment("entries", secs(5)));
    // Of many files, and time waits for the last: so they end early.
    let short: Stream<Entry> = source(files(format!("{input}/short")).csv());
    let short = short
        .event_time(|e| Timestamp::from_millis(e.at))
        .watermarks(bounded(millis(50)).alignment("entries", secs(5)));
    let all = generated.union(long).union(short).inspect(move |e| visit(e.id, trap.as_ref()));

    all.map(|e| Line { id: e.id, key: e.key }).sink(book(&output, "lines"));
    all.key_by(|e| e.key)
        .window(tumbling(secs(1)))
        .aggregate(|w| Total {
            key: w.key(),
            start: w.window().start.0,
            end: w.window().end.0,
            count: w.count(),
            sum: w.sum(|e| e.id),
        })
        .sink(book(&output, "tumbling"));
    all.key_by(|e| e.key % 16)
        .window(sliding(secs(2), secs(1)))
        .aggregate(|w| Total {
            key: w.key(),
            start: w.window().start.0,
            end: w.window().end.0,
            count: w.count(),
            sum: w.sum(|e| e.id),
        })
        .sink(book(&output, "sliding"));
    all.key_by(|e| e.key)
        .window(session(millis(300)))
        .aggregate(|w| Total {
            key: w.key(),
            start: w.window().start.0,
            end: w.window().end.0,
            count: w.count(),
            sum: w.sum(|e| e.id),
        })
        .sink(book(&output, "sessions"));
    all.key_by(|e| e.key)
        .process(Open::default)
        .on_event(|open, e, cx| {
            let end = (e.at.div_euclid(SPAN) + 1) * SPAN;
            match open.spans.iter_mut().find(|span| span.0 == end) {
                Some((_, count, sum)) => (*count, *sum) = (*count + 1, *sum + e.id),
                None => open.spans.push((end, 1, e.id)),
            }
            cx.timer_at(Timestamp::from_millis(end));
        })
        .on_timer(|open, now, cx| {
            for &(end, count, sum) in open.spans.iter().filter(|span| span.0 == now.0) {
                cx.emit(Total { key: cx.key(), start: end - SPAN, end, count, sum });
            }
            open.spans.retain(|span| span.0 != now.0);
            if open.spans.is_empty() {
                cx.clear();
            }
        })
        .sink(book(&output, "timers"));
    all.filter(|e| e.id % 16 == 0)
        .key_by(|e| e.key)
        .count()
        .map(|seen| Place { key: seen.key, place: seen.value })
        .sink(book(&output, "places"));
}
