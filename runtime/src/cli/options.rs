//! The options that every job has. They are parameters like the pipeline's own, so that precedence, checks and help are
//! the same.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use crate::config::{Bytes, Parallelism, Pause};
use crate::job::{Args, Arguments, Parameter};
use crate::task::{Backend, CheckpointMode, CheckpointOptions, Failure, StateOptions};

/// How a job is run, apart from its parameters.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) parallelism: Option<usize>,
    pub(crate) buffer_timeout: Option<Duration>,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) checkpoints: Option<CheckpointOptions>,
    /// The same without a directory: on which terms a job goes on.
    pub(crate) terms: CheckpointOptions,
    pub(crate) state: StateOptions,
    pub(crate) quiet: bool,
    pub(crate) log: String,
}

/// The option that names the configuration file; unlike the others it cannot stand in that file.
pub(crate) const CONFIG: &str = "config";
/// Names that no parameter may have: the options', those that only some subcommands have, and those whose `THALWEG_`
/// variable means something else.
pub(crate) const RESERVED: [&str; 31] = [
    "parallelism",
    "buffer_timeout",
    "metrics",
    "checkpoint_dir",
    "checkpoint_mode",
    "checkpoint_interval",
    "checkpoint_min_pause",
    "checkpoint_timeout",
    "checkpoint_retain",
    "state_backend",
    "state_budget",
    "state_dir",
    "state_rocksdb_options",
    "restarts",
    "fresh",
    "restore",
    "allow_dropped_state",
    "allow_changed_source",
    "rename",
    "diff",
    "savepoint_dir",
    "drain",
    "quiet",
    "log",
    CONFIG,
    "help",
    "version",
    "format",
    "pipeline",
    "backtrace",
    "dump",
];

/// The parameter for the configuration file.
pub(crate) fn config_parameter() -> Parameter {
    Parameter::of::<Option<PathBuf>, _>(
        CONFIG,
        "Configuration file, such as job.toml.",
        "file",
        None,
    )
}

impl Args for Options {
    fn parameters() -> Vec<Parameter> {
        let mut parameters = vec![
            Parameter::of::<Option<Parallelism>, _>(
                "parallelism",
                "Parallel copies of each chain; as many as there are cores if not given.",
                "number",
                None,
            ),
            Parameter::of::<Option<Pause>, _>(
                "buffer_timeout",
                "How long a record may wait for others before it crosses an exchange, such as 1ms.",
                "duration",
                None,
            ),
            Parameter::of::<Option<Address>, _>(
                "metrics",
                "Serve Prometheus metrics and health at this address, such as 127.0.0.1:9464.",
                "address",
                None,
            ),
            Parameter::of::<bool, _>("quiet", "No progress line and no summary.", "flag", None),
            Parameter::of::<Filter, _>(
                "log",
                "What is logged: error, warn, info, debug, trace, or filters such as thalweg=debug.",
                "filter",
                Some("warn"),
            ),
        ];
        parameters.extend(checkpoint_parameters());
        parameters.extend(start_parameters());
        parameters.extend(state_parameters());
        parameters
    }

    fn take(arguments: &Arguments) -> Result<Options, Failure> {
        let parallelism: Option<Parallelism> = arguments.take("parallelism")?;
        let buffer_timeout: Option<Pause> = arguments.take("buffer_timeout")?;
        let metrics: Option<Address> = arguments.take("metrics")?;
        let log: Filter = arguments.take("log")?;
        let (dir, terms) = checkpoints(arguments)?;
        let with_dir = |dir| CheckpointOptions { dir, ..terms.clone() };
        let checkpoints = dir.map(with_dir);
        Ok(Options {
            terms,
            checkpoints,
            state: state(arguments)?,
            parallelism: parallelism.map(|Parallelism(n)| n),
            buffer_timeout: buffer_timeout.map(|Pause(duration)| duration),
            metrics: metrics.map(|Address(address)| address),
            quiet: arguments.take("quiet")?,
            log: log.0,
        })
    }
}

fn checkpoint_parameters() -> Vec<Parameter> {
    vec![
        Parameter::of::<Option<String>, _>(
            "checkpoint_dir",
            "Take checkpoints into this directory, and go on from the last one there.",
            "directory",
            None,
        ),
        Parameter::of::<CheckpointMode, _>(
            "checkpoint_mode",
            "Inputs wait for each other (exactly-once), or records may count twice after a failure (at-least-once).",
            "mode",
            Some("exactly-once"),
        ),
        Parameter::of::<Pause, _>(
            "checkpoint_interval",
            "How often a checkpoint is taken.",
            "duration",
            Some("10s"),
        ),
        Parameter::of::<Pause, _>(
            "checkpoint_min_pause",
            "How long to wait at least between the end of a checkpoint and the next one.",
            "duration",
            Some("0ms"),
        ),
        Parameter::of::<Pause, _>(
            "checkpoint_timeout",
            "How long a checkpoint may take before it is given up.",
            "duration",
            Some("10m"),
        ),
        Parameter::of::<Retain, _>(
            "checkpoint_retain",
            "How many completed checkpoints are kept.",
            "number",
            Some("3"),
        ),
        Parameter::of::<u32, _>(
            "restarts",
            "How often in a row a job with checkpoints is restarted after a failure.",
            "number",
            Some("10"),
        ),
    ]
}

/// What a job goes on from.
fn start_parameters() -> Vec<Parameter> {
    vec![
        Parameter::of::<bool, _>(
            "fresh",
            "Begin anew, whatever is in the checkpoint directory.",
            "flag",
            None,
        ),
        Parameter::of::<Option<String>, _>(
            "restore",
            "Begin from this savepoint, if there is no checkpoint yet.",
            "directory",
            None,
        ),
        Parameter::of::<bool, _>(
            "allow_dropped_state",
            "Drop the saved state of operators that the job does not have any more.",
            "flag",
            None,
        ),
        Parameter::of::<bool, _>(
            "allow_changed_source",
            "Go on at the saved places in sources that read elsewhere now.",
            "flag",
            None,
        ),
        Parameter::of::<Vec<Pair>, _>(
            "rename",
            "Give an operator what was saved under another id: OLD=NEW.",
            "ids",
            None,
        ),
    ]
}

fn checkpoints(arguments: &Arguments) -> Result<(Option<String>, CheckpointOptions), Failure> {
    let dir: Option<String> = arguments.take("checkpoint_dir")?;
    let pause = |name| arguments.take(name).map(|Pause(duration)| duration);
    let Retain(retain) = arguments.take("checkpoint_retain")?;
    let (interval, min_pause) = (pause("checkpoint_interval")?, pause("checkpoint_min_pause")?);
    let (timeout, restarts) = (pause("checkpoint_timeout")?, arguments.take("restarts")?);
    let (fresh, restore) = (arguments.take("fresh")?, arguments.take("restore")?);
    let allow_dropped_state = arguments.take("allow_dropped_state")?;
    let allow_changed_source = arguments.take("allow_changed_source")?;
    let terms = CheckpointOptions {
        mode: arguments.take("checkpoint_mode")?,
        interval,
        min_pause,
        timeout,
        retain,
        restarts,
        fresh,
        restore,
        allow_dropped_state,
        allow_changed_source,
        renames: Pair::parts(arguments.take("rename")?),
        ..CheckpointOptions::new("")
    };
    Ok((dir, terms))
}

fn state_parameters() -> Vec<Parameter> {
    vec![
        Parameter::of::<Backend, _>(
            "state_backend",
            "What holds keyed state: memory, fs, or rocksdb for more than fits into memory.",
            "backend",
            Some("fs"),
        ),
        Parameter::of::<Bytes, _>(
            "state_budget",
            "Memory for keyed state in this process, such as 256MiB: what rocksdb may take, and memory must not exceed.",
            "bytes",
            Some("256MiB"),
        ),
        Parameter::of::<Option<PathBuf>, _>(
            "state_dir",
            "Local directory for state that has no room in memory; that of temporary files if not given.",
            "directory",
            None,
        ),
        Parameter::of::<Vec<Pair>, _>(
            "state_rocksdb_options",
            "A setting of RocksDB's own, such as compression=kZSTD.",
            "name=value",
            None,
        ),
    ]
}

fn state(arguments: &Arguments) -> Result<StateOptions, Failure> {
    let Bytes(budget) = arguments.take("state_budget")?;
    Ok(StateOptions {
        backend: arguments.take("state_backend")?,
        budget,
        dir: arguments.take("state_dir")?,
        rocksdb: Pair::parts(arguments.take("state_rocksdb_options")?),
    })
}

/// Two words: an operator's old id and the one of now, or a setting and its value.
struct Pair(String, String);

impl Pair {
    fn parts(pairs: Vec<Pair>) -> Vec<(String, String)> {
        pairs.into_iter().map(|Pair(first, second)| (first, second)).collect()
    }
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Pair, String> {
        let parts = text.split_once('=').map(|(first, second)| (first.trim(), second.trim()));
        match parts {
            Some((first, second)) if !first.is_empty() && !second.is_empty() => {
                Ok(Pair(first.to_owned(), second.to_owned()))
            }
            _ => {
                Err("two words are needed with a `=` between them: OLD=NEW, NAME=VALUE".to_owned())
            }
        }
    }
}

/// How many checkpoints are kept: one at least.
struct Retain(usize);

impl FromStr for Retain {
    type Err = String;

    fn from_str(text: &str) -> Result<Retain, String> {
        match text.parse() {
            Ok(retain @ 1..) => Ok(Retain(retain)),
            _ => Err("a whole number from 1 on is needed".to_owned()),
        }
    }
}

/// An address to listen at.
struct Address(SocketAddr);

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Address, String> {
        let shape = "an address is HOST:PORT, for instance 127.0.0.1:9464";
        let mut found =
            text.to_socket_addrs().map_err(|error| format!("{error}\nhelp: {shape}"))?;
        found.next().map(Address).ok_or_else(|| shape.to_owned())
    }
}

/// A filter for logs that parses.
struct Filter(String);

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Filter, String> {
        EnvFilter::try_new(text).map_err(|error| error.to_string())?;
        Ok(Filter(text.to_owned()))
    }
}
