//! The thread that carries the rows of one task to the server: the slot's thread waits for nothing.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use ::postgres::{Client, Error};

use super::commit::{Prepared, Run};
use super::connection::failed;
use super::statements::{Upsert, copy};
use crate::connector::SinkError;

/// How rows become visible.
#[derive(Clone)]
pub(super) enum Mode {
    /// With each flush.
    Plain,
    /// With the checkpoint that covers them.
    Prepared(Run),
    /// With each flush, the latest per key.
    Upsert { upsert: Upsert, attempt: u64 },
}

/// What the thread is to do.
pub(super) enum Order {
    /// The columns of all rows; comes first.
    Columns(Vec<String>),
    Rows(Vec<u8>),
    /// Makes the rows visible.
    Commit(Option<SyncSender<()>>),
    /// Prepares the transaction that holds the rows.
    Prepare(Prepared, SyncSender<()>),
}

/// What the slot's thread knows of it.
pub(super) struct Link {
    to: Sender<Order>,
    state: Arc<State>,
}

/// What went wrong, and how much is on its way.
#[derive(Default)]
pub(super) struct State {
    bytes: AtomicUsize,
    has_failed: AtomicBool,
    error: Mutex<Option<SinkError>>,
}

impl State {
    /// Why the thread has ended.
    #[cold]
    pub(super) fn error(&self) -> SinkError {
        let error = self.error.lock().unwrap_or_else(PoisonError::into_inner).take();
        error.unwrap_or_else(|| {
            SinkError::new("the sink has failed before", "see the first error of the job")
        })
    }
}

impl Link {
    /// Bytes of rows that may be on their way: the server is slower than the job, and the job waits.
    const BYTES_MAX: usize = 4 << 20;

    /// Starts the thread of a task; `place` is the table as errors name it, `table` as statements do.
    pub(super) fn start(
        client: Client,
        mode: Mode,
        table: String,
        place: String,
        task: usize,
    ) -> Result<Link, SinkError> {
        let (to, from) = channel();
        let state = Arc::<State>::default();
        let own = state.clone();
        let courier = Courier { client, mode, table, columns: Vec::new(), is_open: false };
        let named = thread::Builder::new().name(format!("thalweg-postgres-{task}"));
        let thread = named.spawn(move || {
            if let Err(error) = courier.run(&from, &own) {
                let error = failed(format!("cannot write to {place}"), error);
                *own.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                own.has_failed.store(true, Ordering::Release);
            }
        });
        let help = "raise the limit of threads (`ulimit -u`), or lower the parallelism";
        thread.map_err(|error| SinkError::new("cannot start a thread", help).because(error))?;
        Ok(Link { to, state })
    }

    pub(super) fn state(&self) -> Arc<State> {
        self.state.clone()
    }

    /// False while enough is on its way. True after a failure: the next order tells it.
    pub(super) fn is_ready(&self) -> bool {
        self.state.bytes.load(Ordering::Acquire) < Self::BYTES_MAX
            || self.state.has_failed.load(Ordering::Acquire)
    }

    pub(super) fn send(&self, order: Order) -> Result<(), SinkError> {
        if self.state.has_failed.load(Ordering::Acquire) {
            return Err(self.state.error());
        }
        if let Order::Rows(rows) = &order {
            self.state.bytes.fetch_add(rows.len(), Ordering::AcqRel);
        }
        self.to.send(order).map_err(|_| self.state.error())
    }
}

struct Courier {
    client: Client,
    mode: Mode,
    table: String,
    columns: Vec<String>,
    /// A transaction has begun.
    is_open: bool,
}

impl Courier {
    /// Until the writer is gone: what is open then is rolled back with the connection.
    fn run(mut self, from: &Receiver<Order>, state: &State) -> Result<(), Error> {
        for order in from {
            match order {
                Order::Columns(columns) => self.know(columns)?,
                Order::Rows(rows) => {
                    self.write(&rows)?;
                    state.bytes.fetch_sub(rows.len(), Ordering::AcqRel);
                }
                Order::Commit(done) => {
                    self.end("COMMIT")?;
                    // Nobody may be waiting any more.
                    done.map(|done| done.send(()));
                }
                Order::Prepare(prepared, done) => {
                    self.client.batch_execute(&prepared.enter())?;
                    self.end(&prepared.prepare())?;
                    let _ = done.send(());
                }
            }
        }
        Ok(())
    }

    fn know(&mut self, columns: Vec<String>) -> Result<(), Error> {
        if let Mode::Upsert { .. } = self.mode {
            self.client.batch_execute(&Upsert::stage(&self.table, &columns))?;
        }
        self.columns = columns;
        Ok(())
    }

    fn write(&mut self, rows: &[u8]) -> Result<(), Error> {
        if !self.is_open {
            self.client.batch_execute("BEGIN")?;
            self.is_open = true;
        }
        let to = if let Mode::Upsert { .. } = self.mode { Upsert::STAGE } else { &self.table };
        let mut copying = self.client.copy_in(&copy(to, &self.columns))?;
        // The server says what is wrong when the rows end.
        let _ = copying.write_all(rows);
        copying.finish()?;
        match &self.mode {
            Mode::Upsert { upsert, attempt } => {
                self.client.batch_execute(&upsert.merge(&self.table, &self.columns, *attempt))
            }
            _ => Ok(()),
        }
    }

    fn end(&mut self, how: &str) -> Result<(), Error> {
        if std::mem::take(&mut self.is_open) { self.client.batch_execute(how) } else { Ok(()) }
    }
}
