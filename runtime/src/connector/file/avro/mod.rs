//! Avro object container files as records.
//!
//! ```text
//!   header: schema, codec, marker │ block │ marker │ block │ marker │ …
//!                                 └─ number of records, bytes, the records compressed
//! ```
//!
//! A file is divided into ranges like any other: a block belongs to the range in which the marker before it begins, and
//! whoever starts in the middle looks for the marker.

mod container;
mod decode;
mod encode;
mod read;
mod schema;
mod write;

use std::marker::PhantomData;

pub use read::AvroReader;
pub use write::{AvroEncoder, AvroWriter};

use super::builder::{Files, Unformatted};

/// Avro files of records `T`.
#[derive(Debug)]
pub struct Avro<T>(PhantomData<fn() -> T>);

impl<T> Clone for Avro<T> {
    fn clone(&self) -> Self {
        Avro(PhantomData)
    }
}

impl<D> Files<Unformatted, D> {
    /// Avro object container files; behind the feature `avro` of the crate.
    ///
    /// Read, fields are matched by name with the schema that the file brings, and those that `T` has not are skipped; an
    /// `Option` that the file has not is `None`. The codecs null, deflate, snappy and zstandard are known; timestamps of
    /// any unit are read as milliseconds. A record that does not fit `T` is a bad record.
    ///
    /// Written, blocks are compressed with deflate, and the schema is made from the record: nested records are records,
    /// an `Option` a union with null, `Vec`s and sets arrays, maps with text keys maps and others arrays of `key` and
    /// `value`, a tuple a record of `_0`, `_1`, .., a `Timestamp` a `timestamp-millis`, a `Span` its milliseconds, an
    /// enum without data an enum. Enums with data and 128-bit integers are refused when the sink is opened; a `u64` above
    /// `i64::MAX` is a bad record.
    ///
    /// ```
    /// use thalweg::connector::{Avro, Files, files};
    /// // The record type is usually inferred from the pipeline.
    /// let flights: Files<Avro<(String, u64)>, _> = files("flights/*.avro").avro();
    /// ```
    pub fn avro<T>(self) -> Files<Avro<T>, D> {
        self.with(Avro(PhantomData))
    }
}
