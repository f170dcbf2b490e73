//! Where records come from and go to: the public traits, and the connectors that need no extra crate.
//!
//! | sources | sinks |
//! |---|---|
//! | [`collection`], [`replay`]: records in memory | [`print()`]: lines on standard output |
//! | | [`discard`], [`collect`], [`callback`]: for tests and benchmarks |
//!
//! A source is divided into splits, a sink is opened once per task; both are plain blocking-free values that the
//! engine drives in turns, and can be driven by hand:
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
mod print;
mod sink;
mod slice;
mod source;
#[cfg(test)]
mod testing;

pub use callback::{Callback, CallbackWriter, callback};
pub use collect::{Collect, CollectWriter, Collected, collect};
pub use discard::{Discard, discard};
pub use error::{SinkError, SourceError};
pub use file::{
    Both, CanRead, CanWrite, Csv, CsvReader, Files, Json, JsonReader, Lines, LinesIter, Reads,
    Text, TextReader, Unformatted, Writes, files,
};
pub use print::{Print, PrintWriter, print};
pub use sink::{Sink, Writer};
pub use slice::{Collection, Replay, SliceReader, SliceRows, SteppedViews, collection, replay};
pub use source::{
    Fill, OnRejected, OpenSource, Position, Reader, Rejected, Rows, Source, Split, Views,
};
