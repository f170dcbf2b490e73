//! Where, how often and how carefully checkpoints are taken.

use std::str::FromStr;
use std::time::Duration;

/// Where, how often and how carefully checkpoints are taken.
///
/// ```
/// use std::time::Duration;
/// use thalweg::job::CheckpointOptions;
///
/// let every_second =
///     CheckpointOptions { interval: Duration::from_secs(1), ..CheckpointOptions::new("/var/lib/orders") };
/// assert_eq!(every_second.retain, 3);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckpointOptions {
    /// The directory, or its URL: `file:///path`, with the feature `s3` also `s3://bucket/path`, with `hdfs`
    /// `hdfs://host:port/path`. One process at a time runs a job from it: a directory is locked; elsewhere, of two
    /// processes the later one goes on with the job, and the other fails with its next checkpoint and shows nothing more.
    ///
    /// S3 is found and entered as the variables say that all programs for it read: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, or by the machine's role; it must honour
    /// `If-None-Match`, as S3, MinIO, Ceph and R2 do. Where a key is a file, `AWS_ACCESS_KEY_ID_FILE`,
    /// `AWS_SECRET_ACCESS_KEY_FILE` and `AWS_SESSION_TOKEN_FILE` name it; in the URL a key is refused. HDFS by `HADOOP_CONF_DIR` and `HADOOP_USER_NAME`.
    pub dir: String,
    /// What a failure may do to a record.
    pub mode: CheckpointMode,
    /// How long after the beginning of a checkpoint the next one begins.
    pub interval: Duration,
    /// How long after the end of a checkpoint the next one begins at the earliest.
    pub min_pause: Duration,
    /// How long a checkpoint may take before it is given up.
    pub timeout: Duration,
    /// How many completed checkpoints are kept.
    pub retain: usize,
    /// How many checkpoints in a row may fail before the job does.
    pub tolerable_failures: u32,
    /// How often in a row the job is restarted after failures; the count begins again after ten minutes without one.
    pub restarts: u32,
    /// Begin anew, whatever checkpoints there are.
    pub fresh: bool,
    /// The savepoint to begin from, if there is no checkpoint yet. Processes are told apart by their directory: a job that
    /// goes on here does not keep the one that left the savepoint from running on from its own.
    pub restore: Option<String>,
    /// State of operators that the job does not have any more is dropped; else it is refused.
    pub allow_dropped_state: bool,
    /// Sources go on at the places where others were read; else it is refused to go on in another source.
    pub allow_changed_source: bool,
    /// Operators whose state was saved under another id: the old one, and that of now.
    pub renames: Vec<(String, String)>,
}

impl CheckpointOptions {
    /// A checkpoint every ten seconds, of which the last three are kept.
    pub fn new(dir: impl Into<String>) -> CheckpointOptions {
        CheckpointOptions {
            dir: dir.into(),
            mode: CheckpointMode::ExactlyOnce,
            interval: Duration::from_secs(10),
            min_pause: Duration::ZERO,
            timeout: Duration::from_secs(600),
            retain: 3,
            tolerable_failures: 3,
            restarts: 10,
            fresh: false,
            restore: None,
            allow_dropped_state: false,
            allow_changed_source: false,
            renames: Vec::new(),
        }
    }
}

/// How often a record counts, if a failure makes sources read it again.
///
/// It is about tasks with several inputs, which get the barrier of a checkpoint on one of them before the others. Nothing
/// is lost in either.
///
/// ```
/// use thalweg::job::CheckpointMode;
///
/// assert_eq!("at-least-once".parse(), Ok(CheckpointMode::AtLeastOnce));
/// assert!("mostly".parse::<CheckpointMode>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum CheckpointMode {
    /// Once. An input that is ahead of the others waits for them, which takes as long as records need to get through the
    /// slowest of them.
    #[default]
    ExactlyOnce,
    /// Once or more. No input ever waits: what came behind the barrier is in the checkpoint as well, and is processed
    /// again by a job that goes on from there. Sums may be too high then, and rows come twice; a window that had fired may
    /// fire again, for the records that come again. Sinks that commit in two phases show their rows with checkpoints as
    /// ever, each transaction once, but a row may be in two of them. A checkpoint that a job stops with is exact in this
    /// mode too.
    AtLeastOnce,
}

impl CheckpointMode {
    /// True if inputs wait for each other.
    pub(crate) fn aligns(self) -> bool {
        self == CheckpointMode::ExactlyOnce
    }
}

impl FromStr for CheckpointMode {
    type Err = String;

    fn from_str(text: &str) -> Result<CheckpointMode, String> {
        match text {
            "exactly-once" => Ok(CheckpointMode::ExactlyOnce),
            "at-least-once" => Ok(CheckpointMode::AtLeastOnce),
            _ => Err("a mode is exactly-once or at-least-once".to_owned()),
        }
    }
}
