//! CSV as records: the rows of a file, each deserialised by its header.

mod encode;
mod fields;
mod rows;
#[cfg(test)]
mod tests;

use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use self::fields::{FieldError, Row};
use self::rows::Rows;
use super::builder::{CanRead, Csv, Files};
use super::input::{CHUNK, Input};
use super::lines::{FirstLine, LinePosition};
use super::listing::{FileSplit, list};
use crate::connector::{Fill, OnRejected, OpenSource, Position, Reader, Rejected, Source};
use crate::connector::{SourceError, Split};
use crate::record::Record;

pub use self::encode::CsvEncoder;
pub(super) use self::rows::CsvFormat;

impl<T: Record + DeserializeOwned, D: CanRead> Source for Files<Csv<T>, D> {
    type Record = T;
    type Reader = CsvReader<T>;

    fn name(&self) -> String {
        format!("files({}).csv", self.path)
    }

    fn parameters(&self) -> String {
        let Csv { nulls, delimiter, headers, splittable, .. } = &self.format;
        let ranges = if *splittable { self.read.ranges() } else { "whole files".to_owned() };
        let (path, delimiter) = (&self.path, char::from(*delimiter));
        format!("files({path}).csv, {delimiter:?}, headers {headers}, nulls {nulls:?}, {ranges}")
    }

    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        list(&self.path, &self.read, self.format.splittable)
    }

    fn open(&self, open: OpenSource<'_>) -> Result<CsvReader<T>, SourceError> {
        self.open_rows(&open)
    }

    fn on_rejected(&self) -> OnRejected {
        self.on_rejected
    }
}

impl<T, D> Files<Csv<T>, D> {
    fn open_rows(&self, open: &OpenSource<'_>) -> Result<CsvReader<T>, SourceError> {
        let format = CsvFormat { delimiter: self.format.delimiter, longest: self.read.longest };
        let split = FileSplit::of(open)?;
        let position = LinePosition::of(open)?;
        let is_start = position.is_none() && split.start == 0;
        let input = Input::open(&split, position.as_ref().map(|position| position.byte))?;
        let line = position.and_then(|position| position.line);
        let mut rows = Rows::new(input, &format, line);
        let mut header = None;
        if self.format.headers {
            header = Some(if is_start { rows.header()? } else { Self::header(split, &format)? });
        }
        Ok(CsvReader {
            rows,
            header,
            nulls: self.format.nulls.clone(),
            columns: Vec::new(),
            lines: Vec::new(),
            record: PhantomData,
        })
    }

    /// The header, of which a reader that begins further on sees nothing.
    fn header(split: FileSplit, format: &CsvFormat) -> Result<Vec<String>, SourceError> {
        let start = FileSplit { start: 0, end: None, ..split };
        Rows::new(Input::open(&start, None)?, format, None).header()
    }
}

/// Reads the rows of a CSV file.
pub struct CsvReader<T> {
    rows: Rows,
    header: Option<Vec<String>>,
    nulls: Arc<[String]>,
    /// Which columns the record has, found at the first row; see [`Row`].
    columns: Vec<(usize, &'static str)>,
    /// The line of each record of the last batch, counted from where reading began.
    lines: Vec<u64>,
    record: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> CsvReader<T> {
    /// Bytes per batch, about: half of what lines of text take, because a row costs more.
    const BATCH_BYTES: u64 = CHUNK as u64 / 2;

    fn read(
        &mut self,
        batch: &mut Vec<T>,
        limit: usize,
        rejected: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        self.lines.clear();
        if !self.rows.advance()? {
            return Ok(Fill::More);
        }
        let end = self.rows.offset() + Self::BATCH_BYTES;
        for _ in 0..limit.max(1) {
            if !self.rows.next()? {
                return Ok(Fill::End);
            }
            match self.decode() {
                Ok(record) => {
                    batch.push(record);
                    self.lines.push(self.rows.line());
                }
                Err(error) => rejected.push(self.reject(error)?),
            }
            if self.rows.offset() >= end {
                break;
            }
        }
        Ok(Fill::More)
    }

    fn decode(&mut self) -> Result<T, FieldError> {
        let found = self.rows.len();
        if let Some(wanted) = self.header.as_ref().map(Vec::len).filter(|&wanted| wanted != found) {
            let reason = format!("{found} fields, where the header has {wanted}");
            return Err(FieldError::Bad(reason));
        }
        let header = self.header.as_deref();
        let (rows, nulls, columns) = (&self.rows, &self.nulls[..], &mut self.columns);
        T::deserialize(Row { rows, header, nulls, columns })
    }

    #[cold]
    fn reject(&self, error: FieldError) -> Result<Rejected, SourceError> {
        match error {
            FieldError::Bad(error) => Ok(Rejected {
                record: self.rows.text(),
                error,
                position: self.rows.first().locate(self.rows.line()),
            }),
            FieldError::Missing(column) => Err(self.no_column(column)),
        }
    }

    /// No row can have it, so that it is not the rows that are bad.
    fn no_column(&self, column: &str) -> SourceError {
        let name = std::any::type_name::<T>();
        let name = name.rsplit("::").next().unwrap_or(name);
        let path = self.rows.path();
        match &self.header {
            Some(header) => SourceError::new(
                format!("`{path}` has no column `{column}`, which `{name}` needs"),
                format!(
                    "it has {}; rename the field, make it an `Option`, or set `.delimiter(..)` or `.no_headers()`",
                    shown(header)
                ),
            ),
            None => SourceError::new(
                format!("`{path}` has too few columns: `{name}` needs one for `{column}`"),
                "without a header, columns are the fields in their order",
            ),
        }
    }
}

/// The columns, or the first of very many.
fn shown(header: &[String]) -> String {
    const SHOWN: usize = 32;
    match header.len() {
        ..=SHOWN => header.join(", "),
        columns => format!("{} and {} more", header[..SHOWN].join(", "), columns - SHOWN),
    }
}

impl<T: Record + DeserializeOwned> Reader for CsvReader<T> {
    type Record = T;
    type Batch = Vec<T>;

    fn fill(
        &mut self,
        batch: &mut Vec<T>,
        limit: usize,
        rejected: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        self.read(batch, limit, rejected)
    }

    fn position(&self) -> Position {
        let line = self.rows.first().known().map(|first| first + self.rows.next_line());
        LinePosition::keep(self.rows.offset(), line)
    }

    fn locate(&self, index: usize) -> String {
        let first: &FirstLine = self.rows.first();
        first.locate(self.lines.get(index).copied().unwrap_or(0))
    }
}
