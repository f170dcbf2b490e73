//! Files as a sink: records encoded into parts.

use serde::Serialize;

use super::builder::{CanWrite, Csv, Files, Json, Text};
use super::csv::CsvEncoder;
use super::part::Parts;
use crate::connector::{
    OnRejected, Preparation, Sink, SinkError, Transaction, TwoPhaseCommitSink, Writer,
};
use crate::record::{Record, View};
use crate::time::Timestamp;

/// How one record becomes bytes.
pub(super) trait Encode<T: Record>: 'static {
    /// What a part begins with.
    fn begin(&mut self, _: View<'_, T>, _: &mut Vec<u8>) -> Result<(), String> {
        Ok(())
    }
    /// Appends a record; on an error, which says why, what was appended is cut off again.
    fn encode(&mut self, record: View<'_, T>, out: &mut Vec<u8>) -> Result<(), String>;
    /// Appends what has come together of the records so far; an error is not about one of them.
    #[inline]
    fn advance(&mut self, _: &mut Vec<u8>) -> Result<(), String> {
        Ok(())
    }
    /// What a part ends with.
    fn end(&mut self, _: &mut Vec<u8>) -> Result<(), String> {
        Ok(())
    }
    /// Bytes of records that were encoded and not appended yet, about.
    fn pending(&self) -> u64 {
        0
    }
}

/// Encodes a string as a line.
pub struct TextEncoder;

impl Encode<String> for TextEncoder {
    fn encode(&mut self, line: &str, out: &mut Vec<u8>) -> Result<(), String> {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
        Ok(())
    }
}

/// Encodes a record as a line of JSON.
pub struct JsonEncoder;

impl<T: Record> Encode<T> for JsonEncoder
where
    for<'a> View<'a, T>: Serialize,
{
    fn encode(&mut self, record: View<'_, T>, out: &mut Vec<u8>) -> Result<(), String> {
        serde_json::to_writer(&mut *out, &record).map_err(|error| error.to_string())?;
        out.push(b'\n');
        Ok(())
    }
}

/// Writes what one task produces into parts.
pub struct PartWriter<E> {
    parts: Parts,
    encoder: E,
    on_rejected: OnRejected,
    skipped: u64,
}

/// Writes lines of text.
pub type TextWriter = PartWriter<TextEncoder>;
/// Writes JSON lines.
pub type JsonWriter = PartWriter<JsonEncoder>;
/// Writes CSV.
pub type CsvWriter = PartWriter<CsvEncoder>;

impl<F, D> Files<F, D> {
    pub(super) fn open_parts<E>(
        &self,
        task: usize,
        extension: &'static str,
        encoder: E,
    ) -> Result<PartWriter<E>, SinkError> {
        let parts = Parts::new(&self.path, task, extension, &self.write)?;
        Ok(PartWriter { parts, encoder, on_rejected: self.on_rejected, skipped: 0 })
    }
}

impl<D: CanWrite> Sink<String> for Files<Text, D> {
    type Writer = TextWriter;
    fn name(&self) -> String {
        format!("files({}).text", self.path)
    }
    fn open(&self, task: usize, _: usize) -> Result<TextWriter, SinkError> {
        self.open_parts(task, "txt", TextEncoder)
    }
    fn two_phase(&self) -> Option<&dyn TwoPhaseCommitSink> {
        Some(self)
    }
}

impl<T: Record, D: CanWrite> Sink<T> for Files<Json<T>, D>
where
    for<'a> View<'a, T>: Serialize,
{
    type Writer = JsonWriter;
    fn name(&self) -> String {
        format!("files({}).json", self.path)
    }
    fn open(&self, task: usize, _: usize) -> Result<JsonWriter, SinkError> {
        self.open_parts(task, "jsonl", JsonEncoder)
    }
    fn two_phase(&self) -> Option<&dyn TwoPhaseCommitSink> {
        Some(self)
    }
}

impl<T: Record, D: CanWrite> Sink<T> for Files<Csv<T>, D>
where
    for<'a> View<'a, T>: Serialize,
{
    type Writer = CsvWriter;
    fn name(&self) -> String {
        format!("files({}).csv", self.path)
    }
    fn parameters(&self) -> String {
        let (path, Csv { delimiter, headers, .. }) = (&self.path, &self.format);
        format!("files({path}).csv, {:?}, headers {headers}", char::from(*delimiter))
    }
    fn open(&self, task: usize, _: usize) -> Result<CsvWriter, SinkError> {
        let encoder = CsvEncoder::new(self.format.delimiter, self.format.headers);
        self.open_parts(task, "csv", encoder)
    }
    fn two_phase(&self) -> Option<&dyn TwoPhaseCommitSink> {
        Some(self)
    }
}

impl<E> PartWriter<E> {
    #[inline]
    fn put<T: Record>(&mut self, record: View<'_, T>) -> Result<(), String>
    where
        E: Encode<T>,
    {
        let start = self.parts.buffer.len();
        let encoded = self.encoder.encode(record, &mut self.parts.buffer);
        if encoded.is_err() {
            self.parts.buffer.truncate(start);
        }
        encoded
    }

    fn end_part<T: Record>(&mut self) -> Result<(), SinkError>
    where
        E: Encode<T>,
    {
        if !self.parts.is_open() {
            return Ok(());
        }
        self.encoder.end(&mut self.parts.buffer).map_err(incomplete)
    }

    #[cold]
    fn reject(&mut self, reason: String) -> Result<(), SinkError> {
        if self.on_rejected == OnRejected::Skip {
            self.skipped += 1;
            return Ok(());
        }
        if self.on_rejected == OnRejected::Side {
            return Err(SinkError::rejected(reason));
        }
        Err(SinkError::new(
            format!("a record cannot be written: {reason}"),
            "map it to what the format can hold, or leave such records out with `.or_skip()`",
        ))
    }
}

#[cold]
fn incomplete(reason: String) -> SinkError {
    let help = "this is a defect of the format's writer, please report it";
    SinkError::new(format!("a file cannot be completed: {reason}"), help)
}

impl<T: Record, E: Encode<T>> Writer<T> for PartWriter<E> {
    fn write(&mut self, _: Timestamp, record: View<'_, T>) -> Result<(), SinkError> {
        if !self.parts.is_open() {
            self.parts.begin()?;
            if let Err(reason) = self.encoder.begin(record, &mut self.parts.buffer) {
                return self.reject(reason);
            }
        }
        match self.put::<T>(record) {
            Ok(()) => {}
            Err(reason) => return self.reject(reason),
        }
        self.encoder.advance(&mut self.parts.buffer).map_err(incomplete)?;
        if self.parts.is_full(self.encoder.pending()) { Writer::<T>::flush(self) } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.parts.flush()?;
        if self.parts.is_due(self.encoder.pending()) {
            self.end_part::<T>()?;
            self.parts.roll()?;
        }
        Ok(())
    }

    fn skipped(&self) -> u64 {
        self.skipped
    }

    fn prepare(&mut self, _: &Transaction) -> Result<Option<Preparation>, SinkError> {
        if !self.parts.waits() {
            return Ok(None);
        }
        self.end_part::<T>()?;
        Ok(self.parts.prepare())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        self.end_part::<T>()?;
        self.parts.complete()
    }
}

#[cfg(test)]
mod tests;
