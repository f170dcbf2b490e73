//! Lines of text as records.

use super::builder::{CanRead, Files, Text};
use super::lines::{LineReader, Lines};
use super::listing::list;
use crate::connector::{Fill, OnRejected, OpenSource, Position, Reader, Rejected, Source};
use crate::connector::{SourceError, Split};

impl<D: CanRead> Source for Files<Text, D> {
    type Record = String;
    type Reader = TextReader;

    fn name(&self) -> String {
        format!("files({}).text", self.path)
    }

    fn parameters(&self) -> String {
        format!("files({}).text, {}", self.path, self.read.ranges())
    }

    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        list(&self.path, &self.read, true)
    }

    fn open(&self, open: OpenSource<'_>) -> Result<TextReader, SourceError> {
        Ok(TextReader { lines: LineReader::open(&open, self.read.longest)? })
    }

    fn on_rejected(&self) -> OnRejected {
        self.on_rejected
    }
}

/// Reads lines of text.
pub struct TextReader {
    lines: LineReader,
}

impl Reader for TextReader {
    type Record = String;
    type Batch = Lines;

    fn fill(
        &mut self,
        batch: &mut Lines,
        limit: usize,
        rejected: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        self.lines.fill(batch, limit, rejected)
    }

    fn position(&self) -> Position {
        self.lines.position()
    }

    fn locate(&self, index: usize) -> String {
        self.lines.locate(self.lines.number_of(index))
    }
}
