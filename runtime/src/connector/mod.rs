//! Where records come from and go to: the public traits, and the connectors that need no extra crate.
//!
//! | sources | sinks |
//! |---|---|
//! | [`files`]: text, JSON lines, CSV; gzip, zstd | [`files`]: text, JSON lines, CSV |
//! | [`collection`], [`replay`]: records in memory | [`print()`]: lines on standard output |
//! | [`generate`], [`generate_forever`] | [`collect`], [`callback`]: for tests and benchmarks |
//! | [`socket`]: lines from a TCP server | [`discard`] |
//!
//! A source is divided into splits, a sink is opened once per task; both are plain values that the engine
//! drives in turns, and can be driven by hand:
//!
//! ```
//! use thalweg::connector::{OpenSource, Reader, Rows, Source, collection};
//! let source = collection(vec![1u64, 2, 3]);
//! let splits = source.splits(1)?;
//! let waker = std::task::Waker::noop().clone();
//! let mut reader = source.open(OpenSource { split: &splits[0], position: None, waker })?;
//! let (mut batch, mut rejected) = (Default::default(), Vec::new());
//! reader.fill(&mut batch, 2, &mut rejected)?;
//! assert_eq!(batch.rows().collect::<Vec<_>>(), [1, 2]);
//! # Ok::<(), thalweg::connector::SourceError>(())
//! ```

mod callback;
mod collect;
mod discard;
mod error;
mod file;
mod generate;
mod print;
mod sink;
mod slice;
mod socket;
mod source;
#[cfg(test)]
mod testing;

pub use callback::{Callback, CallbackWriter, callback};
pub use collect::{Collect, CollectWriter, Collected, collect};
pub use discard::{Discard, discard};
pub use error::{SinkError, SourceError};
pub use file::{
    Both, CanRead, CanWrite, Csv, CsvEncoder, CsvReader, CsvWriter, Files, Json, JsonEncoder,
    JsonReader, JsonWriter, Lines, LinesIter, PartWriter, Reads, Text, TextEncoder, TextReader,
    TextWriter, Unformatted, Writes, files,
};
pub use generate::{Generate, GenerateReader, generate, generate_forever};
pub use print::{Print, PrintWriter, print};
pub use sink::{Sink, Writer};
pub use slice::{Collection, Replay, SliceReader, SliceRows, SteppedViews, collection, replay};
pub use socket::{Socket, SocketReader, socket};
pub use source::{
    Fill, OnRejected, OpenSource, Position, Reader, Rejected, Rows, Source, Split, Views,
};
