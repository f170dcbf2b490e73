//! Compares the books that a job has kept with what has to be in them. It reads what the job wrote and nothing else: no
//! code of the engine.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::books::{Book, Books, Page, Row, expected};
use super::entries::Entries;

/// Differences that are told.
const TOLD: usize = 10;

/// What came of it.
#[derive(Default, Debug)]
pub struct Verdict {
    pub lost: u64,
    pub duplicated: u64,
    /// The first differences, and whatever else is wrong.
    pub differences: Vec<String>,
}

impl Verdict {
    fn tell(&mut self, difference: String) {
        if self.differences.len() < TOLD {
            self.differences.push(difference);
        }
    }
}

/// Compares the books below `output` with those of the entries.
pub fn verify(entries: Entries, output: &Path) -> io::Result<Verdict> {
    let mut verdict = Verdict::default();
    lines(entries, &output.join("lines"), &mut verdict)?;
    let (mut wanted, mut found) = (Books::default(), Books::default());
    expected(entries, |book, row| wanted.add(book, &row));
    for book in Book::ALL {
        rows(book, &output.join(book.name()), &mut verdict, |row| found.add(book, row))?;
    }
    let mut pages: Vec<_> = wanted.0.keys().chain(found.0.keys()).copied().collect();
    pages.sort_unstable();
    pages.dedup();
    pages.retain(|page| wanted.page(page) != found.page(page));
    for page in &pages {
        count(wanted.page(page), found.page(page), &mut verdict);
    }
    for it in pages.iter().take(2) {
        differences(entries, output, *it, &mut verdict)?;
    }
    Ok(verdict)
}

/// Each line is one entry, and each entry one line.
fn lines(entries: Entries, folder: &Path, verdict: &mut Verdict) -> io::Result<()> {
    let mut seen = vec![0u64; entries.records.div_ceil(64) as usize];
    let (mut twice, mut strange) = (0, Vec::new());
    csv(folder, "id,key", verdict, |file, [id, key, ..]| {
        if *id >= entries.records || *key != entries.key(*id) {
            strange.push(format!("lines: there is no entry {id},{key} ({})", file.display()));
            strange.truncate(TOLD);
        } else if seen[(id / 64) as usize] >> (id % 64) & 1 == 1 {
            twice += 1;
            strange.push(format!("lines: entry {id} again ({})", file.display()));
            strange.truncate(TOLD);
        } else {
            seen[(id / 64) as usize] |= 1 << (id % 64);
        }
    })?;
    strange.into_iter().for_each(|what| verdict.tell(what));
    verdict.duplicated += twice;
    let there: u64 = seen.iter().map(|word| u64::from(word.count_ones())).sum();
    verdict.lost += entries.records - there;
    let missing = (0..entries.records).filter(|id| seen[(id / 64) as usize] >> (id % 64) & 1 == 0);
    missing.take(TOLD / 2).for_each(|id| verdict.tell(format!("lines: entry {id} is missing")));
    Ok(())
}

fn rows(
    book: Book,
    folder: &Path,
    verdict: &mut Verdict,
    mut visit: impl FnMut(&Row),
) -> io::Result<()> {
    csv(folder, book.header(), verdict, |_, row| visit(row))
}

/// Counts what differs on a page: a row that is another is lost and one too many.
fn count(wanted: Page, found: Page, verdict: &mut Verdict) {
    if wanted.rows == found.rows {
        verdict.lost += 1;
        verdict.duplicated += 1;
    }
    verdict.lost += wanted.rows.saturating_sub(found.rows);
    verdict.duplicated += found.rows.saturating_sub(wanted.rows);
}

/// Finds the rows in which a page differs.
fn differences(
    entries: Entries,
    output: &Path,
    page: (Book, u64),
    verdict: &mut Verdict,
) -> io::Result<()> {
    let mut times: BTreeMap<Row, i64> = BTreeMap::new();
    expected(entries, |book, row| {
        if Books::is_on(page, book, &row) {
            *times.entry(row).or_default() += 1;
        }
    });
    let book = page.0;
    rows(book, &output.join(book.name()), &mut Verdict::default(), |row| {
        if Books::is_on(page, book, row) {
            *times.entry(*row).or_default() -= 1;
        }
    })?;
    for (row, times) in times.into_iter().filter(|(_, times)| *times != 0) {
        let columns = book.header().split(',').count();
        let row: Vec<String> = row[..columns].iter().map(u64::to_string).collect();
        let what = if times > 0 { "missing" } else { "too many" };
        verdict.tell(format!("{}: {} {} {what}", book.name(), times.abs(), row.join(",")));
    }
    Ok(())
}

/// The files of a book with their final names; what is hidden should have gone by now.
fn parts(folder: &Path, verdict: &mut Verdict) -> io::Result<Vec<PathBuf>> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with('.') {
            verdict.tell(format!("{} was left behind", path.display()));
        } else {
            parts.push(path);
        }
    }
    parts.sort();
    Ok(parts)
}

/// Visits all rows of a folder, numbers all of them.
fn csv(
    folder: &Path,
    header: &str,
    verdict: &mut Verdict,
    mut visit: impl FnMut(&Path, &Row),
) -> io::Result<()> {
    let columns = header.split(',').count();
    let mut line = Vec::new();
    for part in parts(folder, verdict)? {
        let mut file = BufReader::with_capacity(1 << 16, File::open(&part)?);
        let mut number = 0;
        loop {
            line.clear();
            if file.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            number += 1;
            if number == 1 && line.trim_ascii_end() == header.as_bytes() {
                continue;
            }
            match row(&line, columns) {
                Some(row) if number > 1 => visit(&part, &row),
                _ => {
                    let text = String::from_utf8_lossy(&line);
                    verdict.tell(format!("{}:{number} is no row: {text:?}", part.display()));
                }
            }
        }
    }
    Ok(())
}

/// The numbers of a line, if it is whole.
fn row(line: &[u8], columns: usize) -> Option<Row> {
    let mut row = Row::default();
    let mut fields = line.strip_suffix(b"\n")?.split(|byte| *byte == b',');
    for place in row.iter_mut().take(columns) {
        let digits = fields.next().filter(|digits| !digits.is_empty())?;
        for byte in digits.trim_ascii_end() {
            let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
            *place = place.checked_mul(10)?.checked_add(u64::from(digit))?;
        }
    }
    fields.next().is_none().then_some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRIES: Entries = Entries { records: 30_000, keys: 40 };

    fn write(folder: &Path, lines: &[String], header: &str) {
        fs::create_dir_all(folder).unwrap();
        let text = format!("{header}\n{}\n", lines.join("\n"));
        fs::write(folder.join("part-0-1-0.csv"), text).unwrap();
    }

    /// Books as they should be, but for what `spoil` does to one of them.
    fn judged(spoiled: &str, spoil: fn(&mut Vec<String>)) -> Verdict {
        let output = std::env::temp_dir().join(format!(
            "thalweg-verify-{}-{spoiled}-{:p}",
            std::process::id(),
            spoil
        ));
        let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        ENTRIES.in_order_of_time(|it| {
            lines.entry("lines").or_default().push(format!("{},{}", it.id, it.key));
        });
        expected(ENTRIES, |book, row| {
            let columns = book.header().split(',').count();
            let row: Vec<String> = row[..columns].iter().map(u64::to_string).collect();
            lines.entry(book.name()).or_default().push(row.join(","));
        });
        spoil(lines.entry(spoiled).or_default());
        for (name, lines) in lines {
            let book = Book::ALL.into_iter().find(|book| book.name() == name);
            write(&output.join(name), &lines, book.map_or("id,key", Book::header));
        }
        let verdict = verify(ENTRIES, &output).unwrap();
        fs::remove_dir_all(&output).unwrap();
        verdict
    }

    #[test]
    fn books_that_are_right_pass() {
        let verdict = judged("lines", |_| {});
        assert_eq!((verdict.lost, verdict.duplicated), (0, 0), "{verdict:?}");
        assert!(verdict.differences.is_empty(), "{verdict:?}");
    }

    #[test]
    fn what_is_missing_twice_or_wrong_is_found_in_each_book() {
        for book in ["lines", "tumbling", "sliding", "sessions", "timers", "places"] {
            let lost = judged(book, |lines| drop(lines.swap_remove(7)));
            assert_eq!((lost.lost, lost.duplicated), (1, 0), "{book}: {lost:?}");
            let twice = judged(book, |lines| lines.push(lines[9].clone()));
            assert_eq!((twice.lost, twice.duplicated), (0, 1), "{book}: {twice:?}");
            assert!(lost.differences.len() == 1 && twice.differences.len() == 1, "{book}");
            let wrong = judged(book, |lines| lines[3].push('1'));
            assert!(wrong.lost > 0 && !wrong.differences.is_empty(), "{book}: {wrong:?}");
        }
    }
}
