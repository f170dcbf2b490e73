//! The rows of a CSV file, one at a time, into a buffer that is used again.
//!
//! `csv_core` finds the fields; we keep offsets and line numbers ourselves, because they must be exact at any line
//! end: reading goes on at them, and error messages name them.

use csv_core::ReadRecordResult as Found;

use crate::connector::SourceError;
use crate::connector::file::input::{CHUNK, Input};
use crate::connector::file::lines::FirstLine;

pub(in crate::connector::file) struct CsvFormat {
    pub delimiter: u8,
    /// Longest row that is believed to be one, in bytes.
    pub longest: usize,
}

pub(super) struct Rows {
    core: csv_core::Reader,
    input: Input,
    delimiter: u8,
    longest: usize,
    /// What was read; from `at` on it was not looked at yet.
    chunk: Vec<u8>,
    at: usize,
    /// True once `input` has ended.
    ended: bool,
    /// True until the file's first bytes were looked at.
    is_at_start: bool,
    /// The fields of the row, unquoted, one behind the other, and where each ends.
    fields: Vec<u8>,
    ends: Vec<usize>,
    len: usize,
    first: FirstLine,
    /// Lines, from `first`, before the row and before the next one.
    line: u64,
    next_line: u64,
}

impl Rows {
    pub(super) fn new(input: Input, format: &CsvFormat, line: Option<u64>) -> Rows {
        let offset = input.offset();
        let mut core = csv_core::ReaderBuilder::new().delimiter(format.delimiter).build();
        // A byte order mark is for us to skip: it would do so at the start of what it reads, which need not be that of
        // the file, and takes a mark that is read alone for the end.
        core.read_record(b"\n", &mut [0], &mut [0]);
        Rows {
            core,
            first: FirstLine::new(input.path(), offset, line),
            input,
            delimiter: format.delimiter,
            longest: format.longest,
            chunk: Vec::new(),
            at: 0,
            ended: false,
            is_at_start: offset == 0,
            fields: vec![0; 1024],
            ends: vec![0; 32],
            len: 0,
            line: 0,
            next_line: 0,
        }
    }

    /// The names of the columns: the first row.
    pub(super) fn header(&mut self) -> Result<Vec<String>, SourceError> {
        let path = self.path().to_owned();
        if !self.next()? {
            return Ok(Vec::new());
        }
        let mut header = Vec::with_capacity(self.len());
        for index in 0..self.len() {
            let name = str::from_utf8(self.field(index)).map_err(|error| {
                let help = "convert the file to UTF-8, or read it with `.no_headers()`";
                SourceError::new(format!("the header of `{path}` is not UTF-8"), help)
                    .because(error)
            })?;
            if header.iter().any(|other| other == name) {
                return Err(SourceError::new(
                    format!("`{path}` has two columns `{name}`"),
                    "rename one of them, or read the file with `.no_headers()`",
                ));
            }
            header.push(name.to_owned());
        }
        Ok(header)
    }

    pub(super) fn path(&self) -> &str {
        self.input.path()
    }

    /// Reads on towards the position at which the input was opened; true once there.
    pub(super) fn advance(&mut self) -> Result<bool, SourceError> {
        self.input.advance()
    }

    /// The offset behind the row.
    pub(super) fn offset(&self) -> u64 {
        self.input.offset() - (self.chunk.len() - self.at) as u64
    }

    pub(super) fn first(&self) -> &FirstLine {
        &self.first
    }

    /// The row's line, counted from the first one read.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The line behind the row.
    pub(super) fn next_line(&self) -> u64 {
        self.next_line
    }

    /// How many fields the row has.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// A field of the row.
    #[inline]
    pub(super) fn field(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.fields[start..self.ends[index]]
    }

    /// The row as text, for messages.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for index in 0..self.len {
            if index > 0 {
                text.push(char::from(self.delimiter));
            }
            text.push_str(&String::from_utf8_lossy(self.field(index)));
        }
        text
    }

    /// Reads the next row; false at the end.
    pub(super) fn next(&mut self) -> Result<bool, SourceError> {
        self.len = 0;
        if std::mem::take(&mut self.is_at_start) {
            self.skip_mark()?;
        }
        if !self.skip_line_ends()? {
            return Ok(false);
        }
        self.line = self.next_line;
        let start = self.offset();
        let (mut bytes, lines) = (0, self.core.line());
        loop {
            let (found, read, wrote, ends) = self.core.read_record(
                &self.chunk[self.at..],
                &mut self.fields[bytes..],
                &mut self.ends[self.len..],
            );
            self.at += read;
            bytes += wrote;
            self.len += ends;
            match found {
                Found::InputEmpty => {
                    if self.offset() - start > self.longest as u64 {
                        return Err(self.too_long());
                    }
                    self.read_on()?;
                }
                Found::OutputFull => self.fields.resize(self.fields.len() * 2, 0),
                Found::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                Found::Record | Found::End => break,
            }
        }
        self.next_line += self.core.line() - lines;
        Ok(self.len > 0)
    }

    /// Passes over a byte order mark.
    fn skip_mark(&mut self) -> Result<(), SourceError> {
        const MARK: &[u8] = b"\xEF\xBB\xBF";
        while self.chunk.len() < MARK.len() && !self.ended {
            self.ended = self.input.append(&mut self.chunk, CHUNK / 2)? == 0;
        }
        if self.chunk.starts_with(MARK) {
            self.at = MARK.len();
        }
        Ok(())
    }

    /// Passes over the `\n` of a `\r\n`, and over blank lines, so that a row begins at its first byte.
    fn skip_line_ends(&mut self) -> Result<bool, SourceError> {
        loop {
            match self.chunk.get(self.at) {
                Some(b'\n') => self.next_line += 1,
                Some(b'\r') => {}
                Some(_) => return Ok(true),
                None if self.ended => return Ok(false),
                None => {
                    self.read_on()?;
                    continue;
                }
            }
            self.at += 1;
        }
    }

    /// Replaces the chunk, all of which was looked at, by the next one.
    fn read_on(&mut self) -> Result<(), SourceError> {
        debug_assert_eq!(self.at, self.chunk.len(), "input left behind");
        self.chunk.clear();
        self.at = 0;
        self.ended = self.input.append(&mut self.chunk, CHUNK / 2)? == 0;
        Ok(())
    }

    #[cold]
    fn too_long(&self) -> SourceError {
        SourceError::new(
            format!("{}: a row longer than {} bytes", self.first.locate(self.line), self.longest),
            "look for a quote that is never closed; \
             raise `.longest_line(bytes)` if the file is meant to have such rows",
        )
    }
}
