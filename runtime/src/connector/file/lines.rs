//! Lines of text, read a chunk at a time and handed out as slices of it.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

use super::input::{CHUNK, Input, line_number};
use super::listing::FileSplit;
use crate::connector::{Fill, OpenSource, Position, Rejected, Rows, SourceError};

/// Lines, borrowed from the buffer that they were read into.
#[derive(Debug, Default)]
pub struct Lines {
    /// What was read; always ends with a line, complete or the file's last.
    text: String,
    /// Start and end of each line, without its line end.
    spans: Vec<(u32, u32)>,
}

impl Rows for Lines {
    type Record = String;
    type Iter<'a> = LinesIter<'a>;

    fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
    }

    #[inline(always)]
    fn rows(&self) -> LinesIter<'_> {
        LinesIter { text: &self.text, spans: self.spans.iter() }
    }

    fn hold(&mut self, records: Vec<String>) {
        self.clear();
        for record in records {
            let start = self.text.len();
            self.text += &record;
            let end = u32::try_from(self.text.len()).expect("a test's batch is less than 4 GiB");
            self.spans.push((start as u32, end));
        }
    }
}

/// The lines of a batch.
#[derive(Clone, Debug)]
pub struct LinesIter<'a> {
    text: &'a str,
    spans: std::slice::Iter<'a, (u32, u32)>,
}

impl<'a> Iterator for LinesIter<'a> {
    type Item = &'a str;

    #[inline(always)]
    fn next(&mut self) -> Option<&'a str> {
        self.spans.next().map(|&(start, end)| &self.text[start as usize..end as usize])
    }

    fn nth(&mut self, skipped: usize) -> Option<&'a str> {
        self.spans.nth(skipped).map(|&(start, end)| &self.text[start as usize..end as usize])
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.spans.size_hint()
    }
}

impl Lines {
    /// Takes over `bytes`, which end with a line, and finds the lines. Those that are not UTF-8 are passed to
    /// `reject` with their number from 0 and left out. Returns how many lines there were.
    pub(in crate::connector) fn set(
        &mut self,
        bytes: Vec<u8>,
        reject: impl FnMut(u32, &[u8]),
    ) -> u32 {
        self.spans.clear();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', &bytes) {
            self.span(&bytes, start, end);
            start = end + 1;
        }
        if start < bytes.len() {
            self.span(&bytes, start, bytes.len());
        }
        let lines = self.spans.len() as u32;
        self.text = String::from_utf8(bytes).unwrap_or_else(|error| {
            let mut bytes = error.into_bytes();
            self.leave_out(&mut bytes, reject);
            String::from_utf8(bytes).expect("what was not UTF-8 was overwritten")
        });
        lines
    }

    fn leave_out(&mut self, bytes: &mut [u8], mut reject: impl FnMut(u32, &[u8])) {
        let mut number = 0;
        self.spans.retain(|&(start, end)| {
            let line = &mut bytes[start as usize..end as usize];
            let is_text = str::from_utf8(line).is_ok();
            if !is_text {
                reject(number, line);
                line.fill(b'?');
            }
            number += 1;
            is_text
        });
    }

    fn span(&mut self, bytes: &[u8], start: usize, end: usize) {
        let end = if bytes[start..end].ends_with(b"\r") { end - 1 } else { end };
        self.spans.push((start as u32, end as u32));
    }

    /// The buffer, emptied, to read into.
    pub(in crate::connector) fn take_buffer(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        bytes.clear();
        bytes
    }
}

/// Where a reader of lines goes on.
#[derive(Serialize, Deserialize)]
pub(super) struct LinePosition {
    pub byte: u64,
    /// Number of the line there, from 1, if it is known.
    pub line: Option<u64>,
}

impl LinePosition {
    pub(super) fn of(open: &OpenSource<'_>) -> Result<Option<LinePosition>, SourceError> {
        let parse = |position: &Position| serde_json::from_value(position.0.clone());
        open.position.map(parse).transpose().map_err(|_| SourceError::foreign(open))
    }

    pub(super) fn keep(byte: u64, line: Option<u64>) -> Position {
        let position = LinePosition { byte, line };
        Position(serde_json::to_value(position).expect("numbers are JSON"))
    }
}

impl FileSplit {
    pub(super) fn of(open: &OpenSource<'_>) -> Result<FileSplit, SourceError> {
        serde_json::from_value(open.split.detail.clone()).map_err(|_| SourceError::foreign(open))
    }
}

/// The number of the line at which reading began: in the middle of a file it is only counted when somebody asks.
pub(super) struct FirstLine {
    path: String,
    offset: u64,
    number: Cell<Option<u64>>,
}

impl FirstLine {
    pub(super) fn new(path: &str, offset: u64, line: Option<u64>) -> FirstLine {
        let number = Cell::new(line.or((offset == 0).then_some(1)));
        FirstLine { path: path.to_owned(), offset, number }
    }

    /// The number, if it is known.
    pub(super) fn known(&self) -> Option<u64> {
        self.number.get()
    }

    /// `path:line` of the line `behind` lines further on.
    pub(super) fn locate(&self, behind: u64) -> String {
        if self.number.get().is_none() {
            self.number.set(line_number(&self.path, self.offset).ok());
        }
        match self.number.get() {
            Some(first) => format!("{}:{}", self.path, first + behind),
            None => format!("{}, {behind} lines behind byte {}", self.path, self.offset),
        }
    }
}

/// The numbers, from 0, of the lines of a batch that are no records, in order.
#[derive(Debug, Default)]
pub(in crate::connector) struct LeftOut(pub Vec<u32>);

impl LeftOut {
    /// The number, among all lines of the batch, of the `index`-th that is a record.
    pub(in crate::connector) fn number_of(&self, index: usize) -> u32 {
        let mut number = index as u32;
        for &left_out in &self.0 {
            if left_out > number {
                break;
            }
            number += 1;
        }
        number
    }
}

/// Reads the lines of a split.
pub(super) struct LineReader {
    input: Input,
    /// The beginning of a line whose end was not read yet.
    carry: Vec<u8>,
    first: FirstLine,
    /// Lines read, from `first`, before and with the last batch.
    before: u64,
    lines: u64,
    left_out: LeftOut,
    longest: usize,
    /// Bytes per line so far, about: tells how much to read for a batch of a given number of lines.
    line_bytes: usize,
    ended: bool,
}

impl LineReader {
    pub(super) fn open(open: &OpenSource<'_>, longest: usize) -> Result<LineReader, SourceError> {
        let split = FileSplit::of(open)?;
        let position = LinePosition::of(open)?;
        let input = Input::open(&split, position.as_ref().map(|position| position.byte))?;
        let byte = position.as_ref().map_or(input.offset(), |position| position.byte);
        let first = FirstLine::new(&split.path, byte, position.and_then(|position| position.line));
        Ok(LineReader {
            input,
            carry: Vec::new(),
            first,
            before: 0,
            lines: 0,
            left_out: LeftOut::default(),
            longest,
            line_bytes: 64,
            ended: false,
        })
    }

    /// Reads about `limit` lines, and no more than a chunk.
    pub(super) fn fill(
        &mut self,
        batch: &mut Lines,
        limit: usize,
        rejected: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        self.before = self.lines;
        self.left_out.0.clear();
        if self.ended {
            return Ok(Fill::End);
        }
        if !self.input.advance()? {
            return Ok(Fill::More);
        }
        let is_start = self.input.offset() == self.carry.len() as u64;
        let mut bytes = batch.take_buffer();
        bytes.append(&mut self.carry);
        let wanted = limit.saturating_mul(self.line_bytes).clamp(4 * 1024, CHUNK);
        if self.input.append(&mut bytes, wanted)? == 0 {
            self.ended = true;
        } else {
            let complete = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
            self.carry.extend_from_slice(&bytes[complete..]);
            bytes.truncate(complete);
        }
        if self.carry.len() > self.longest {
            return Err(self.too_long());
        }
        if is_start && bytes.starts_with(b"\xEF\xBB\xBF") {
            bytes.drain(..3);
        }
        let (first, before, left_out) = (&self.first, self.before, &mut self.left_out);
        let len = bytes.len();
        let lines = batch.set(bytes, |number, line| {
            left_out.0.push(number);
            rejected.push(Rejected {
                record: String::from_utf8_lossy(line).into_owned(),
                error: "not UTF-8".to_owned(),
                position: first.locate(before + u64::from(number)),
            });
        });
        self.lines += u64::from(lines);
        if lines > 0 {
            self.line_bytes = (len / lines as usize).clamp(1, CHUNK);
        }
        Ok(Fill::More)
    }

    #[cold]
    fn too_long(&self) -> SourceError {
        SourceError::new(
            format!("{}: a line longer than {} bytes", self.first.locate(self.lines), self.longest),
            "check that the file is text; raise `.longest_line(bytes)` if it is meant to have such lines",
        )
    }

    /// Behind the last line of the last batch.
    pub(super) fn position(&self) -> Position {
        let byte = self.input.offset() - self.carry.len() as u64;
        LinePosition::keep(byte, self.first.known().map(|first| first + self.lines))
    }

    /// The number, among the last batch's lines, of its `index`-th record.
    pub(super) fn number_of(&self, index: usize) -> u32 {
        self.left_out.number_of(index)
    }

    /// Where line `number` of the last batch stands.
    pub(super) fn locate(&self, number: u32) -> String {
        self.first.locate(self.before + u64::from(number))
    }
}
