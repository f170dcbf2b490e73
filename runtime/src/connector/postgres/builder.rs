//! The builder: `postgres(server).table(name)` and its options.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::postgres::{Client, Config};
use serde::Serialize;

use super::commit::Run;
use super::connection::connect;
use super::courier::Mode;
use super::statements::{Upsert, name_of};
use super::writer::PostgresWriter;
use crate::connector::{OnRejected, Sink, SinkError, TwoPhaseCommitSink};
use crate::job::Secret;
use crate::record::{Record, View};

/// A PostgreSQL server and database: `"host=db user=etl dbname=sales"`, or a `postgres://` URL; without a host,
/// `localhost`. The password is not written there: it is a [`Secret`], given by reference.
///
/// Followed by [`table`](PostgresServer::table). Connections are not encrypted: use a Unix socket, a private network or
/// a tunnel. `sslmode=require` and stricter modes are refused, so that nobody believes they were.
///
/// **In a job with checkpoints** each row is in the table once, whatever fails: rows are prepared with a checkpoint and
/// appear when it is complete. The server needs `max_prepared_transactions` of at least twice the sinks' tasks, and the
/// user the right to create the table `tw_ledger` in the search path once. A prepared transaction is named
/// `tw:<job>:<sink>:<table>:..` and keeps its locks; if the job is given up for good, see `pg_prepared_xacts` and
/// `ROLLBACK PREPARED` what is left. Two copies of one job that write to the same table take a
/// [`tag`](Postgres::tag) each.
///
/// **Without checkpoints** rows are committed several times a second; a job that fails and is started again writes its
/// input again: at least once.
///
/// Columns are the record's fields by name; nested ones become `window_start`, and lists, maps and enums with data are
/// JSON, for a column of type `json` or `jsonb`. The table is not made: columns that are no field take their default.
///
/// ```
/// use thalweg::connector::postgres;
/// use thalweg::job::Secret;
/// let password = Secret::new("hunter2".to_owned()); // in a job: a parameter of type `Secret<String>`
/// let sink = postgres("host=db user=etl dbname=sales").password(&password).table("orders");
/// # let _ = sink;
/// ```
pub fn postgres(server: &str) -> PostgresServer {
    let config = Config::from_str(server).map_err(|error| {
        // The string itself is not repeated: it may hold what it should not.
        let cause = std::error::Error::source(&error).map_or(String::new(), |it| format!(": {it}"));
        format!("what `postgres(..)` was given is no connection string{cause}")
    });
    let config = if wants_tls(server) { Err(NO_TLS.to_owned()) } else { config };
    let config = config.and_then(|mut config| {
        if config.get_password().is_some() {
            return Err("what `postgres(..)` was given holds a password".to_owned());
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host("localhost");
        }
        if config.get_application_name().is_none() {
            config.application_name("thalweg");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        Ok(config)
    });
    PostgresServer { config, password: None }
}

const NO_TLS: &str = "what `postgres(..)` was given wants TLS, and connections are not encrypted";

/// True if a connection string, of either kind, is not content with a connection that anybody can read.
fn wants_tls(server: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '-';
    let words = server.split("sslmode").skip(1);
    let modes = words.filter_map(|rest| rest.trim_start().strip_prefix('='));
    let mut modes =
        modes.filter_map(|rest| rest.split(|c| !is_word(c)).find(|mode| !mode.is_empty()));
    modes.any(|mode| !matches!(mode, "disable" | "allow" | "prefer"))
}

/// Made by [`postgres`].
#[derive(Clone)]
pub struct PostgresServer {
    config: Result<Config, String>,
    password: Option<Secret<String>>,
}

impl PostgresServer {
    /// The user's password: a parameter of the job, so that only a reference to it is ever written down.
    #[must_use]
    pub fn password(self, password: &Secret<String>) -> PostgresServer {
        PostgresServer { password: Some(password.clone()), ..self }
    }

    /// The table to write to, `orders` or `sales.orders`, spelled as it is there.
    pub fn table(self, table: &str) -> Postgres {
        Postgres {
            server: self,
            table: table.to_owned(),
            tag: String::new(),
            upsert: None,
            on_rejected: OnRejected::Fail,
            shared: Arc::default(),
        }
    }

    /// Connects.
    pub(super) fn connect(&self) -> Result<Client, SinkError> {
        let config = self.config.clone().map_err(|why| {
            let help = match &*why {
                NO_TLS => {
                    "leave `sslmode` out, and go by a Unix socket, a private network or a tunnel"
                }
                _ => {
                    "write it as \"host=db port=5432 user=etl dbname=sales\"; the password is a \
                     `Secret<String>` parameter of the job: `.password(&password)`"
                }
            };
            SinkError::new(why, help)
        });
        connect(config?, self.password.as_ref())
    }

    /// Where it is, for errors and plans.
    pub(super) fn place(&self) -> String {
        let Ok(config) = &self.config else { return "?".to_owned() };
        let hosts = config.get_hosts().iter().map(|host| match host {
            ::postgres::config::Host::Tcp(host) => host.clone(),
            #[cfg(unix)]
            ::postgres::config::Host::Unix(path) => path.display().to_string(),
        });
        let hosts: Vec<_> = hosts.collect();
        format!("{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresServer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "postgres({})", self.place())
    }
}

/// A table as a sink: made by [`PostgresServer::table`].
#[derive(Clone, Debug)]
pub struct Postgres {
    pub(super) server: PostgresServer,
    pub(super) table: String,
    pub(super) tag: String,
    pub(super) upsert: Option<Upsert>,
    on_rejected: OnRejected,
    pub(super) shared: Arc<Shared>,
}

/// What a sink's tasks have in common.
#[derive(Default)]
pub(super) struct Shared {
    /// The attempt, in a job with checkpoints.
    run: Mutex<Option<Run>>,
    /// The last checkpoint for which was looked what earlier attempts have left.
    swept: AtomicU64,
    /// The connection that commits.
    pub(super) control: Mutex<Option<Client>>,
}

impl Shared {
    pub(super) fn run(&self) -> Option<Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True for the first task that asks, for each checkpoint.
    pub(super) fn is_first(&self, checkpoint: u64) -> bool {
        self.swept.fetch_max(checkpoint, Ordering::AcqRel) < checkpoint
    }

    pub(super) fn begin(&self, run: Run) {
        self.swept.store(0, Ordering::Release);
        *self.run.lock().unwrap_or_else(PoisonError::into_inner) = Some(run);
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.run().fmt(out)
    }
}

impl Postgres {
    /// Keeps one row per key, the one of the latest `version`: each change is visible a moment after it was made, without
    /// waiting for a checkpoint. `keys` are the columns of a unique index, `version` is a column that grows with each
    /// change of a key: a window's end, a count, the time of the event.
    ///
    /// The table has a column more, `tw_attempt bigint not null default 0`. A row is written over if the new version is
    /// not smaller, and not from an older attempt if it is equal. So values never go back, neither when a job that has
    /// failed writes again what it had written, nor when a process wakes up that another one has taken over from. What a
    /// failed attempt wrote stays until the same version is written again. A job that begins anew (`--fresh`) begins
    /// with an empty table.
    ///
    /// ```
    /// use thalweg::connector::postgres;
    /// let latest = postgres("dbname=sales").table("totals").upsert(["customer"], "orders");
    /// # let _ = latest;
    /// ```
    #[must_use]
    pub fn upsert<'k>(self, keys: impl IntoIterator<Item = &'k str>, version: &str) -> Postgres {
        let keys = keys.into_iter().map(str::to_owned).collect();
        Postgres { upsert: Some(Upsert { keys, version: version.to_owned() }), ..self }
    }

    /// Tells the transactions of this sink from those of a job of the same name that writes to the same table.
    #[must_use]
    pub fn tag(self, tag: &str) -> Postgres {
        Postgres { tag: tag.to_owned(), ..self }
    }

    /// Leaves out records that cannot be encoded, and counts them. What the database refuses fails the job all the same.
    #[must_use]
    pub fn or_skip(self) -> Postgres {
        Postgres { on_rejected: OnRejected::Skip, ..self }
    }

    /// Records that cannot be encoded are handed to the runtime, for `.errors_to(side)`.
    #[doc(hidden)]
    #[must_use]
    pub fn reject_to_side(self) -> Postgres {
        Postgres { on_rejected: OnRejected::Side, ..self }
    }

    /// The table, for errors.
    pub(super) fn place(&self) -> String {
        format!("table `{}` of postgres({})", self.table, self.server.place())
    }

    fn mode(&self) -> Mode {
        match (&self.upsert, self.shared.run()) {
            (Some(upsert), run) => {
                Mode::Upsert { upsert: upsert.clone(), attempt: run.map_or(0, |run| run.attempt) }
            }
            (None, Some(run)) => Mode::Prepared(run),
            (None, None) => Mode::Plain,
        }
    }
}

impl<T: Record> Sink<T> for Postgres
where
    for<'a> View<'a, T>: Serialize,
{
    type Writer = PostgresWriter;

    fn name(&self) -> String {
        format!("postgres({}).table({})", self.server.place(), self.table)
    }

    fn parameters(&self) -> String {
        let name = name_of(&self.table);
        match &self.upsert {
            None => format!("postgres, rows of {name}"),
            Some(Upsert { keys, version }) => {
                format!("postgres, rows of {name} by {}, latest {version}", keys.join(", "))
            }
        }
    }

    fn open(&self, task: usize, _: usize) -> Result<PostgresWriter, SinkError> {
        PostgresWriter::open(self, self.mode(), self.on_rejected, task)
    }

    fn two_phase(&self) -> Option<&dyn TwoPhaseCommitSink> {
        Some(self)
    }
}
