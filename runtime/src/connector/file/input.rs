//! The bytes of one split: opened, decompressed, cut to its range.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::listing::{FileSplit, unreadable};
use crate::connector::SourceError;

/// How a file is compressed, by the end of its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    pub(super) fn of(path: &str) -> Compression {
        match path.rsplit_once('.') {
            Some((_, "gz")) => Compression::Gzip,
            Some((_, "zst")) => Compression::Zstd,
            _ => Compression::None,
        }
    }
}

/// Bytes read at once.
pub(super) const CHUNK: usize = 64 * 1024;

/// Reads the bytes of a split. Offsets are those of the decompressed bytes.
pub(super) struct Input {
    path: String,
    read: Decoder,
    /// Of the next byte.
    offset: u64,
    /// Where to stop; `None` for the end of the file.
    end: Option<u64>,
    /// Before this offset the file must not end.
    len: u64,
    /// Bytes that [`advance`](Input::advance) has still to read and forget.
    skip: u64,
}

enum Decoder {
    Plain(File),
    Gzip(Box<flate2::bufread::MultiGzDecoder<BufReader<File>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, BufReader<File>>>),
}

impl Input {
    /// Opens a split, at `position` if there is one. A range begins with the first line that starts in it.
    pub(super) fn open(split: &FileSplit, position: Option<u64>) -> Result<Input, SourceError> {
        let failed = |error| unreadable(&split.path, error);
        let mut file = File::open(&split.path).map_err(failed)?;
        let buffered = |file| BufReader::with_capacity(CHUNK, file);
        let (mut start, mut end, mut skip) = (position.unwrap_or(0), None, 0);
        let read = match Compression::of(&split.path) {
            Compression::None => {
                if position.is_none() {
                    start = line_start(&mut file, split.start).map_err(failed)?;
                }
                if let Some(at) = split.end {
                    end = Some(line_start(&mut file, at).map_err(failed)?);
                }
                if start > 0 || end.is_some() {
                    file.seek(SeekFrom::Start(start)).map_err(failed)?;
                }
                Decoder::Plain(file)
            }
            Compression::Gzip => {
                skip = start;
                Decoder::Gzip(Box::new(flate2::bufread::MultiGzDecoder::new(buffered(file))))
            }
            Compression::Zstd => {
                skip = start;
                let decoder = zstd::stream::read::Decoder::with_buffer(buffered(file));
                Decoder::Zstd(Box::new(decoder.map_err(failed)?))
            }
        };
        let len = split.len.unwrap_or(0);
        Ok(Input { path: split.path.clone(), read, offset: start - skip, end, len, skip })
    }

    /// The file's path.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The offset of the next byte that [`append`](Input::append) gives.
    pub(super) fn offset(&self) -> u64 {
        self.offset + self.skip
    }

    /// Reads on towards the position at which it was opened, a few chunks at a time; true once there.
    pub(super) fn advance(&mut self) -> Result<bool, SourceError> {
        let mut forgotten = [0; 8 * 1024];
        for _ in 0..16 {
            if self.skip == 0 {
                return Ok(true);
            }
            let wanted = self.skip.min(forgotten.len() as u64) as usize;
            match self.read(&mut forgotten[..wanted]) {
                Ok(0) => return Err(self.shortened(self.offset + self.skip)),
                Ok(read) => self.skip -= read as u64,
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(self.skip == 0)
    }

    /// Appends up to `wanted` bytes to `bytes`; 0 at the end.
    pub(super) fn append(
        &mut self,
        bytes: &mut Vec<u8>,
        wanted: usize,
    ) -> Result<usize, SourceError> {
        let old = bytes.len();
        bytes.resize(old + wanted, 0);
        let read = self.read(&mut bytes[old..]);
        bytes.truncate(old + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) if self.offset < self.end.unwrap_or(self.len) => {
                Err(self.shortened(self.end.unwrap_or(self.len)))
            }
            Ok(read) => Ok(read),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.end.map_or(u64::MAX, |end| end.saturating_sub(self.offset));
        let wanted = left.min(out.len() as u64) as usize;
        loop {
            let out = &mut out[..wanted];
            let read = match &mut self.read {
                Decoder::Plain(file) => file.read(out),
                Decoder::Gzip(decoder) => decoder.read(out),
                Decoder::Zstd(decoder) => decoder.read(out),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(read) => {
                    self.offset += read as u64;
                    return Ok(read);
                }
                failed => return failed,
            }
        }
    }

    fn shortened(&self, wanted: u64) -> SourceError {
        SourceError::new(
            format!(
                "`{}` became shorter while it was read: nothing at byte {}, where it had {wanted}",
                self.path, self.offset
            ),
            "start the job again once nobody changes its input",
        )
    }

    fn failed(&self, error: io::Error) -> SourceError {
        let kind = match Compression::of(&self.path) {
            Compression::None => return unreadable(&self.path, error),
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        };
        let (path, offset) = (&self.path, self.offset);
        let help = "fetch or compress it again, or give it the ending of what it is";
        let what = if error.kind() == io::ErrorKind::UnexpectedEof {
            format!(
                "`{path}` is cut off: its {kind} stream ends after {offset} bytes without its end mark"
            )
        } else {
            format!("`{path}` is damaged or not {kind}: cannot decompress it behind byte {offset}")
        };
        SourceError::new(what, help).because(error)
    }
}

/// The first line start at or behind `at`: both neighbours of a border find the same one.
fn line_start(file: &mut File, at: u64) -> io::Result<u64> {
    if at == 0 {
        return Ok(0);
    }
    let mut offset = at - 1;
    file.seek(SeekFrom::Start(offset))?;
    let mut chunk = [0; 8 * 1024];
    loop {
        let read = file.read(&mut chunk)?;
        if let Some(line_end) = memchr::memchr(b'\n', &chunk[..read]) {
            return Ok(offset + line_end as u64 + 1);
        }
        offset += read as u64;
        if read == 0 {
            return Ok(offset);
        }
    }
}

/// The number, from 1, of the line at `offset` of a plain file: asked for when a record is bad, which is why it may
/// read the file up to there.
pub(super) fn line_number(path: &str, offset: u64) -> io::Result<u64> {
    let mut file = File::open(path)?.take(offset);
    let mut chunk = vec![0; CHUNK];
    let mut line = 1;
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(line);
        }
        line += memchr::memchr_iter(b'\n', &chunk[..read]).count() as u64;
    }
}
