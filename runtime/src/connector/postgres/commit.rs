//! The second phase: what was prepared is committed once, and what nobody knows of is rolled back.

use std::hash::{BuildHasher, RandomState};
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

use ::postgres::Client;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::builder::Postgres;
use super::connection::{failed, is_lost};
use super::statements::literal;
use crate::connector::{Committable, Opening, SinkError, Transaction, TwoPhaseCommitSink};

/// An attempt of the sink, in a job with checkpoints.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) attempt: u64,
    /// Of this sink, in all attempts.
    sink: String,
    /// Random: the numbers of attempts and checkpoints begin again in another directory.
    id: String,
}

/// A name may have 199 bytes, of which the numbers take their part.
const SINK_BYTES_MAX: usize = 96;

impl Run {
    fn new(sink: &Postgres, opening: &Opening<'_>) -> Run {
        let mut name = format!("{}:{}:{}", opening.job, opening.sink, sink.table);
        if !sink.tag.is_empty() {
            name = format!("{name}:{}", sink.tag);
        }
        if name.len() > SINK_BYTES_MAX {
            let hash = xxh3_64(name.as_bytes());
            name.truncate(name.floor_char_boundary(SINK_BYTES_MAX - 17));
            name = format!("{name}:{hash:016x}");
        }
        let id = format!("{:016x}", RandomState::new().hash_one(opening.attempt));
        Run { attempt: opening.attempt, sink: name, id }
    }

    /// What the names of its transactions begin with.
    fn prefix(&self) -> String {
        format!("tw:{}:", self.sink)
    }

    /// True if `gid` was prepared by an earlier attempt; by any, if there is nothing to go on from.
    fn is_earlier(&self, gid: &str, any: bool) -> bool {
        let rest = gid.strip_prefix(&self.prefix()).unwrap_or_default();
        let parts: Vec<&str> = rest.split(':').collect();
        let [_, attempt, _, id] = parts[..] else { return false };
        id != self.id && attempt.parse::<u64>().is_ok_and(|it| any || it < self.attempt)
    }
}

/// A prepared transaction, as its committable holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Prepared {
    gid: String,
    sink: String,
    run: String,
    task: u64,
    pub(super) checkpoint: u64,
}

impl From<Prepared> for Committable {
    fn from(prepared: Prepared) -> Committable {
        Committable(serde_json::to_value(prepared).expect("text and numbers are JSON"))
    }
}

impl Prepared {
    pub(super) fn new(run: &Run, transaction: &Transaction) -> Prepared {
        let Transaction { checkpoint, attempt, task } = *transaction;
        let gid = format!("{}{task}:{attempt}:{checkpoint}:{}", run.prefix(), run.id);
        let (sink, run) = (run.sink.clone(), run.id.clone());
        Prepared { gid, sink, run, task: task as u64, checkpoint }
    }

    /// Enters it into the ledger, in the place of what this task has committed before. Rows that a prepared transaction
    /// is about to replace are left to it: to wait for it would be to wait for ourselves.
    pub(super) fn enter(&self) -> String {
        let Prepared { task, checkpoint, .. } = self;
        let (sink, run) = (literal(&self.sink), literal(&self.run));
        format!(
            "DELETE FROM tw_ledger WHERE ctid = ANY(ARRAY(SELECT ctid FROM tw_ledger \
             WHERE sink = {sink} AND run = {run} AND task = {task} FOR UPDATE SKIP LOCKED)); \
             INSERT INTO tw_ledger (sink, run, task, n) VALUES ({sink}, {run}, {task}, {checkpoint})"
        )
    }

    pub(super) fn prepare(&self) -> String {
        format!("PREPARE TRANSACTION {}", literal(&self.gid))
    }

    /// True if it was committed, as the ledger knows: it, or a later one of the same task.
    fn is_entered(&self, client: &mut Client) -> Result<bool, ::postgres::Error> {
        let question = "SELECT EXISTS (SELECT FROM tw_ledger \
                        WHERE sink = $1 AND run = $2 AND task = $3 AND n >= $4)";
        let (task, n) = (self.task as i64, self.checkpoint as i64);
        Ok(client.query_one(question, &[&self.sink, &self.run, &task, &n])?.get(0))
    }

    fn commit(&self, client: &mut Client) -> Result<Done, ::postgres::Error> {
        let Err(error) = client.batch_execute(&format!("COMMIT PREPARED {}", literal(&self.gid)))
        else {
            return Ok(Done::Yes);
        };
        match error.code().map(|code| code.code()) {
            Some("42704") if self.is_entered(client)? => Ok(Done::Yes),
            Some("42704") => Ok(Done::Lost),
            // Somebody else is at it.
            Some("55000") => Ok(Done::Busy),
            _ => Err(error),
        }
    }

    #[cold]
    fn lost(&self) -> SinkError {
        SinkError::new(
            format!(
                "transaction `{}` is lost: it is neither prepared nor in the ledger `tw_ledger`",
                self.gid
            ),
            "somebody has rolled it back, or this is not the database that it was prepared in: \
             go back to a savepoint from before, and the table with it",
        )
    }
}

enum Done {
    Yes,
    Busy,
    Lost,
}

impl Postgres {
    /// Does something on the connection that commits. If that is lost, once more on another: all of it may be repeated.
    fn control<R>(
        &self,
        what: &str,
        mut act: impl FnMut(&mut Client) -> Result<R, ::postgres::Error>,
    ) -> Result<R, SinkError> {
        let mut control = self.shared.control.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_new = false;
        loop {
            let client = match &mut *control {
                Some(client) if !client.is_closed() => client,
                lost => {
                    is_new = true;
                    lost.insert(self.server.connect()?)
                }
            };
            match act(client) {
                Err(error) if is_lost(&error) && !is_new => *control = None,
                done => {
                    return done.map_err(|error| {
                        failed(format!("cannot {what} for {}", self.place()), error)
                    });
                }
            }
        }
    }

    /// Gives up what earlier attempts have prepared: nothing of it is in a checkpoint that could be gone on from.
    fn sweep(&self, run: &Run, any: bool) -> Result<(), SinkError> {
        let question = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() \
                        AND owner = current_user AND starts_with(gid, $1)";
        self.control("roll back transactions of earlier attempts", |client| {
            for row in client.query(question, &[&run.prefix()])? {
                let gid: String = row.get(0);
                if !run.is_earlier(&gid, any) {
                    continue;
                }
                match client.batch_execute(&format!("ROLLBACK PREPARED {}", literal(&gid))) {
                    // Somebody else is at it, or was.
                    Err(error)
                        if !matches!(error.code().map(|it| it.code()), Some("42704" | "55000")) =>
                    {
                        return Err(error);
                    }
                    _ => tracing::info!(gid, "a transaction of an earlier attempt was rolled back"),
                }
            }
            Ok(())
        })
    }

    /// Whether the server can prepare transactions, and keeps a ledger.
    fn check_server(&self) -> Result<(), SinkError> {
        let what = "begin to write";
        let allowed: String = self.control(what, |client| {
            Ok(client.query_one("SHOW max_prepared_transactions", &[])?.get(0))
        })?;
        if allowed == "0" {
            return Err(SinkError::new(
                format!(
                    "{} cannot be written exactly once: the server prepares no transactions",
                    self.place()
                ),
                "set max_prepared_transactions in postgresql.conf to twice the sinks' tasks, and restart the server; \
                 or use `.upsert(..)`",
            ));
        }
        let is_there = |client: &mut Client| -> Result<bool, ::postgres::Error> {
            Ok(client.query_one("SELECT to_regclass('tw_ledger') IS NOT NULL", &[])?.get(0))
        };
        let made = self.control(what, |client| {
            if is_there(client)? { Ok(()) } else { client.batch_execute(LEDGER) }
        });
        match made {
            // Another sink has made it meanwhile.
            Err(_) if self.control(what, is_there)? => Ok(()),
            Err(error) => Err(SinkError {
                help: format!(
                    "have somebody make it who may, and give the job's user all rights on it: {LEDGER}"
                ),
                ..error
            }),
            Ok(()) => Ok(()),
        }
    }
}

/// What was committed last, by each task of each attempt.
const LEDGER: &str = "CREATE TABLE tw_ledger (sink text, run text, task bigint, n bigint, \
    at timestamptz DEFAULT now(), PRIMARY KEY (sink, run, task, n))";

/// Gives up what earlier attempts have prepared since the last checkpoint: one task does it for all.
pub(super) fn sweep_once(sink: &Postgres, checkpoint: u64) -> Result<(), SinkError> {
    match sink.shared.run() {
        Some(run) if sink.shared.is_first(checkpoint) => sink.sweep(&run, false),
        _ => Ok(()),
    }
}

/// How often somebody else may be at a transaction, and how long until the next look.
const BUSY_MAX: u32 = 100;
const BUSY: Duration = Duration::from_millis(50);

impl TwoPhaseCommitSink for Postgres {
    fn commit(&self, committable: &Committable) -> Result<(), SinkError> {
        if committable.0.is_null() {
            return Ok(()); // An upsert's.
        }
        let prepared = Prepared::deserialize(&committable.0).map_err(|_| {
            SinkError::new(
                format!(
                    "cannot commit `{}`: not of a sink that writes to PostgreSQL",
                    committable.0
                ),
                "restore with the sink that the snapshot was taken with",
            )
        })?;
        for _ in 0..BUSY_MAX {
            let what = format!("commit transaction `{}`", prepared.gid);
            match self.control(&what, |client| prepared.commit(client))? {
                Done::Yes => return Ok(()),
                Done::Lost => return Err(prepared.lost()),
                Done::Busy => thread::sleep(BUSY),
            }
        }
        Err(SinkError::new(
            format!("cannot commit transaction `{}`: another session is at it", prepared.gid),
            "see pg_stat_activity for who is",
        ))
    }

    fn abort_orphans(&self, opening: &Opening<'_>) -> Result<(), SinkError> {
        let run = Run::new(self, opening);
        if self.upsert.is_none() {
            self.check_server()?;
            self.sweep(&run, !opening.restored)?;
        }
        self.shared.begin(run);
        Ok(())
    }
}
