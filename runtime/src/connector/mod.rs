//! Where records come from and go to: the public traits, and the connectors that need no extra crate.
//!
//! | sources | sinks |
//! |---|---|
//! | [`files`]: text, JSON lines, CSV, Avro, Parquet; gzip, zstd; once, or watching a directory | [`files`]: text, JSON lines, CSV |
//! | [`collection`], [`replay`]: records in memory | [`print()`]: lines on standard output |
//! | [`generate`], [`generate_forever`] | [`collect`], [`callback`]: for tests and benchmarks |
//! | [`socket`]: lines from a TCP server | [`discard`] |
//! | | `postgres`: a table, exactly once or upserted (feature `postgres`) |
//!
//! # A source of one's own
//! A [`Source`] names its splits and opens them; a [`Reader`] fills batches from one. What it reads is kept in the
//! batch, a `Vec` of records or anything else that implements [`Rows`], and closures see views of it. Splits,
//! positions and batches are the whole protocol: it can be driven by hand, as below, or by a pipeline.
//!
//! ```
//! use thalweg::connector::*;
//!
//! /// The numbers from `from` down to 1.
//! struct Countdown { from: u64 }
//! struct CountdownReader { left: u64 }
//!
//! impl Source for Countdown {
//!     type Record = u64;
//!     type Reader = CountdownReader;
//!     fn name(&self) -> String {
//!         format!("countdown({})", self.from)
//!     }
//!     fn splits(&self, _parallelism: usize) -> Result<Vec<Split>, SourceError> {
//!         // One split: only one task reads. `detail` may hold what `open` needs to tell splits apart.
//!         Ok(vec![Split { id: "all".to_owned(), detail: Default::default() }])
//!     }
//!     fn open(&self, open: OpenSource<'_>) -> Result<CountdownReader, SourceError> {
//!         let left = match open.position {
//!             None => self.from,
//!             Some(position) => position.0.as_u64().ok_or_else(|| {
//!                 SourceError::new("not a position of a countdown", "restore with the source it was taken with")
//!             })?,
//!         };
//!         Ok(CountdownReader { left })
//!     }
//! }
//!
//! impl Reader for CountdownReader {
//!     type Record = u64;
//!     type Batch = Vec<u64>;
//!     fn fill(
//!         &mut self,
//!         batch: &mut Vec<u64>,
//!         limit: usize,
//!         _rejected: &mut Vec<Rejected>,
//!     ) -> Result<Fill, SourceError> {
//!         while self.left > 0 && batch.len() < limit {
//!             batch.push(self.left);
//!             self.left -= 1;
//!         }
//!         Ok(if self.left == 0 { Fill::End } else { Fill::More })
//!     }
//!     fn position(&self) -> Position {
//!         Position(self.left.into())
//!     }
//!     fn locate(&self, index: usize) -> String {
//!         format!("record {index} of the batch before {}", self.left)
//!     }
//! }
//!
//! let source = Countdown { from: 3 };
//! let (split, waker) = (source.splits(1)?.remove(0), std::task::Waker::noop().clone());
//! let mut reader = source.open(OpenSource { split: &split, position: None, waker })?;
//! let (mut batch, mut rejected) = (Vec::new(), Vec::new());
//! assert_eq!(reader.fill(&mut batch, 2, &mut rejected)?, Fill::More);
//! assert_eq!(batch.rows().collect::<Vec<_>>(), [3, 2]);
//! # Ok::<(), SourceError>(())
//! ```
//!
//! # A sink of one's own
//! A [`Sink`] opens a [`Writer`] per task, which is given views.
//!
//! ```
//! use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
//! use thalweg::connector::*;
//! use thalweg::record::View;
//! use thalweg::time::Timestamp;
//!
//! /// Sends strings to whoever holds the other end.
//! struct Channel(SyncSender<String>);
//! struct ChannelWriter { to: SyncSender<String>, waiting: Option<String> }
//!
//! impl Sink<String> for Channel {
//!     type Writer = ChannelWriter;
//!     fn name(&self) -> String {
//!         "channel".to_owned()
//!     }
//!     fn open(&self, _task: usize, _parallelism: usize) -> Result<ChannelWriter, SinkError> {
//!         Ok(ChannelWriter { to: self.0.clone(), waiting: None })
//!     }
//! }
//!
//! impl Writer<String> for ChannelWriter {
//!     fn write(&mut self, _time: Timestamp, record: View<'_, String>) -> Result<(), SinkError> {
//!         self.waiting = Some(record.to_owned());
//!         self.is_ready();
//!         Ok(())
//!     }
//!     /// While the channel is full, the task is given no input: nothing piles up.
//!     fn is_ready(&mut self) -> bool {
//!         if let Some(record) = self.waiting.take()
//!             && let Err(TrySendError::Full(record)) = self.to.try_send(record)
//!         {
//!             self.waiting = Some(record);
//!         }
//!         self.waiting.is_none()
//!     }
//!     fn finish(&mut self) -> Result<(), SinkError> {
//!         match self.waiting.take() {
//!             Some(record) => self.to.send(record).map_err(|_| SinkError::reader_gone("nobody receives")),
//!             None => Ok(()),
//!         }
//!     }
//! }
//!
//! let (to, from) = sync_channel(8);
//! let mut writer = Channel(to).open(0, 1)?;
//! writer.write(Timestamp::MIN, "hello")?;
//! writer.finish()?;
//! assert_eq!(from.recv().unwrap(), "hello");
//! # Ok::<(), SinkError>(())
//! ```
//!
//! # Exactly once
//! A sink whose target can keep something without showing it may commit in two phases: each checkpoint prepares what
//! was written since the last one, and once it is complete, commits it. After a failure the job goes on from its last
//! complete checkpoint: what that one covers is committed, if it was not already, the rest is given up and written
//! again. So `commit` must be idempotent, and never take "it is not there" for "it is done".
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::{Arc, Mutex};
//! use thalweg::connector::*;
//! use thalweg::record::View;
//! use thalweg::time::Timestamp;
//!
//! /// A target: what was prepared, and what everybody sees, by transaction.
//! #[derive(Default)]
//! struct Table { prepared: BTreeMap<String, Vec<u64>>, visible: BTreeMap<String, Vec<u64>> }
//!
//! #[derive(Clone, Default)]
//! struct Rows(Arc<Mutex<Table>>);
//! struct RowWriter { table: Rows, open: Vec<u64> }
//!
//! impl Sink<u64> for Rows {
//!     type Writer = RowWriter;
//!     fn name(&self) -> String {
//!         "rows".to_owned()
//!     }
//!     fn open(&self, _task: usize, _parallelism: usize) -> Result<RowWriter, SinkError> {
//!         Ok(RowWriter { table: self.clone(), open: Vec::new() })
//!     }
//!     fn two_phase(&self) -> Option<&dyn TwoPhaseCommitSink> {
//!         Some(self)
//!     }
//! }
//!
//! impl Writer<u64> for RowWriter {
//!     fn write(&mut self, _: Timestamp, row: View<'_, u64>) -> Result<(), SinkError> {
//!         self.open.push(row);
//!         Ok(())
//!     }
//!     fn prepare(&mut self, by: &Transaction) -> Result<Option<Preparation>, SinkError> {
//!         if self.open.is_empty() {
//!             return Ok(None);
//!         }
//!         let name = format!("{}/{}/{}", by.attempt, by.checkpoint, by.task);
//!         let (table, rows) = (self.table.clone(), std::mem::take(&mut self.open));
//!         Ok(Some(Box::new(move || {
//!             table.0.lock().unwrap().prepared.insert(name.clone(), rows);
//!             Ok(Committable(name.into()))
//!         })))
//!     }
//!     fn finish(&mut self) -> Result<(), SinkError> {
//!         // Without checkpoints nothing was prepared.
//!         let rows = std::mem::take(&mut self.open);
//!         self.table.0.lock().unwrap().visible.insert("all".to_owned(), rows);
//!         Ok(())
//!     }
//! }
//!
//! impl TwoPhaseCommitSink for Rows {
//!     fn commit(&self, committable: &Committable) -> Result<(), SinkError> {
//!         let mut table = self.0.lock().unwrap();
//!         let name = committable.0.as_str().unwrap_or_default();
//!         match table.prepared.remove(name) {
//!             Some(rows) => drop(table.visible.insert(name.to_owned(), rows)),
//!             None if table.visible.contains_key(name) => {}
//!             None => return Err(SinkError::new(format!("transaction {name} is lost"), "go back")),
//!         }
//!         Ok(())
//!     }
//!     fn abort_orphans(&self, opening: &Opening<'_>) -> Result<(), SinkError> {
//!         let earlier = |name: &String| {
//!             name.split('/').next().and_then(|attempt| attempt.parse::<u64>().ok()) < Some(opening.attempt)
//!         };
//!         self.0.lock().unwrap().prepared.retain(|name, _| !earlier(name));
//!         Ok(())
//!     }
//! }
//!
//! let (rows, by) = (Rows::default(), Transaction { checkpoint: 7, attempt: 1, task: 0 });
//! let second = rows.two_phase().unwrap();
//! second.abort_orphans(&Opening { job: "sums", sink: "rows", attempt: 1, restored: false, kept: &[] })?;
//! let mut writer = rows.open(0, 1)?;
//! writer.write(Timestamp::MIN, 42)?;
//! let committable = writer.prepare(&by)?.unwrap()()?;
//! assert!(rows.0.lock().unwrap().visible.is_empty(), "not before the checkpoint is complete");
//! second.commit(&committable)?;
//! second.commit(&committable)?;
//! assert_eq!(rows.0.lock().unwrap().visible["1/7/0"], [42]);
//! # Ok::<(), SinkError>(())
//! ```

mod callback;
mod collect;
mod discard;
mod error;
mod file;
mod generate;
#[cfg(feature = "postgres")]
mod postgres;
mod print;
mod sink;
mod slice;
mod socket;
mod source;
mod stripes;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use callback::{Callback, CallbackWriter, callback};
pub use collect::{Collect, CollectWriter, Collected, collect};
pub use discard::{Discard, discard};
pub use error::{SinkError, SourceError};
#[cfg(feature = "avro")]
pub use file::{Avro, AvroEncoder, AvroReader, AvroWriter};
pub use file::{
    Both, CanRead, CanWrite, Csv, CsvEncoder, CsvReader, CsvWriter, Files, Json, JsonEncoder,
    JsonReader, JsonWriter, Lines, LinesIter, PartWriter, Reads, Text, TextEncoder, TextReader,
    TextWriter, Unformatted, WatchReader, Watched, Writes, files,
};
#[cfg(feature = "parquet")]
pub use file::{Parquet, ParquetEncoder, ParquetReader, ParquetWriter};
pub use generate::{Generate, GenerateReader, generate, generate_forever};
#[cfg(feature = "postgres")]
pub use postgres::{Postgres, PostgresServer, PostgresWriter, postgres};
pub use print::{Print, PrintWriter, print};
pub use sink::{Committable, Opening, Preparation, Sink, Transaction, TwoPhaseCommitSink, Writer};
pub use slice::{Collection, Replay, SliceReader, SliceRows, SteppedViews, collection, replay};
pub use socket::{Socket, SocketReader, socket};
pub use source::{
    Fill, OnRejected, OpenSource, Position, Reader, Rejected, Resumed, Rows, Source, Split, Views,
};
