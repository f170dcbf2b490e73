//! Row groups as records.

use std::fs::File;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch, StructArray, TimestampMillisecondArray};
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::builder::{CanRead, Files};
use super::super::listing::{files_in, unreadable};
use super::super::shape::Shape;
use super::Parquet;
use crate::connector::{
    Fill, OnRejected, OpenSource, Position, Reader, Rejected, Source, SourceError, Split,
};
use crate::record::Record;

/// What a split's `detail` holds.
#[derive(Debug, Serialize, Deserialize)]
struct GroupSplit {
    path: String,
    group: usize,
    /// The group's first row in the file.
    first: u64,
}

impl<T: Record + DeserializeOwned, D: CanRead> Source for Files<Parquet<T>, D> {
    type Record = T;
    type Reader = ParquetReader<T>;

    fn name(&self) -> String {
        format!("files({}).parquet", self.path)
    }

    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        let mut splits = Vec::new();
        for path in files_in(&self.path, &self.read)? {
            let builder = open(&path)?;
            let mut first = 0;
            for (group, rows) in builder.metadata().row_groups().iter().enumerate() {
                let id = format!("{path}@{group}");
                let split = GroupSplit { path: path.clone(), group, first };
                let detail = serde_json::to_value(split).expect("text and numbers are JSON");
                splits.push(Split { id, detail });
                first += rows.num_rows().unsigned_abs();
            }
        }
        Ok(splits)
    }

    fn open(&self, open: OpenSource<'_>) -> Result<ParquetReader<T>, SourceError> {
        ParquetReader::open(&open)
    }

    fn on_rejected(&self) -> OnRejected {
        self.on_rejected
    }
}

fn open(path: &str) -> Result<ParquetRecordBatchReaderBuilder<File>, SourceError> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(path, error))
}

#[cold]
fn damaged(path: &str, error: impl std::error::Error + Send + Sync + 'static) -> SourceError {
    let help = "check that it is a complete Parquet file: its footer is written last";
    SourceError::new(format!("cannot read `{path}` as Parquet"), help).because(error)
}

/// Reads the rows of one row group.
pub struct ParquetReader<T> {
    path: String,
    batches: ParquetRecordBatchReader,
    current: Option<RecordBatch>,
    /// Rows of `current` that were read.
    passed: usize,
    /// Rows of the group that were read, and where in the file the group begins.
    rows: u64,
    first: u64,
    /// The row in the file of each record of the last batch.
    read: Vec<u64>,
    record: PhantomData<fn() -> T>,
}

impl<T: Record + DeserializeOwned> ParquetReader<T> {
    /// Rows that are decoded at once.
    const ROWS: usize = 1_024;

    fn open(open_source: &OpenSource<'_>) -> Result<ParquetReader<T>, SourceError> {
        let split = GroupSplit::deserialize(&open_source.split.detail);
        let GroupSplit { path, group, first } =
            split.map_err(|_| SourceError::foreign(open_source))?;
        let position = open_source.position.map(|position| position.0.as_u64());
        let rows = match position {
            None => 0,
            Some(Some(rows)) => rows,
            Some(None) => return Err(SourceError::foreign(open_source)),
        };
        let mut builder = open(&path)?;
        if group >= builder.metadata().num_row_groups() {
            return Err(SourceError::new(
                format!("`{path}` became shorter: it has no row group {group}"),
                "start the job again once nobody changes its input",
            ));
        }
        let shape = Shape::of::<T>();
        if let Some(fields) = shape.fields() {
            check_columns(&path, builder.schema(), fields)?;
            let mask = {
                let schema = builder.parquet_schema();
                let roots = schema.root_schema().get_fields().iter().enumerate();
                let wanted = |name: &str| fields.iter().any(|(field, _)| field == name);
                let roots = roots.filter(|(_, column)| wanted(column.name()));
                ProjectionMask::roots(schema, roots.map(|(index, _)| index).collect::<Vec<_>>())
            };
            builder = builder.with_projection(mask);
        }
        let batches = builder
            .with_row_groups(vec![group])
            .with_offset(usize::try_from(rows).unwrap_or(usize::MAX))
            .with_batch_size(Self::ROWS)
            .build()
            .map_err(|error| damaged(&path, error))?;
        Ok(ParquetReader {
            path,
            batches,
            current: None,
            passed: 0,
            rows,
            first,
            read: Vec::new(),
            record: PhantomData,
        })
    }

    /// The next batch, if the one at hand was read; false at the end of the group.
    fn advance(&mut self) -> Result<bool, SourceError> {
        if self.current.as_ref().is_some_and(|batch| self.passed < batch.num_rows()) {
            return Ok(true);
        }
        self.passed = 0;
        self.current = match self.batches.next() {
            None => None,
            Some(Err(error)) => return Err(damaged(&self.path, error)),
            Some(Ok(batch)) => Some(in_milliseconds(&batch)),
        };
        Ok(self.current.is_some())
    }
}

impl<T: Record + DeserializeOwned> Reader for ParquetReader<T> {
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
        let Some(current) = &self.current else { return Ok(Fill::End) };
        let taken = (current.num_rows() - self.passed).min(limit.max(1));
        let rows = current.slice(self.passed, taken);
        let deserializer =
            serde_arrow::Deserializer::from_record_batch(&rows).map_err(|error| {
                let help = "leave the column out of the record, or write it as another type";
                SourceError::new(
                    format!("`{}` has a column that no field can hold", self.path),
                    help,
                )
                .because(error)
            })?;
        for (index, row) in deserializer.iter().enumerate() {
            let number = self.first + self.rows + index as u64;
            match T::deserialize(row) {
                Ok(record) => {
                    batch.push(record);
                    self.read.push(number);
                }
                Err(error) => rejected.push(Rejected {
                    record: shown(&rows.slice(index, 1)),
                    error: error.to_string(),
                    position: format!("{}:{}", self.path, number + 1),
                }),
            }
        }
        self.passed += taken;
        self.rows += taken as u64;
        Ok(Fill::More)
    }

    fn position(&self) -> Position {
        Position(self.rows.into())
    }

    fn locate(&self, index: usize) -> String {
        format!("{}:{}", self.path, self.read.get(index).map_or(0, |row| row + 1))
    }
}

/// A row as text.
#[cold]
fn shown(row: &RecordBatch) -> String {
    let columns = row.schema();
    let deserializer = serde_arrow::Deserializer::from_record_batch(row);
    let value = deserializer.ok().and_then(|rows| {
        let row = rows.get(0)?;
        serde_json::Value::deserialize(row).ok()
    });
    value.map_or_else(|| format!("{columns:?}"), |value| value.to_string())
}

/// No row can have a column that is not there, so that it is not the rows that are bad.
fn check_columns(
    path: &str,
    schema: &Schema,
    fields: &[(String, Shape)],
) -> Result<(), SourceError> {
    for (name, shape) in fields {
        if !matches!(shape, Shape::Option(_)) && schema.field_with_name(name).is_err() {
            let columns: Vec<&str> =
                schema.fields().iter().map(|field| field.name().as_str()).collect();
            return Err(SourceError::new(
                format!("`{path}` has no column `{name}`"),
                format!("it has {}; rename the field, or make it an `Option`", columns.join(", ")),
            ));
        }
    }
    Ok(())
}

/// Times in milliseconds, whatever they were written in: that is what a `Timestamp` is.
fn in_milliseconds(batch: &RecordBatch) -> RecordBatch {
    let schema = batch.schema();
    let columns = batch.columns().iter().zip(schema.fields());
    let (arrays, fields): (Vec<ArrayRef>, Vec<Field>) =
        columns.map(|(array, field)| column_in_milliseconds(array, field)).unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap_or_else(|_| batch.clone())
}

fn column_in_milliseconds(array: &ArrayRef, field: &Field) -> (ArrayRef, Field) {
    let zone = match field.data_type() {
        DataType::Timestamp(_, zone) => zone.clone(),
        DataType::Struct(inner) => {
            let structs = array.as_struct();
            let columns = structs.columns().iter().zip(inner);
            let (arrays, fields): (Vec<ArrayRef>, Vec<Field>) =
                columns.map(|(array, field)| column_in_milliseconds(array, field)).unzip();
            let fields = Fields::from(fields);
            let kind = DataType::Struct(fields.clone());
            let nulls = structs.nulls().cloned();
            return match StructArray::try_new(fields, arrays, nulls) {
                Ok(made) => (Arc::new(made), field.clone().with_data_type(kind)),
                Err(_) => (array.clone(), field.clone()),
            };
        }
        _ => return (array.clone(), field.clone()),
    };
    let millis: TimestampMillisecondArray = match field.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => {
            array.as_primitive::<TimestampSecondType>().unary(|time| time.saturating_mul(1_000))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            array.as_primitive::<TimestampMicrosecondType>().unary(|time| time.div_euclid(1_000))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            array.as_primitive::<TimestampNanosecondType>().unary(|time| time.div_euclid(1_000_000))
        }
        _ => array.as_primitive::<TimestampMillisecondType>().clone(),
    };
    // Whatever zone they are shown in, they count from the same moment.
    let zone = zone.map(|_| Arc::<str>::from("UTC"));
    let kind = DataType::Timestamp(TimeUnit::Millisecond, zone.clone());
    (Arc::new(millis.with_timezone_opt(zone)), field.clone().with_data_type(kind))
}
