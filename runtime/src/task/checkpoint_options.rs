//! Where, how often and how carefully checkpoints are taken.

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
    /// `If-None-Match`, as S3, MinIO, Ceph and R2 do. HDFS by `HADOOP_CONF_DIR` and `HADOOP_USER_NAME`.
    pub dir: String,
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
    /// The savepoint to begin from, if there is no checkpoint yet.
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
