//! The job as a process.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::entries::Entries;
use super::options::Backend;

/// How the job is started, and where it reads and writes.
pub struct Job {
    program: PathBuf,
    entries: Entries,
    backend: Backend,
    pub input: PathBuf,
    pub output: PathBuf,
    /// What the job is told as its output: that directory, or a database.
    pub target: String,
    pub checkpoints: PathBuf,
    log: PathBuf,
    state: PathBuf,
}

/// How a process has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// All is done.
    Finished,
    /// It was asked to stop, and did.
    Stopped,
    /// With this code, or by a signal.
    Failed(Option<i32>),
}

const SIGTERM: i32 = 15;

impl Job {
    pub fn new(program: &Path, folder: &Path, entries: Entries, backend: Backend) -> Job {
        let [input, output, checkpoints, log, state] =
            ["input", "output", "checkpoints", "log", "state"].map(|name| folder.join(name));
        let (program, target) = (program.to_owned(), output.to_string_lossy().into_owned());
        Job { program, entries, backend, input, output, target, checkpoints, log, state }
    }

    pub fn start(&self, parallelism: u64, rate: f64) -> io::Result<Running> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("THALWEG_")) {
            command.env_remove(name);
        }
        command
            .args(["--entries", &self.entries.generated().to_string()])
            .args(["--keys", &self.entries.keys.to_string()])
            .args(["--rate", &rate.to_string()])
            .args(["--parallelism", &parallelism.to_string()])
            .args(["--checkpoint-interval", "100ms", "--quiet", "--log", "warn"])
            .args(["--input".as_ref(), self.input.as_os_str()])
            .args(["--output", &self.target])
            .args(["--checkpoint-dir".as_ref(), self.checkpoints.as_os_str()]);
        command.args(["--state-backend", self.backend.word()]);
        if self.backend == Backend::RocksDb {
            // Room for few: most is on disk.
            command.args(["--state-budget", "256KiB"]);
            command.args(["--state-dir".as_ref(), self.state.as_os_str()]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Ok(Running(command.spawn()?))
    }

    /// A finding, with the end of what the job has said.
    pub fn tell(&self, finding: String) -> io::Result<String> {
        let log = fs::read_to_string(&self.log)?;
        let lines: Vec<&str> = log.lines().collect();
        Ok(format!("{finding}\n  {}", lines[lines.len().saturating_sub(10)..].join("\n  ")))
    }

    /// What the job has said that is worse than a warning: nothing fails but by a kill.
    pub fn errors(&self) -> io::Result<Vec<String>> {
        let log = fs::read_to_string(&self.log)?;
        let is_error = |line: &&str| line.contains("ERROR") || line.starts_with("error:");
        Ok(log
            .lines()
            .filter(is_error)
            .take(5)
            .map(|line| format!("the job said: {line}"))
            .collect())
    }
}

/// A job that runs; killed when it is dropped.
pub struct Running(Child);

impl Running {
    /// How it has ended, if it has.
    pub fn ended(&mut self) -> io::Result<Option<Ended>> {
        Ok(self.0.try_wait()?.map(ended))
    }

    /// Waits so long for its end.
    pub fn wait(mut self, patience: Duration) -> io::Result<Option<Ended>> {
        let started = Instant::now();
        loop {
            let ended = self.ended()?;
            if ended.is_some() || started.elapsed() > patience {
                return Ok(ended);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it, and waits until it is gone.
    pub fn kill(mut self) -> io::Result<()> {
        self.0.kill()?;
        self.0.wait().map(drop)
    }

    /// Asks it to stop.
    pub fn stop(&self) -> io::Result<()> {
        let sent = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status()?;
        if sent.success() { Ok(()) } else { Err(io::Error::other("SIGTERM cannot be sent")) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ended(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ended::Finished,
        // Or before it could listen.
        (Some(130), _) | (None, Some(SIGTERM)) => Ended::Stopped,
        (code, _) => Ended::Failed(code),
    }
}
