//! State that is larger than the memory it may have: both sides keep it in RocksDB.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use thalweg_bench::figures::Figures;

use super::{Args, Report, beside, flink, report, versions};

/// Where the section begins in the results.
pub const TITLE: &str = "## State larger than memory";

/// MiB that Thalweg's state may have, and the least that Flink's has.
const BUDGET: u32 = 256;
/// Managed memory of Flink, in MiB: as much as Thalweg's budget, and the default of the job that set the goal.
const MANAGED: [u32; 2] = [BUDGET, 1024];
const KEYS: u64 = 10_000_000;
const WARM_UP: u64 = 1_500_000;
const MEASURED: u64 = 3_500_000;

/// A running count over ten million keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Large {
    /// Numbers at random, from none on.
    Numbers,
    /// The same as texts of 20 bytes.
    Texts,
    /// Numbers at random, when each has come once.
    All,
}

impl Large {
    /// Each.
    pub const ALL: [Large; 3] = [Large::Numbers, Large::Texts, Large::All];

    fn name(self) -> &'static str {
        match self {
            Large::Numbers => "kc10m",
            Large::Texts => "kc10m-text",
            Large::All => "kc10m-all",
        }
    }

    /// Sizes of Flink's managed memory to measure with: one where a turn takes minutes.
    fn managed(self) -> &'static [u32] {
        if self == Large::All { &MANAGED[..1] } else { &MANAGED }
    }

    /// Records that come before those at random.
    fn first(self) -> u64 {
        if self == Large::All { KEYS } else { 0 }
    }
}

impl fmt::Display for Large {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Large {
    type Err = String;

    fn from_str(name: &str) -> Result<Large, String> {
        let known = Large::ALL.into_iter().find(|large| large.name() == name);
        known.ok_or_else(|| format!("no query `{name}`"))
    }
}

/// The section, with a row per case. Rows of other cases stay if they were measured on the same versions.
pub fn section(cases: &[Large], before: &str, args: &Args) -> Result<String, String> {
    let mut section = heading(args);
    let kept = before.strip_prefix(&section).unwrap_or_default();
    print!("{section}");
    for large in Large::ALL {
        let row = match kept.lines().find(|line| line.starts_with(&format!("| {large} |"))) {
            _ if cases.contains(&large) => row(large, args)?,
            Some(row) => row.to_owned(),
            None => continue,
        };
        println!("{row}");
        section += &row;
        section.push('\n');
    }
    Ok(section)
}

fn heading(args: &Args) -> String {
    let [same, more] = MANAGED;
    format!(
        "{TITLE}\n\n\
         A running count over 10 million keys, in RocksDB, saved incrementally every 5 s: nanoseconds per record of \
         3.5 million behind a warm-up of 1.5 million, median (spread) of {} turns, and the most resident memory, in \
         MiB. `kc10m` begins without a key, `kc10m-text` has keys of 20 bytes of text, and in `kc10m-all` every key \
         has come once before. Thalweg's state may have {BUDGET} MiB; Flink's managed memory is as large, or {more} \
         MiB, and its heap 1 GiB. The ratio is that of Thalweg to the better Flink.\n\n{}\n\n\
         | query | Flink, {same} MiB | Flink, {more} MiB | Thalweg, {BUDGET} MiB | ratio \
         | memory of Flink | memory of Thalweg |\n|---|---|---|---|---|---|---|\n",
        args.rounds,
        versions("RocksDB state"),
    )
}

fn row(large: Large, args: &Args) -> Result<String, String> {
    let managed = large.managed();
    let mut nanos = vec![Vec::new(); managed.len() + 1];
    let mut memory = vec![0.0_f64; managed.len() + 1];
    for _ in 0..args.rounds {
        let mut runs = Vec::new();
        for size in managed {
            runs.push(on_flink(large, args, *size)?);
        }
        runs.push(on_thalweg(large, args)?);
        if runs.iter().any(|run| run.checksum != runs[0].checksum) {
            let answers: Vec<_> = runs.iter().map(|run| run.checksum.as_str()).collect();
            return Err(format!("{large}: Flink and Thalweg answer {answers:?}"));
        }
        for (side, run) in runs.iter().enumerate() {
            nanos[side].push(1e9 / run.events_per_s);
            memory[side] = memory[side].max(run.rss_mb);
        }
        eprintln!("{large}: {nanos:.0?} ns, {memory:.0?} MiB");
    }
    let mut flink: Vec<Figures> = nanos.into_iter().map(Figures::new).collect();
    let (thalweg, own) = flink.pop().zip(memory.pop()).expect("it is the last side");
    let best = flink.iter().map(Figures::median).fold(f64::INFINITY, f64::min);
    let mut cells: Vec<_> = flink.iter().map(Figures::cell).collect();
    cells.resize(MANAGED.len(), "–".to_owned());
    let memory: Vec<_> = memory.iter().map(|most| format!("{most:.0}")).collect();
    Ok(format!(
        "| {large} | {} | {} | **{:.1} ×** | {} | {own:.0} |",
        cells.join(" | "),
        thalweg.cell(),
        best / thalweg.median(),
        memory.join("; "),
    ))
}

fn on_flink(large: Large, args: &Args, managed: u32) -> Result<Report, String> {
    let work = Scratch::new("flink")?;
    let mut command = flink::java(args, "1g");
    command.args([format!("-Dmanaged={managed}m"), format!("-Dwork={}", work.0.display())]);
    let warm_up = large.first() + WARM_UP;
    report(
        flink::main(&mut command, large.name(), 1)
            .args([(warm_up + MEASURED).to_string(), warm_up.to_string()]),
    )
}

fn on_thalweg(large: Large, args: &Args) -> Result<Report, String> {
    let work = Scratch::new("thalweg")?;
    let mut command = beside("backend")?;
    command.args(["--backend", "rocksdb", "--interval", "5000"]);
    command.args(["--budget".to_owned(), BUDGET.to_string()]);
    command.args(["--keys".to_owned(), KEYS.to_string()]);
    command.args(["--warm-up".to_owned(), WARM_UP.to_string()]);
    command.args(["--records".to_owned(), MEASURED.to_string()]);
    command.args(["--seed".to_owned(), args.seed.to_string()]);
    command.args(["--dir".as_ref(), work.0.as_os_str()]);
    match large {
        Large::Numbers => _ = command.arg("--keys-at-random"),
        Large::Texts => _ = command.args(["--keys-at-random", "--strings"]),
        Large::All => {}
    }
    report(&mut command)
}

/// A directory for one run.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Scratch, String> {
        let dir = std::env::temp_dir().join(format!("against-flink-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        Ok(Scratch(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left of it is in the way of nothing.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
