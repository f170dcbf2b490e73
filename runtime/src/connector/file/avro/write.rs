//! Records as blocks.

use std::marker::PhantomData;

use serde::Serialize;

use super::super::builder::{CanWrite, Files};
use super::super::shape::Shape;
use super::super::write::{Encode, PartWriter};
use super::container::{MARKER, block, header, new_marker};
use super::encode::Encoder;
use super::{Avro, schema};
use crate::connector::{Sink, SinkError, TwoPhaseCommitSink};
use crate::record::{Record, View};

/// Writes Avro.
pub type AvroWriter<T> = PartWriter<AvroEncoder<T>>;

impl<T: Record, D: CanWrite> Sink<T> for Files<Avro<T>, D>
where
    for<'a> View<'a, T>: Serialize,
{
    type Writer = AvroWriter<T>;

    fn name(&self) -> String {
        format!("files({}).avro", self.path)
    }

    fn open(&self, task: usize, _: usize) -> Result<AvroWriter<T>, SinkError> {
        let shape = Shape::of::<T>();
        let schema = schema::schema(&shape)?.to_string();
        let (records, marker) = (Vec::new(), [0; MARKER]);
        let encoder = AvroEncoder { shape, schema, records, count: 0, marker, record: PhantomData };
        self.open_parts(task, "avro", encoder)
    }

    fn two_phase(&self) -> Option<&dyn TwoPhaseCommitSink> {
        Some(self)
    }
}

/// Encodes records as the blocks of a file.
pub struct AvroEncoder<T> {
    shape: Shape,
    schema: String,
    /// Those of the block at hand.
    records: Vec<u8>,
    count: i64,
    marker: [u8; MARKER],
    record: PhantomData<fn() -> T>,
}

impl<T> AvroEncoder<T> {
    /// Bytes of a block before it is compressed.
    const BLOCK: usize = 64 * 1024;

    fn write_block(&mut self, out: &mut Vec<u8>) {
        if self.count > 0 {
            block(out, &self.records, self.count, &self.marker);
            self.records.clear();
            self.count = 0;
        }
    }
}

impl<T: Record> Encode<T> for AvroEncoder<T>
where
    for<'a> View<'a, T>: Serialize,
{
    fn begin(&mut self, _: View<'_, T>, out: &mut Vec<u8>) -> Result<(), String> {
        self.marker = new_marker();
        header(out, &self.schema, &self.marker);
        Ok(())
    }

    fn encode(&mut self, record: View<'_, T>, _: &mut Vec<u8>) -> Result<(), String> {
        let start = self.records.len();
        let encoded = record.serialize(Encoder { shape: &self.shape, out: &mut self.records });
        if encoded.is_err() {
            self.records.truncate(start);
        } else {
            self.count += 1;
        }
        encoded.map_err(|error| error.to_string())
    }

    fn advance(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        if self.records.len() >= Self::BLOCK {
            self.write_block(out);
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        self.write_block(out);
        Ok(())
    }

    fn pending(&self) -> u64 {
        self.records.len() as u64
    }
}
