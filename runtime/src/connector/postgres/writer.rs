//! The slot's side: rows become text and go to the courier in chunks.

use std::mem;
use std::sync::mpsc::{Receiver, sync_channel};

use serde::Serialize;

use super::builder::Postgres;
use super::commit::{self, Prepared};
use super::connection::failed;
use super::courier::{Link, Mode, Order};
use super::statements::{ATTEMPT, name_of};
use crate::connector::file::CsvEncoder;
use crate::connector::{Committable, OnRejected, Preparation, SinkError, Transaction, Writer};
use crate::record::{Record, View};
use crate::time::Timestamp;

/// Writes what one task produces into a table.
pub struct PostgresWriter {
    sink: Postgres,
    mode: Mode,
    link: Link,
    encoder: CsvEncoder,
    /// Rows that are not on their way yet.
    buffer: Vec<u8>,
    knows_columns: bool,
    /// There are rows that are neither visible nor prepared, as far as was ordered.
    is_open: bool,
    on_rejected: OnRejected,
    skipped: u64,
}

impl PostgresWriter {
    /// Bytes after which rows are sent on: a statement each.
    const CHUNK: usize = 128 * 1024;

    pub(super) fn open(
        sink: &Postgres,
        mode: Mode,
        on_rejected: OnRejected,
        task: usize,
    ) -> Result<PostgresWriter, SinkError> {
        let mut client = sink.server.connect()?;
        check(&mut client, sink)?;
        let link = Link::start(client, mode.clone(), name_of(&sink.table), sink.place(), task)?;
        Ok(PostgresWriter {
            sink: sink.clone(),
            mode,
            link,
            encoder: CsvEncoder::for_copy(),
            buffer: Vec::new(),
            knows_columns: false,
            is_open: false,
            on_rejected,
            skipped: 0,
        })
    }

    fn put(&mut self, record: &impl Serialize) -> Result<Option<Vec<String>>, String> {
        let names = if self.knows_columns { None } else { Some(self.encoder.names(record)?) };
        let start = self.buffer.len();
        let appended = self.encoder.append(record, &mut self.buffer);
        appended.inspect_err(|_| self.buffer.truncate(start))?;
        Ok(names)
    }

    #[cold]
    fn reject(&mut self, reason: String) -> Result<(), SinkError> {
        match self.on_rejected {
            OnRejected::Skip => self.skipped += 1,
            OnRejected::Side => return Err(SinkError::rejected(reason)),
            OnRejected::Fail => {
                return Err(SinkError::new(
                    format!("a record cannot be written to {}: {reason}", self.sink.place()),
                    "map it to what a row can hold, or leave such records out with `.or_skip()`",
                ));
            }
        }
        Ok(())
    }

    fn send_rows(&mut self) -> Result<(), SinkError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        // A chunk and one record more: the next one will need as much.
        let room = self.buffer.len().min(2 * Self::CHUNK);
        let rows = mem::replace(&mut self.buffer, Vec::with_capacity(room));
        self.link.send(Order::Rows(rows))
    }

    /// Has everything made visible; answers when it is.
    fn commit(&mut self) -> Result<Receiver<()>, SinkError> {
        let (done, answer) = sync_channel(1);
        self.send_rows()?;
        self.link.send(Order::Commit(Some(done)))?;
        self.is_open = false;
        Ok(answer)
    }
}

impl<T: Record> Writer<T> for PostgresWriter
where
    for<'a> View<'a, T>: Serialize,
{
    fn write(&mut self, _: Timestamp, record: View<'_, T>) -> Result<(), SinkError> {
        match self.put(&record) {
            Ok(None) => {}
            Ok(Some(columns)) => {
                self.knows_columns = true;
                self.link.send(Order::Columns(columns))?;
            }
            Err(reason) => return self.reject(reason),
        }
        self.is_open = true;
        if self.buffer.len() >= Self::CHUNK { self.send_rows() } else { Ok(()) }
    }

    fn is_ready(&mut self) -> bool {
        self.link.is_ready()
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        // What waits for a checkpoint may as well wait here.
        if matches!(self.mode, Mode::Prepared(_)) || !self.is_open {
            return Ok(());
        }
        self.send_rows()?;
        self.is_open = false;
        self.link.send(Order::Commit(None))
    }

    fn skipped(&self) -> u64 {
        self.skipped
    }

    fn prepare(&mut self, transaction: &Transaction) -> Result<Option<Preparation>, SinkError> {
        let state = self.link.state();
        let Mode::Prepared(run) = &self.mode else {
            // Committed earlier by a flush, or now: the answer comes behind both.
            let answer = self.commit()?;
            return Ok(Some(Box::new(move || {
                answer.recv().map_err(|_| state.error())?;
                Ok(Committable(serde_json::Value::Null))
            })));
        };
        if !mem::take(&mut self.is_open) {
            return Ok(None);
        }
        let prepared = Prepared::new(run, transaction);
        self.send_rows()?;
        let (done, answer) = sync_channel(1);
        self.link.send(Order::Prepare(prepared.clone(), done))?;
        let sink = self.sink.clone();
        Ok(Some(Box::new(move || {
            // What waits there may wait for something that a killed process has left.
            commit::sweep_once(&sink, prepared.checkpoint)?;
            answer.recv().map_err(|_| state.error())?;
            Ok(prepared.into())
        })))
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        if matches!(self.mode, Mode::Prepared(_)) {
            return Ok(());
        }
        let answer = self.commit()?;
        answer.recv().map_err(|_| self.link.state().error())
    }
}

/// Whether the table is there and may be written.
fn check(client: &mut ::postgres::Client, sink: &Postgres) -> Result<(), SinkError> {
    let name = name_of(&sink.table);
    let rights = if sink.upsert.is_some() { "INSERT, SELECT, UPDATE" } else { "INSERT" };
    let all = rights
        .split(", ")
        .map(|right| format!("coalesce(has_table_privilege(to_regclass($1), '{right}'), false)"));
    let question = format!(
        "SELECT to_regclass($1) IS NOT NULL, {}, \
         (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = '{ATTEMPT}')",
        all.collect::<Vec<_>>().join(" AND ")
    );
    let cannot = || format!("cannot write to {}", sink.place());
    let row = client.query_one(&question, &[&name]).map_err(|error| failed(cannot(), error))?;
    let (exists, may, attempts): (bool, bool, i64) = (row.get(0), row.get(1), row.get(2));
    if !exists {
        let why = format!("{}: there is none", cannot());
        return Err(SinkError::new(
            why,
            "create it first: the sink does not; names are spelled as they are there, `schema.table`",
        ));
    }
    if !may {
        let why = format!("{}: the user may not", cannot());
        return Err(SinkError::new(why, format!("GRANT {rights} ON {name} TO the job's user")));
    }
    if sink.upsert.is_some() && attempts == 0 {
        let why = format!("{}: it has no column `{ATTEMPT}`", cannot());
        let help = format!("ALTER TABLE {name} ADD COLUMN {ATTEMPT} bigint NOT NULL DEFAULT 0");
        return Err(SinkError::new(why, help));
    }
    Ok(())
}
