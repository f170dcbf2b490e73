//! The container around Avro's records: header, blocks, markers.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// What a file begins with.
const MAGIC: &[u8] = b"Obj\x01";
/// Bytes of the marker between blocks.
pub(super) const MARKER: usize = 16;
/// Longest header, and longest block, that is believed to be one.
const LONGEST: u64 = 256 << 20;

/// Appends a number as Avro does: small ones, of either sign, in few bytes.
pub(super) fn long(out: &mut Vec<u8>, number: i64) {
    let mut zigzag = (number << 1 ^ number >> 63) as u64;
    while zigzag >= 0x80 {
        out.push(zigzag as u8 | 0x80);
        zigzag >>= 7;
    }
    out.push(zigzag as u8);
}

fn read_long(read: &mut impl Read) -> io::Result<i64> {
    let mut zigzag = 0_u64;
    for shift in (0..70).step_by(7) {
        let mut byte = [0];
        read.read_exact(&mut byte)?;
        zigzag |= u64::from(byte[0] & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte[0] & 0x80 == 0 {
            return Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64));
        }
    }
    Err(invalid("a number of more than 64 bits"))
}

fn read_bytes(read: &mut impl Read) -> io::Result<Vec<u8>> {
    let len = read_long(read)?;
    if !(0..=LONGEST as i64).contains(&len) {
        return Err(invalid("a length that cannot be one"));
    }
    let mut bytes = Vec::new();
    if read.take(len as u64).read_to_end(&mut bytes)? < len as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// A marker that no data holds by chance, or on purpose.
pub(super) fn new_marker() -> [u8; MARKER] {
    let mut marker = [0; MARKER];
    for half in marker.chunks_exact_mut(8) {
        half.copy_from_slice(&RandomState::new().build_hasher().finish().to_le_bytes());
    }
    marker
}

/// Appends the header of a file.
pub(super) fn header(out: &mut Vec<u8>, schema: &str, marker: &[u8; MARKER]) {
    out.extend_from_slice(MAGIC);
    let entries = [("avro.schema", schema), ("avro.codec", "deflate")];
    long(out, entries.len() as i64);
    for part in entries.iter().flat_map(|(key, value)| [key, value]) {
        long(out, part.len() as i64);
        out.extend_from_slice(part.as_bytes());
    }
    long(out, 0);
    out.extend_from_slice(marker);
}

/// Appends a block of records.
pub(super) fn block(out: &mut Vec<u8>, records: &[u8], count: i64, marker: &[u8; MARKER]) {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
    let packed = deflate.write_all(records).and_then(|()| deflate.finish());
    let packed = packed.expect("a vector takes everything");
    long(out, count);
    long(out, packed.len() as i64);
    out.extend_from_slice(&packed);
    out.extend_from_slice(marker);
}

/// The blocks of a range of a file.
pub(super) struct Blocks {
    file: BufReader<File>,
    /// The header as it stands in the file.
    header: Vec<u8>,
    marker: [u8; MARKER],
    /// Where the next block begins.
    offset: u64,
    /// Where the range ends.
    end: u64,
}

impl Blocks {
    /// Opens a range; `at` is the start of a block that was reached before.
    pub(super) fn open(
        mut file: File,
        start: u64,
        end: u64,
        at: Option<u64>,
    ) -> io::Result<Blocks> {
        let header = read_header(&mut BufReader::new(&file))?;
        let mut marker = [0; MARKER];
        marker.copy_from_slice(&header[header.len() - MARKER..]);
        let first = header.len() as u64;
        let offset = match at {
            Some(at) => at,
            None if start + MARKER as u64 <= first => first,
            None => behind_marker(&mut file, start, &marker)?,
        };
        file.seek(SeekFrom::Start(offset))?;
        Ok(Blocks { file: BufReader::new(file), header, marker, offset, end })
    }

    /// The fields of the records in the file, if its schema is that of a record.
    pub(super) fn fields(&self) -> Option<Vec<String>> {
        let mut rest = &self.header[MAGIC.len()..];
        read_long(&mut rest).ok()?;
        while let (Ok(key), Ok(value)) = (read_bytes(&mut rest), read_bytes(&mut rest)) {
            if key == b"avro.schema" {
                let schema: serde_json::Value = serde_json::from_slice(&value).ok()?;
                let fields = schema.get("fields")?.as_array()?;
                let names = fields.iter().filter_map(|field| field.get("name")?.as_str());
                return Some(names.map(str::to_owned).collect());
            }
        }
        None
    }

    /// Where the next block begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next block, as a file of its own; none at the end of the range.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let belongs = self.offset.saturating_sub(MARKER as u64) <= self.end.saturating_sub(1);
        if !belongs || self.file.fill_buf_is_empty()? {
            return Ok(None);
        }
        let count = read_long(&mut self.file)?;
        let packed = read_bytes(&mut self.file)?;
        let mut marker = [0; MARKER];
        self.file.read_exact(&mut marker)?;
        if marker != self.marker {
            return Err(invalid("a block that does not end with the file's marker"));
        }
        self.offset = self.file.stream_position()?;
        let mut alone = self.header.clone();
        long(&mut alone, count);
        long(&mut alone, packed.len() as i64);
        alone.extend_from_slice(&packed);
        alone.extend_from_slice(&marker);
        Ok(Some(alone))
    }
}

/// Looks whether anything is left.
trait FillBuf {
    fn fill_buf_is_empty(&mut self) -> io::Result<bool>;
}

impl FillBuf for BufReader<File> {
    fn fill_buf_is_empty(&mut self) -> io::Result<bool> {
        io::BufRead::fill_buf(self).map(<[u8]>::is_empty)
    }
}

fn read_header(read: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut magic = [0; MAGIC.len()];
    read.read_exact(&mut magic)?;
    if magic != MAGIC {
        return Err(invalid("no Avro file: it does not begin with `Obj`"));
    }
    let mut entries = BTreeMap::new();
    loop {
        let mut count = read_long(read)?;
        if count == 0 {
            break;
        }
        if count < 0 {
            // Then its size in bytes follows.
            read_long(read)?;
            count = count.saturating_neg();
        }
        for _ in 0..count {
            let key = read_bytes(read)?;
            entries.insert(key, read_bytes(read)?);
        }
    }
    let mut marker = [0; MARKER];
    read.read_exact(&mut marker)?;
    Ok(rewritten(&entries, &marker))
}

/// The header with its entries in one block.
fn rewritten(entries: &BTreeMap<Vec<u8>, Vec<u8>>, marker: &[u8; MARKER]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    if !entries.is_empty() {
        long(&mut out, entries.len() as i64);
    }
    for part in entries.iter().flat_map(|(key, value)| [key, value]) {
        long(&mut out, part.len() as i64);
        out.extend_from_slice(part);
    }
    long(&mut out, 0);
    out.extend_from_slice(marker);
    out
}

/// Behind the first marker that begins at or after `start`; the end of the file if there is none.
fn behind_marker(file: &mut File, start: u64, marker: &[u8; MARKER]) -> io::Result<u64> {
    file.seek(SeekFrom::Start(start))?;
    let (mut window, mut before) = (Vec::new(), start);
    let mut chunk = [0; 64 * 1024];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return file.seek(SeekFrom::End(0));
        }
        window.extend_from_slice(&chunk[..read]);
        if let Some(at) = memchr::memmem::find(&window, marker) {
            return Ok(before + at as u64 + MARKER as u64);
        }
        let kept = window.len().min(MARKER - 1);
        before += (window.len() - kept) as u64;
        window.drain(..window.len() - kept);
    }
}
