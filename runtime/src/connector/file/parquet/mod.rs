//! Parquet files as records, through Arrow arrays and serde.
//!
//! ```text
//!   file ─ footer ─▶ a split per row group ─▶ record batches ─▶ rows ─▶ T
//!   T ─▶ rows ─▶ record batches ─▶ row groups of 16 MiB ─▶ part ─ footer
//! ```

mod read;
mod schema;
#[cfg(test)]
mod tests;
mod write;

use std::marker::PhantomData;

pub use read::ParquetReader;
pub use write::{ParquetEncoder, ParquetWriter};

use super::builder::{Files, Unformatted};

/// Parquet files of records `T`.
#[derive(Debug)]
pub struct Parquet<T>(PhantomData<fn() -> T>);

impl<T> Clone for Parquet<T> {
    fn clone(&self) -> Self {
        Parquet(PhantomData)
    }
}

impl<D> Files<Unformatted, D> {
    /// Parquet files; behind the feature `parquet` of the crate.
    ///
    /// Read, columns are matched to fields by name, and only those that `T` has are read; an `Option` without a column
    /// is `None`. Each row group is a split. Snappy, gzip and zstd are known; timestamps of any unit are read as
    /// milliseconds. A row that does not fit `T`, such as a missing value where it has no `Option`, is a bad record.
    ///
    /// Written, each task's parts hold row groups of some 16 MiB, compressed with zstd, so that a part is rolled when a
    /// row group is full at the earliest. Nested records are structs, `Vec`s and sets lists, maps maps, a `Timestamp` a
    /// timestamp in milliseconds of UTC, a `Span` its milliseconds, decimals and uuids text, an enum without data its
    /// variant's name. Enums with data and 128-bit integers are refused when the sink is opened.
    ///
    /// ```
    /// use thalweg::connector::{Files, Parquet, files};
    /// // The record type is usually inferred from the pipeline.
    /// let flights: Files<Parquet<(String, u64)>, _> = files("flights/*.parquet").parquet();
    /// ```
    pub fn parquet<T>(self) -> Files<Parquet<T>, D> {
        self.with(Parquet(PhantomData))
    }
}
