//! What has to be in the books, worked out by brute force from the entries, and digests by which books of any length
//! are compared in little memory.
//!
//! A book is a set of rows in no order. Its rows are spread over pages, by time or by key; of a page only the number of
//! rows and the sum of their digests is kept.

use std::collections::BTreeMap;
use std::mem;

use super::entries::{Entries, Entry};
use super::random::mix;

/// The books besides the lines, which are checked one by one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Book {
    Tumbling,
    Sliding,
    Sessions,
    Timers,
    Places,
}

impl Book {
    pub const ALL: [Book; 5] =
        [Book::Tumbling, Book::Sliding, Book::Sessions, Book::Timers, Book::Places];

    /// Its folder.
    pub fn name(self) -> &'static str {
        match self {
            Book::Tumbling => "tumbling",
            Book::Sliding => "sliding",
            Book::Sessions => "sessions",
            Book::Timers => "timers",
            Book::Places => "places",
        }
    }

    /// The first line of its files.
    pub fn header(self) -> &'static str {
        if self == Book::Places { "key,place" } else { "key,start,end,count,sum" }
    }

    fn page(self, row: &Row) -> u64 {
        if self == Book::Places { row[0] } else { row[2] / 1000 }
    }
}

/// Key, start, end, count and sum; or key and place.
pub type Row = [u64; 5];

/// What is known of some rows.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Page {
    pub rows: u64,
    digest: u64,
}

/// Books by their pages.
#[derive(Default)]
pub struct Books(pub BTreeMap<(Book, u64), Page>);

impl Books {
    pub fn add(&mut self, book: Book, row: &Row) {
        let page = self.0.entry((book, book.page(row))).or_default();
        page.rows += 1;
        let digest = row.iter().fold(book as u64, |digest, field| mix(digest ^ mix(*field)));
        page.digest = page.digest.wrapping_add(digest);
    }

    /// An empty one if nothing is known of it.
    pub fn page(&self, page: &(Book, u64)) -> Page {
        self.0.get(page).copied().unwrap_or_default()
    }

    /// True if a row belongs to a page.
    pub fn is_on((book, page): (Book, u64), of: Book, row: &Row) -> bool {
        book == of && book.page(row) == page
    }
}

/// Count and sum of ids.
#[derive(Clone, Copy, Default)]
struct Total {
    count: u64,
    sum: u64,
}

impl Total {
    fn add(&mut self, entry: &Entry) {
        self.count += 1;
        self.sum += entry.id;
    }

    fn plus(self, other: Total) -> Total {
        Total { count: self.count + other.count, sum: self.sum + other.sum }
    }

    fn row(self, key: usize, start: i64, end: i64) -> Row {
        [key as u64, start as u64, end as u64, self.count, self.sum]
    }
}

/// Totals of each key in spans of time that follow one another.
struct Spans {
    length: i64,
    start: i64,
    totals: Vec<Total>,
}

impl Spans {
    fn new(length: i64, keys: usize) -> Spans {
        Spans { length, start: 0, totals: vec![Total::default(); keys] }
    }

    /// Says that it is so late. Gives the totals of the span that was, if it has passed, with its start.
    fn pass(&mut self, now: i64) -> Option<(i64, Vec<Total>)> {
        if now < self.start + self.length {
            return None;
        }
        let keys = self.totals.len();
        let start = mem::replace(&mut self.start, now.div_euclid(self.length) * self.length);
        Some((start, mem::replace(&mut self.totals, vec![Total::default(); keys])))
    }
}

/// The gap that ends a session, in milliseconds.
const GAP: i64 = 300;
const SECOND: i64 = 1000;

/// Works the books out.
struct Expected<F: FnMut(Book, Row)> {
    tell: F,
    seconds: Spans,
    pairs: Spans,
    groups: Spans,
    /// The second before, of each group: its start and totals.
    before: (i64, Vec<Total>),
    /// Of each key: first and last time, and the total.
    sessions: Vec<Option<(i64, i64, Total)>>,
    places: Vec<u64>,
}

/// Tells what has to be in the books.
pub fn expected(entries: Entries, tell: impl FnMut(Book, Row)) {
    let keys = entries.keys as usize;
    let mut expected = Expected {
        tell,
        seconds: Spans::new(SECOND, keys),
        pairs: Spans::new(2 * SECOND, keys),
        groups: Spans::new(SECOND, 16),
        before: (-SECOND, vec![Total::default(); 16]),
        sessions: vec![None; keys],
        places: vec![0; keys],
    };
    let mut last = 0;
    entries.in_order_of_time(|entry| {
        expected.pass(entry.at);
        expected.add(&entry);
        last = entry.at;
    });
    // Once for what was, and once for the window that slides out of it.
    expected.pass(last + 10 * SECOND);
    expected.pass(last + 20 * SECOND);
    for (key, session) in mem::take(&mut expected.sessions).into_iter().enumerate() {
        expected.end_of(key, session);
    }
}

impl<F: FnMut(Book, Row)> Expected<F> {
    fn pass(&mut self, now: i64) {
        for (spans, book) in [(&mut self.seconds, Book::Tumbling), (&mut self.pairs, Book::Timers)]
        {
            let end = spans.length;
            let Some((start, totals)) = spans.pass(now) else { continue };
            let some = totals.into_iter().enumerate().filter(|(_, total)| total.count > 0);
            some.for_each(|(key, total)| (self.tell)(book, total.row(key, start, start + end)));
        }
        if let Some((start, totals)) = self.groups.pass(now) {
            self.slide(start, totals);
        }
    }

    /// A second of each group has passed: the windows that end with it, and those of the second before, if it was not
    /// the one right before.
    fn slide(&mut self, start: i64, totals: Vec<Total>) {
        let (before, earlier) = mem::replace(&mut self.before, (start, totals));
        let follows = before + SECOND == start;
        for (group, (earlier, now)) in earlier.iter().zip(&self.before.1).enumerate() {
            if !follows && earlier.count > 0 {
                let row = earlier.row(group, before, before + 2 * SECOND);
                (self.tell)(Book::Sliding, row);
            }
            let both = if follows { earlier.plus(*now) } else { *now };
            if both.count > 0 {
                (self.tell)(Book::Sliding, both.row(group, start - SECOND, start + SECOND));
            }
        }
    }

    fn add(&mut self, entry: &Entry) {
        let key = entry.key as usize;
        self.seconds.totals[key].add(entry);
        self.pairs.totals[key].add(entry);
        self.groups.totals[key % 16].add(entry);
        if entry.id.is_multiple_of(16) {
            self.places[key] += 1;
            (self.tell)(Book::Places, [entry.key, self.places[key], 0, 0, 0]);
        }
        match &mut self.sessions[key] {
            Some((_, last, total)) if entry.at <= *last + GAP => {
                *last = entry.at;
                total.add(entry);
            }
            session => {
                let mut total = Total::default();
                total.add(entry);
                let ended = session.replace((entry.at, entry.at, total));
                self.end_of(key, ended);
            }
        }
    }

    fn end_of(&mut self, key: usize, session: Option<(i64, i64, Total)>) {
        if let Some((first, last, total)) = session {
            (self.tell)(Book::Sessions, total.row(key, first, last + GAP));
        }
    }
}
