//! Records as row groups.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_schema::{Field, FieldRef, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Serialize;
use serde_arrow::ArrayBuilder;

use super::super::builder::{CanWrite, Files};
use super::super::shape::Shape;
use super::super::write::{Encode, PartWriter};
use super::{Parquet, schema};
use crate::connector::{OnRejected, Sink, SinkError, TwoPhaseCommitSink};
use crate::record::{Record, View};

/// Writes Parquet.
pub type ParquetWriter<T> = PartWriter<ParquetEncoder<T>>;

impl<T: Record, D: CanWrite> Sink<T> for Files<Parquet<T>, D>
where
    for<'a> View<'a, T>: Serialize,
{
    type Writer = ParquetWriter<T>;

    fn name(&self) -> String {
        format!("files({}).parquet", self.path)
    }

    fn open(&self, task: usize, _: usize) -> Result<ParquetWriter<T>, SinkError> {
        let fields = schema::columns(&Shape::of::<T>())?;
        let probes = self.on_rejected != OnRejected::Fail;
        let encoder = ParquetEncoder::new(fields, probes).map_err(|error| {
            let help = "this is a defect of the format's writer, please report it";
            SinkError::new("no Parquet schema can be made of the record", help).because(error)
        })?;
        self.open_parts(task, "parquet", encoder)
    }

    fn two_phase(&self) -> Option<&dyn TwoPhaseCommitSink> {
        Some(self)
    }
}

/// Encodes records as the row groups of a file.
pub struct ParquetEncoder<T> {
    fields: Vec<FieldRef>,
    rows: ArrayBuilder,
    count: usize,
    /// Tries each record first, where one that cannot be written must leave no trace.
    probe: Option<(ArrayBuilder, usize)>,
    writer: Option<ArrowWriter<Vec<u8>>>,
    record: PhantomData<fn() -> T>,
}

impl<T> ParquetEncoder<T> {
    /// Rows that are handed to the writer at once.
    const ROWS: usize = 1_024;
    /// Bytes of a row group, which are kept in memory until it is complete.
    const GROUP: usize = 16 << 20;

    fn new(fields: Vec<Field>, probes: bool) -> Result<ParquetEncoder<T>, serde_arrow::Error> {
        let fields: Vec<FieldRef> = fields.into_iter().map(Arc::new).collect();
        let rows = ArrayBuilder::from_arrow(&fields)?;
        let probe = if probes { Some((ArrayBuilder::from_arrow(&fields)?, 0)) } else { None };
        Ok(ParquetEncoder { fields, rows, count: 0, probe, writer: None, record: PhantomData })
    }

    fn write_rows(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        if self.count > 0 {
            self.count = 0;
            let rows = self.rows.to_record_batch().map_err(|error| error.to_string())?;
            writer.write(&rows).map_err(|error| error.to_string())?;
        }
        if writer.in_progress_size() >= Self::GROUP {
            writer.flush().map_err(|error| error.to_string())?;
        }
        out.append(writer.inner_mut());
        Ok(())
    }

    fn try_out<V: Serialize>(&mut self, record: &V) -> Result<(), String> {
        let Some((probe, tried)) = &mut self.probe else { return Ok(()) };
        *tried += 1;
        let pushed = probe.push(record).map_err(|error| error.to_string());
        if pushed.is_err() || *tried >= Self::ROWS {
            *probe = ArrayBuilder::from_arrow(&self.fields).map_err(|error| error.to_string())?;
            *tried = 0;
        }
        pushed
    }
}

impl<T: Record> Encode<T> for ParquetEncoder<T>
where
    for<'a> View<'a, T>: Serialize,
{
    fn begin(&mut self, _: View<'_, T>, _: &mut Vec<u8>) -> Result<(), String> {
        let compression = Compression::ZSTD(ZstdLevel::default());
        let properties = WriterProperties::builder().set_compression(compression).build();
        let schema = Arc::new(Schema::new(self.fields.clone()));
        let writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties));
        self.writer = Some(writer.map_err(|error| error.to_string())?);
        Ok(())
    }

    fn encode(&mut self, record: View<'_, T>, _: &mut Vec<u8>) -> Result<(), String> {
        self.try_out(&record)?;
        self.rows.push(record).map_err(|error| error.to_string())?;
        self.count += 1;
        Ok(())
    }

    fn advance(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        if self.count >= Self::ROWS { self.write_rows(out) } else { Ok(()) }
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        self.write_rows(out)?;
        let Some(writer) = self.writer.take() else { return Ok(()) };
        out.append(&mut writer.into_inner().map_err(|error| error.to_string())?);
        Ok(())
    }

    fn pending(&self) -> u64 {
        self.writer.as_ref().map_or(0, |writer| writer.in_progress_size() as u64)
    }
}
