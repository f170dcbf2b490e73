//! What there is to keep books of: nine tenths of the entries are made by the job itself, one tenth stands in files.
//! Both are written down here once more, apart from the job's own code.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Entries are at most so much earlier than one before them, in milliseconds.
const DISORDER: i64 = 40;
/// Short files.
const SHORT: u64 = 12;

/// How many entries there are, and of how many keys.
#[derive(Clone, Copy, Debug)]
pub struct Entries {
    pub records: u64,
    pub keys: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Entry {
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    pub id: u64,
    pub key: u64,
}

impl Entries {
    /// Entries that stand in files: those with the last ids.
    fn listed(self) -> u64 {
        self.records / 10
    }

    /// Entries that the job makes: those with the first ids.
    pub fn generated(self) -> u64 {
        self.records - self.listed()
    }

    pub fn key(self, id: u64) -> u64 {
        id.wrapping_mul(0x9E37_79B9_7F4A_7C15) % self.keys
    }

    fn generated_entry(self, id: u64) -> Entry {
        let at = 10_000 + (id / 10) as i64 - (id % 7 * 6) as i64;
        Entry { at, id, key: self.key(id) }
    }

    fn listed_entry(self, number: u64) -> Entry {
        let id = self.generated() + number;
        let at = 10_000 + (number * 9 / 10) as i64 - (number % 5 * 8) as i64;
        Entry { at, id, key: self.key(id) }
    }

    /// Writes the files of the listed entries: a long one, and several short ones with every other entry of the
    /// beginning. While there are files that nobody has opened, no time passes for the job.
    pub fn write_files(self, folder: &Path) -> io::Result<()> {
        let beginning = self.listed() / 20;
        let is_short = |number: u64| number < beginning && number % 2 == 1;
        let long = (0..self.listed()).filter(|number| !is_short(*number));
        self.write_file(&folder.join("long"), 0, long)?;
        (0..SHORT).try_for_each(|file| {
            let range = beginning * file / SHORT..beginning * (file + 1) / SHORT;
            self.write_file(&folder.join("short"), file, range.filter(|number| is_short(*number)))
        })
    }

    fn write_file(
        self,
        folder: &Path,
        file: u64,
        numbers: impl Iterator<Item = u64>,
    ) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let out = File::create(folder.join(format!("{file:02}.csv.gz")))?;
        let mut out = BufWriter::new(GzEncoder::new(out, Compression::fast()));
        writeln!(out, "id,key,at")?;
        for number in numbers {
            let Entry { id, key, at } = self.listed_entry(number);
            writeln!(out, "{id},{key},{at}")?;
        }
        out.into_inner()?.finish()?.sync_all()
    }

    /// All entries in the order of their times.
    pub fn in_order_of_time(self, mut visit: impl FnMut(Entry)) {
        let mut waiting = BinaryHeap::new();
        let (mut made, mut listed) = (0, 0);
        loop {
            let next_made = (made < self.generated()).then(|| self.generated_entry(made));
            let next_listed = (listed < self.listed()).then(|| self.listed_entry(listed));
            let next = match (next_made, next_listed) {
                (None, None) => break,
                (Some(a), Some(b)) if b.at < a.at => (listed += 1, b).1,
                (None, Some(b)) => (listed += 1, b).1,
                (Some(a), _) => (made += 1, a).1,
            };
            waiting.push(Reverse(next));
            // Nothing that comes later is earlier than this.
            let passed = next.at - 2 * DISORDER;
            while let Some(Reverse(first)) = waiting.peek().copied().filter(|it| it.0.at < passed) {
                waiting.pop();
                visit(first);
            }
        }
        while let Some(Reverse(first)) = waiting.pop() {
            visit(first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_comes_once_and_in_the_order_of_time() {
        let entries = Entries { records: 20_000, keys: 10 };
        let (mut ids, mut last) = (Vec::new(), i64::MIN);
        entries.in_order_of_time(|entry| {
            assert!(entry.at >= last, "{entry:?} behind {last}");
            last = entry.at;
            ids.push(entry.id);
        });
        ids.sort_unstable();
        assert!(ids.into_iter().eq(0..20_000));
    }
}
