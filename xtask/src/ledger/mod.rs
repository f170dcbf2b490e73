//! The books of a job that is killed: `cargo xtask ledger`.
//!
//! ```text
//!   entries ─┬─ made by the job ──┐                                     ┌ lines      each entry once
//!            │                    ├─▶ ledger_job ──── its directories ──┤ tumbling, sliding, sessions, timers, places
//!            └─ files ────────────┘      ▲     │                        └────────▶ verify, by code of its own
//!                             kill, stop │     └─ watch: final names stay, checkpoints do not pile up
//!                                      lives
//! ```
//!
//! The job is killed with SIGKILL at moments that a seed chooses, now and then stopped by SIGTERM, now and then killed
//! again while it recovers; each time it is started with another parallelism. Then it is let to its end, and every entry
//! must be in its books exactly once.
//!
//! With `--sink postgres` the books are tables in a server of their own, which is not killed; they are read by `psql`.
//!
//! How fast entries are made is chosen so that some are left for the last life: a plan for N kills kills N times.

mod books;
pub mod entries;
mod job;
pub mod options;
mod random;
mod tables;
pub mod verify;
mod watch;

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use entries::Entries;
use job::{Ended, Job};
use options::{Options, Sink};
use random::Random;
use tables::Tables;
use watch::Watch;

/// How often the directories are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// What a job may take that is to stop, or to end, without anything new in its output.
const PATIENCE: Duration = Duration::from_secs(300);
/// Entries made while the job is killed, in percent: the rest is for its last life.
const MADE: u64 = 70;

/// What a run came to.
#[derive(Debug)]
pub struct Report {
    pub records: u64,
    pub kills: u64,
    pub lost: u64,
    pub duplicated: u64,
    /// What is wrong, in words.
    pub findings: Vec<String>,
    /// What else is worth telling.
    pub remarks: String,
}

impl Report {
    pub fn is_exact(&self) -> bool {
        self.lost == 0 && self.duplicated == 0 && self.findings.is_empty()
    }

    pub fn summary(&self) -> String {
        let Report { records, kills, lost, duplicated, .. } = self;
        format!("{records} records, {kills} kills, {lost} lost, {duplicated} duplicated")
    }
}

/// One life of the job: how long, how, and how it ends.
struct Life {
    parallelism: u64,
    rate: f64,
    lasts: Duration,
    is_stopped: bool,
}

/// Runs the job `program` below `folder`, which is to be empty, and verifies its books.
pub fn run(options: &Options, program: &Path, folder: &Path) -> io::Result<Report> {
    let entries = Entries { records: options.records, keys: options.keys };
    let mut job = Job::new(program, folder, entries, options.backend);
    let tables = match options.sink {
        Sink::Files => None,
        Sink::Postgres => Some(Tables::start(&folder.join("postgres"))?),
    };
    if let Some(tables) = &tables {
        job.target.clone_from(&tables.server);
    }
    entries.write_files(&job.input)?;
    let mut watch = Watch::new(job.output.clone(), job.checkpoints.clone());
    let mut random = Random::new(options.seed);
    let (mut kills, mut stops, mut recovering) = (0, 0, 0);
    while kills < options.kills {
        let life = live(options, entries, &mut random, &mut recovering);
        let mut running = job.start(life.parallelism, life.rate)?;
        watch.starts += 1;
        let started = Instant::now();
        let mut ended = None;
        while ended.is_none() && started.elapsed() < life.lasts {
            std::thread::sleep(LOOK.min(life.lasts.saturating_sub(started.elapsed())));
            ended = running.ended()?;
            watch.look()?;
        }
        match ended {
            Some(ended) => {
                let what = format!("the job has ended by itself after {kills} kills: {ended:?}");
                return Ok(failed(options, kills, job.tell(what)?));
            }
            None if life.is_stopped => {
                running.stop()?;
                let stopped = running.wait(PATIENCE)?;
                stops += 1;
                if stopped != Some(Ended::Stopped) {
                    let what = format!("the job does not stop as it should: {stopped:?}");
                    return Ok(failed(options, kills, job.tell(what)?));
                }
            }
            None => {
                running.kill()?;
                kills += 1;
            }
        }
        watch.look()?;
    }
    let last = job.start(random.within(1..5), 1e9)?.wait(PATIENCE)?;
    watch.starts += 1;
    if last != Some(Ended::Finished) {
        let what = format!("the job does not finish: {last:?}");
        return Ok(failed(options, kills, job.tell(what)?));
    }
    judge(entries, &job, watch, tables.as_ref(), (kills, stops))
}

/// What a life is to be. With some, the next ones end while the job recovers.
fn live(options: &Options, entries: Entries, random: &mut Random, recovering: &mut u64) -> Life {
    let parallelism = random.within(1..5);
    let mean = options.life.as_millis() as u64;
    if *recovering > 0 {
        *recovering -= 1;
        let lasts = Duration::from_millis(random.within(0..40));
        return Life { parallelism, rate: 1e6, lasts, is_stopped: false };
    }
    if random.in_percent(12) {
        *recovering = 2;
    }
    let lasts = Duration::from_millis(random.within(mean / 4..mean * 7 / 4 + 1));
    // Lives that are stopped take from the same budget: about one in seven.
    let each = entries.generated() as f64 * MADE as f64 / 100.0 / (options.kills as f64 * 1.18);
    let share = each * random.within(20..180) as f64 / 100.0;
    let rate = (share / lasts.as_secs_f64().max(0.01)).max(1.0);
    Life { parallelism, rate, lasts, is_stopped: random.in_percent(15) }
}

fn failed(options: &Options, kills: u64, finding: String) -> Report {
    let (records, findings) = (options.records, vec![finding]);
    let (lost, duplicated, remarks) = (0, 0, String::new());
    Report { records, kills, lost, duplicated, findings, remarks }
}

/// The job has ended: looks at all there is.
fn judge(
    entries: Entries,
    job: &Job,
    mut watch: Watch,
    tables: Option<&Tables>,
    (kills, stops): (u64, u64),
) -> io::Result<Report> {
    let before = job.start(1, 1e9)?.wait(PATIENCE)?;
    let mut findings = Vec::new();
    if before != Some(Ended::Finished) {
        findings.push(format!("a job that has finished is run again: {before:?}"));
    }
    watch.look_at_all()?;
    if let Some(tables) = tables {
        findings.extend(tables.left()?);
        tables.write_files(&job.output)?;
    }
    let verdict = verify::verify(entries, &job.output)?;
    findings.append(&mut watch.findings);
    findings.extend(verdict.differences);
    findings.extend(job.errors()?);
    let ((folders, bytes), files) = (watch.most, watch.files());
    let remarks = format!(
        "{} starts, {stops} stops; {files} files seen under final names; at most {folders} checkpoints of {:.1} MB in all",
        watch.starts,
        bytes as f64 / 1e6
    );
    let (lost, duplicated) = (verdict.lost, verdict.duplicated);
    Ok(Report { records: entries.records, kills, lost, duplicated, findings, remarks })
}
