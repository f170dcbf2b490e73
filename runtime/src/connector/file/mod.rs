//! Files as source and as sink: lines of text, JSON lines, CSV.
//!
//! ```text
//!   path, directory, glob ─ listing ─▶ splits ─ input ─▶ bytes ─ lines / records ─▶ text · json · csv ─▶ batch
//!                            (a file, or a range       (plain, gzip, zstd)
//!                             of a large plain one)
//!
//!   records ─ text · json · csv ─▶ buffer ─ part ─▶ .part-0-0.csv.inprogress ─ fsync, rename ─▶ part-0-0.csv
//!                                                           with checkpoints: fsync ─ commit ─▶ part-0-1-0.csv
//! ```
//!
//! Invariants: every line belongs to exactly one split, however the file is divided; what a position says was read is
//! never read again; a file under a final name is complete and on disk, and with checkpoints, what it holds is in no
//! other and is covered by a complete checkpoint.
//!
//! Reading happens on the slot's own thread, a bounded chunk per batch. Measured on the flights of 2013 (31 MB, one of
//! two busy cores, 2026-11): a batch of lines took 0.03 ms plain, 0.13 ms from gzip (0.23 ms before `zlib-rs` took
//! `miniz_oxide`'s place), a batch of CSV rows 0.25 ms from gzip. A thread with read-ahead would gain nothing: it would
//! have to be scheduled on the same cores.

#[cfg(feature = "avro")]
mod avro;
mod builder;
mod commit;
mod csv;
mod disk;
mod folder;
mod input;
mod json;
mod lines;
mod listing;
#[cfg(feature = "parquet")]
mod parquet;
mod part;
#[cfg(any(feature = "avro", feature = "parquet"))]
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod watch;
mod write;

#[cfg(feature = "avro")]
pub use avro::{Avro, AvroEncoder, AvroReader, AvroWriter};
pub use builder::files;
pub use builder::{Both, CanRead, CanWrite, Csv, Files, Json, Reads, Text, Unformatted, Writes};
pub use csv::CsvEncoder;
pub use csv::CsvReader;
pub use json::JsonReader;
pub(super) use lines::LeftOut;
pub use lines::{Lines, LinesIter};
#[cfg(feature = "parquet")]
pub use parquet::{Parquet, ParquetEncoder, ParquetReader, ParquetWriter};
pub use text::TextReader;
pub use watch::{WatchReader, Watched};
pub use write::{CsvWriter, JsonEncoder, JsonWriter, PartWriter, TextEncoder, TextWriter};
