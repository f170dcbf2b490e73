//! What can be said on the command line.

use std::path::PathBuf;
use std::time::Duration;

/// How the job is tried.
#[derive(Clone, Debug)]
pub struct Options {
    pub kills: u64,
    pub records: u64,
    pub keys: u64,
    pub seed: u64,
    /// How long the job runs between two kills, on average.
    pub life: Duration,
    /// Where everything is written; a directory of its own, removed at the end, if not said.
    pub folder: Option<PathBuf>,
    pub backend: Backend,
    pub sink: Sink,
}

/// Where the books are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sink {
    Files,
    Postgres,
}

impl Options {
    pub const USAGE: &str = "usage: cargo xtask ledger [--kills N] [--records N] [--keys N] [--seed N] \
        [--life-ms N] [--dir DIR] [--backend memory|fs|rocksdb] [--sink files|postgres]";

    /// Reads the command line.
    pub fn parse(arguments: &[&str], seed: u64) -> Result<Options, String> {
        let (kills, records, keys) = (200, 20_000_000, 1000);
        let life = Duration::from_millis(1200);
        let files = Sink::Files;
        let (folder, backend) = (None, Backend::Fs);
        let mut options =
            Options { kills, records, keys, seed, life, folder, backend, sink: files };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            let value = *arguments.next().ok_or_else(|| Self::USAGE.to_owned())?;
            let number =
                || value.parse::<u64>().map_err(|error| format!("{name} {value}: {error}"));
            match *name {
                "--kills" => options.kills = number()?,
                "--records" => options.records = number()?.max(1000),
                "--keys" => options.keys = number()?.max(1),
                "--seed" => options.seed = number()?,
                "--life-ms" => options.life = Duration::from_millis(number()?.max(10)),
                "--dir" => options.folder = Some(PathBuf::from(value)),
                "--backend" => options.backend = Backend::of(value)?,
                "--sink" => options.sink = sink(value)?,
                _ => return Err(Self::USAGE.to_owned()),
            }
        }
        Ok(options)
    }
}

/// What holds the job's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backend {
    Memory,
    Fs,
    RocksDb,
}

impl Backend {
    const ALL: [Backend; 3] = [Backend::Memory, Backend::Fs, Backend::RocksDb];

    pub fn word(self) -> &'static str {
        match self {
            Backend::Memory => "memory",
            Backend::Fs => "fs",
            Backend::RocksDb => "rocksdb",
        }
    }

    fn of(word: &str) -> Result<Backend, String> {
        let known = Backend::ALL.into_iter().find(|backend| backend.word() == word);
        known.ok_or_else(|| format!("`{word}` is no backend: memory, fs or rocksdb"))
    }
}

fn sink(word: &str) -> Result<Sink, String> {
    match word {
        "files" => Ok(Sink::Files),
        "postgres" => Ok(Sink::Postgres),
        _ => Err(format!("`{word}` is no sink: files or postgres")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_refused_in_words() {
        let parsed = Options::parse(&["--kills", "7", "--backend", "fs", "--sink", "files"], 3);
        let parsed = parsed.unwrap();
        assert_eq!((parsed.kills, parsed.seed, parsed.records), (7, 3, 20_000_000));
        let rocksdb = Options::parse(&["--backend", "rocksdb"], 0).unwrap();
        assert_eq!((parsed.backend, rocksdb.backend), (Backend::Fs, Backend::RocksDb));
        let refused = Options::parse(&["--backend", "rock"], 0).unwrap_err();
        assert!(refused.contains("memory, fs or rocksdb"), "{refused}");
        assert_eq!(Options::parse(&["--sink", "postgres"], 0).unwrap().sink, Sink::Postgres);
        for wrong in [&["--kills"][..], &["--kills", "many"], &["--what", "1"]] {
            assert!(Options::parse(wrong, 0).is_err(), "{wrong:?}");
        }
    }
}
