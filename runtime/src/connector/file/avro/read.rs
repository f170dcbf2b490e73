//! Blocks as records.

use std::fs::File;
use std::marker::PhantomData;

use apache_avro::types::Value;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::builder::{CanRead, Files};
use super::super::listing::{FileSplit, list, unreadable};
use super::super::shape::Shape;
use super::Avro;
use super::container::Blocks;
use super::decode::Decoder;
use crate::connector::{
    Fill, OnRejected, OpenSource, Position, Reader, Rejected, Source, SourceError, Split,
};
use crate::record::Record;

/// What a position holds: a block, and how many of its records were read.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Reached {
    block: u64,
    records: usize,
}

impl<T: Record + DeserializeOwned, D: CanRead> Source for Files<Avro<T>, D> {
    type Record = T;
    type Reader = AvroReader<T>;

    fn name(&self) -> String {
        format!("files({}).avro", self.path)
    }

    fn parameters(&self) -> String {
        format!("files({}).avro, {}", self.path, self.read.ranges())
    }

    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        list(&self.path, &self.read, true)
    }

    fn open(&self, open: OpenSource<'_>) -> Result<AvroReader<T>, SourceError> {
        AvroReader::open(&open)
    }

    fn on_rejected(&self) -> OnRejected {
        self.on_rejected
    }
}

/// Reads the records of a range of a file.
pub struct AvroReader<T> {
    path: String,
    blocks: Blocks,
    /// Where the block at hand begins, its records, and how many of them were read.
    block: u64,
    values: Vec<Value>,
    passed: usize,
    /// The record in the block of each record of the last batch.
    read: Vec<usize>,
    record: PhantomData<fn() -> T>,
}

impl<T: Record + DeserializeOwned> AvroReader<T> {
    fn open(open: &OpenSource<'_>) -> Result<AvroReader<T>, SourceError> {
        let foreign = || SourceError::foreign(open);
        let split = FileSplit::deserialize(&open.split.detail).map_err(|_| foreign())?;
        let reached = match open.position {
            None => None,
            Some(position) => Some(Reached::deserialize(&position.0).map_err(|_| foreign())?),
        };
        let file = File::open(&split.path).map_err(|error| unreadable(&split.path, error))?;
        let end = split.end.unwrap_or(u64::MAX);
        let at = reached.map(|reached| reached.block);
        let blocks = Blocks::open(file, split.start, end, at);
        let mut reader = AvroReader {
            blocks: blocks.map_err(|error| damaged(&split.path, error))?,
            path: split.path,
            block: 0,
            values: Vec::new(),
            passed: 0,
            read: Vec::new(),
            record: PhantomData,
        };
        check_fields::<T>(&reader)?;
        reader.block = reader.blocks.offset();
        if let Some(Reached { records: 1.., .. }) = reached {
            reader.advance()?;
            reader.passed = reached.map_or(0, |reached| reached.records);
        }
        Ok(reader)
    }

    /// The next block, if the one at hand was read; false at the end of the range.
    fn advance(&mut self) -> Result<bool, SourceError> {
        while self.passed >= self.values.len() {
            self.block = self.blocks.offset();
            (self.passed, self.values) = (0, Vec::new());
            let block = self.blocks.next().map_err(|error| damaged(&self.path, error))?;
            let Some(block) = block else { return Ok(false) };
            let values = apache_avro::Reader::new(&block[..]).and_then(Iterator::collect);
            self.values = values.map_err(|error| damaged(&self.path, error))?;
        }
        Ok(true)
    }

    fn position_of(&self, record: usize) -> String {
        format!("{}@{}:{}", self.path, self.block, record + 1)
    }
}

/// No record can have a field that is not there, so that it is not the records that are bad.
fn check_fields<T: Record>(reader: &AvroReader<T>) -> Result<(), SourceError> {
    let Some(there) = reader.blocks.fields() else { return Ok(()) };
    let shape = Shape::of::<T>();
    for (name, shape) in shape.fields().unwrap_or_default() {
        if !matches!(shape, Shape::Option(_)) && !there.contains(name) {
            return Err(SourceError::new(
                format!("`{}` has no column `{name}`", reader.path),
                format!("it has {}; rename the field, or make it an `Option`", there.join(", ")),
            ));
        }
    }
    Ok(())
}

#[cold]
fn damaged(path: &str, error: impl std::error::Error + Send + Sync + 'static) -> SourceError {
    let help = "check that it is a complete Avro object container file";
    SourceError::new(format!("cannot read `{path}` as Avro"), help).because(error)
}

impl<T: Record + DeserializeOwned> Reader for AvroReader<T> {
    type Record = T;
    type Batch = Vec<T>;

    fn fill(
        &mut self,
        batch: &mut Vec<T>,
        limit: usize,
        rejected: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        self.read.clear();
        if !self.advance()? {
            return Ok(Fill::End);
        }
        let end = self.values.len().min(self.passed.saturating_add(limit.max(1)));
        for index in self.passed..end {
            let value = &self.values[index];
            match T::deserialize(Decoder(value)) {
                Ok(record) => {
                    batch.push(record);
                    self.read.push(index);
                }
                Err(error) => rejected.push(Rejected {
                    record: format!("{value:?}"),
                    error: error.to_string(),
                    position: self.position_of(index),
                }),
            }
        }
        self.passed = end;
        Ok(Fill::More)
    }

    fn position(&self) -> Position {
        let reached = if self.passed < self.values.len() {
            Reached { block: self.block, records: self.passed }
        } else {
            Reached { block: self.blocks.offset(), records: 0 }
        };
        Position(serde_json::to_value(reached).expect("numbers are JSON"))
    }

    fn locate(&self, index: usize) -> String {
        self.position_of(self.read.get(index).copied().unwrap_or(0))
    }
}
