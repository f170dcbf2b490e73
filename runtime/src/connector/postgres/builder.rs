//! The builder: `postgres(server).table(name)` and its options.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::postgres::config::Host;
use ::postgres::{Client, Config};
use serde::Serialize;

use super::commit::Run;
use super::connection::connect;
use super::courier::Mode;
use super::statements::{Upsert, name_of};
use super::tls::Encryption;
use super::writer::PostgresWriter;
use crate::connector::{OnRejected, Sink, SinkError, TwoPhaseCommitSink};
use crate::job::Secret;
use crate::record::{Record, View};

/// A PostgreSQL server and database: `"host=db user=etl dbname=sales"`, or a `postgres://` URL; without a host,
/// `localhost`. The password is not written there: it is a [`Secret`], given by reference.
///
/// Followed by [`table`](PostgresServer::table).
///
/// **Encryption** is as psql has it: by `sslmode` (`disable`, `prefer`, `require`, `verify-ca`, `verify-full`) and
/// `sslrootcert`, a file of the authority's certificate, or `system` for those that the machine trusts. If nothing is
/// said, connections are encrypted where the server can, by whomever it is: only `verify-full` keeps out a server that
/// pretends. Names are compared to the certificate's alternative names, not to its common name.
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
    PostgresServer { config: parse(server), password: None }
}

fn parse(server: &str) -> Result<(Config, Encryption), String> {
    // The string itself is not repeated: it may hold what it should not.
    let (rest, mut encryption) = Encryption::take(server)?;
    let mut config = Config::from_str(&rest).map_err(|error| {
        let cause = std::error::Error::source(&error).map_or(String::new(), |it| format!(": {it}"));
        format!("what `postgres(..)` was given is no connection string{cause}")
    })?;
    if config.get_password().is_some() {
        return Err("what `postgres(..)` was given holds a password".to_owned());
    }
    if config.get_hosts().is_empty() {
        // An address is the name that a certificate must be for.
        let addresses = config.get_hostaddrs().iter().map(ToString::to_string);
        let mut names: Vec<_> = addresses.collect();
        if names.is_empty() {
            names.push("localhost".to_owned());
        }
        names.iter().for_each(|name| _ = config.host(name));
    }
    if config.get_hosts().iter().all(is_local) {
        encryption = Encryption::NONE;
    }
    if config.get_application_name().is_none() {
        config.application_name("thalweg");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(10));
    }
    Ok((config, encryption))
}

/// True of what nobody else can listen to: the server does not encrypt there.
fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(_) => false,
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// Made by [`postgres`].
#[derive(Clone)]
pub struct PostgresServer {
    config: Result<(Config, Encryption), String>,
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
        let (config, encryption) = self.config.clone().map_err(|why| {
            SinkError::new(
                why,
                "write it as \"host=db port=5432 user=etl dbname=sales sslmode=verify-full \
                 sslrootcert=ca.pem\"; the password is a `Secret<String>` parameter of the job: \
                 `.password(&password)`",
            )
        })?;
        connect(config, &encryption, self.password.as_ref())
    }

    /// Where it is, for errors and plans.
    pub(super) fn place(&self) -> String {
        let Ok((config, _)) = &self.config else { return "?".to_owned() };
        let hosts = config.get_hosts().iter().map(|host| match host {
            Host::Tcp(host) => host.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
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
