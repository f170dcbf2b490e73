//! Where records come from and go to: the public traits, and the connectors that need no extra crate.

mod sink;
mod source;

pub use sink::{Sink, SinkError, Writer};
pub use source::{Fill, OpenSource, Position, Reader, Rejected, Rows, Source, SourceError, Split};
