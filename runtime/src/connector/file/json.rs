//! JSON lines as records.

use serde::de::DeserializeOwned;

use super::builder::{CanRead, Files, Json};
use super::lines::{LineReader, Lines};
use super::listing::list;
use crate::connector::{Fill, OnRejected, OpenSource, Position, Reader, Rejected, Rows, Source};
use crate::connector::{SourceError, Split};
use crate::record::Record;

impl<T: Record + DeserializeOwned, D: CanRead> Source for Files<Json<T>, D> {
    type Record = T;
    type Reader = JsonReader<T>;

    fn name(&self) -> String {
        format!("files({}).json", self.path)
    }

    fn parameters(&self) -> String {
        format!("files({}).json, {}", self.path, self.read.ranges())
    }

    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        list(&self.path, &self.read, true)
    }

    fn open(&self, open: OpenSource<'_>) -> Result<JsonReader<T>, SourceError> {
        let lines = LineReader::open(&open, self.read.longest)?;
        let (text, numbers) = (Lines::default(), Vec::new());
        Ok(JsonReader { lines, text, numbers, record: std::marker::PhantomData })
    }

    fn on_rejected(&self) -> OnRejected {
        self.on_rejected
    }
}

/// Reads one JSON value per line.
pub struct JsonReader<T> {
    lines: LineReader,
    text: Lines,
    /// The line, in the last batch, of each record.
    numbers: Vec<u32>,
    record: std::marker::PhantomData<fn() -> T>,
}

impl<T: Record + DeserializeOwned> Reader for JsonReader<T> {
    type Record = T;
    type Batch = Vec<T>;

    fn fill(
        &mut self,
        batch: &mut Vec<T>,
        limit: usize,
        rejected: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        self.text.clear();
        self.numbers.clear();
        let fill = self.lines.fill(&mut self.text, limit, rejected)?;
        for (index, line) in self.text.rows().enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let number = self.lines.number_of(index);
            match serde_json::from_str(line) {
                Ok(record) => {
                    batch.push(record);
                    self.numbers.push(number);
                }
                Err(error) => rejected.push(Rejected {
                    record: line.to_owned(),
                    error: reason(&error),
                    position: self.lines.locate(number),
                }),
            }
        }
        Ok(fill)
    }

    fn position(&self) -> Position {
        self.lines.position()
    }

    fn locate(&self, index: usize) -> String {
        self.lines.locate(self.numbers.get(index).copied().unwrap_or(0))
    }
}

/// The reason without "line 1": the line is that of the file.
fn reason(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    match text.strip_suffix(&place) {
        Some(reason) => format!("{reason} (column {})", error.column()),
        None => text,
    }
}
