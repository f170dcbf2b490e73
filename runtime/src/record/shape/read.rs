//! From an archive to a value.

use super::{At, Field, Node, Scalar, Shape, Value};

/// Why bytes are no archive of a shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no archive of that layout at byte {at}: {what}")]
pub(crate) struct Unreadable {
    at: usize,
    what: &'static str,
}

/// Values inside values: as many as archives may have.
const DEPTH_MAX: usize = 128;
/// Values of one archive: distances may lead to the same place again and again, bytes may stand for many.
const VALUES_MAX: usize = 1 << 26;

impl Shape {
    /// Reads the archive whose fixed part begins at `offset`.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn read(&self, bytes: &[u8], offset: usize) -> Result<Value, Unreadable> {
        self.read_as(self.root, bytes, offset)
    }

    /// The same for one of its types.
    pub(super) fn read_as(&self, of: At, bytes: &[u8], offset: usize) -> Result<Value, Unreadable> {
        Reader { shape: self, bytes, depth: 0, values: 0 }.value(of, offset)
    }
}

struct Reader<'r> {
    shape: &'r Shape,
    bytes: &'r [u8],
    depth: usize,
    values: usize,
}

impl<'r> Reader<'r> {
    fn value(&mut self, of: At, at: usize) -> Result<Value, Unreadable> {
        self.depth += 1;
        self.values += 1;
        if self.depth > DEPTH_MAX || self.values > VALUES_MAX {
            return Err(Unreadable { at, what: "too many values, or too deep in each other" });
        }
        let value = self.one(of, at);
        self.depth -= 1;
        value
    }

    fn one(&mut self, of: At, at: usize) -> Result<Value, Unreadable> {
        let shape = self.shape;
        Ok(match shape.node(of) {
            Node::Scalar(scalar) => self.scalar(*scalar, at)?,
            Node::Option(of) => match self.byte(at)? {
                0 => Value::Option(None),
                1 => Value::Option(Some(Box::new(self.value(*of, at + 1)?))),
                _ => return Err(Unreadable { at, what: "an option is there or not" }),
            },
            Node::List(_, _, of) => Value::Parts(self.list(*of, at)?),
            Node::Map(_, key, value) => {
                let size = shape.size(*key) + shape.size(*value);
                let entries = self.places(size, at)?.map(|at| {
                    let first = self.value(*key, at)?;
                    Ok((first, self.value(*value, at + shape.size(*key))?))
                });
                Value::Entries(entries.collect::<Result<_, _>>()?)
            }
            Node::Box(of) => {
                let at = self.target(at, shape.size(*of))?;
                self.value(*of, at)?
            }
            Node::Reverse(of) => self.value(*of, at)?,
            Node::Tuple(parts) => Value::Parts(self.parts(parts.iter().copied(), at)?),
            Node::Array(len, of) => Value::Parts(self.parts((0..*len).map(|_| *of), at)?),
            Node::Record { fields, .. } => Value::Parts(self.fields(fields, at)?),
            Node::Enum { variants, .. } => {
                let tag = usize::from(self.byte(at)?);
                let variant = variants.get(tag);
                let variant = variant.ok_or(Unreadable { at, what: "there is no such variant" })?;
                Value::Variant(tag, self.fields(&variant.fields, at + 1)?)
            }
        })
    }

    fn fields(&mut self, fields: &[Field], at: usize) -> Result<Vec<Value>, Unreadable> {
        self.parts(fields.iter().map(|field| field.of), at)
    }

    fn parts(
        &mut self,
        parts: impl Iterator<Item = At>,
        mut at: usize,
    ) -> Result<Vec<Value>, Unreadable> {
        let mut values = Vec::new();
        for part in parts {
            values.push(self.value(part, at)?);
            at += self.shape.size(part);
        }
        Ok(values)
    }

    fn list(&mut self, of: At, at: usize) -> Result<Vec<Value>, Unreadable> {
        self.places(self.shape.size(of), at)?.map(|at| self.value(of, at)).collect()
    }

    /// Where the elements of a list of such a size begin.
    fn places(
        &self,
        size: usize,
        at: usize,
    ) -> Result<impl Iterator<Item = usize> + use<>, Unreadable> {
        let len = u32::from_le_bytes(self.take(at + 4)?) as usize;
        let room = len.checked_mul(size).ok_or(Unreadable { at, what: "a list too long" })?;
        let first = if room == 0 { 0 } else { self.target(at, room)? };
        Ok((0..len).map(move |index| first + index * size))
    }

    /// Where a distance leads, if so many bytes are there.
    fn target(&self, at: usize, size: usize) -> Result<usize, Unreadable> {
        let distance = i32::from_le_bytes(self.take(at)?);
        self.reach(at, distance, size)
    }

    fn reach(&self, at: usize, distance: i32, size: usize) -> Result<usize, Unreadable> {
        let target = at.checked_add_signed(distance as isize);
        let ends =
            |start: &usize| start.checked_add(size).is_some_and(|end| end <= self.bytes.len());
        target.filter(ends).ok_or(Unreadable { at, what: "it leads out of the bytes" })
    }

    fn scalar(&self, scalar: Scalar, at: usize) -> Result<Value, Unreadable> {
        let invalid = |what| Unreadable { at, what };
        Ok(match scalar {
            Scalar::Unit => Value::Unit,
            Scalar::Unsigned(size) => Value::Unsigned(self.number(at, size)?),
            Scalar::Signed(size) => {
                let unused = 128 - 8 * size as u32;
                Value::Signed((self.number(at, size)? << unused).cast_signed() >> unused)
            }
            Scalar::Timestamp | Scalar::Span => {
                Value::Signed(i64::from_le_bytes(self.take(at)?).into())
            }
            Scalar::F32 => Value::F32(u32::from_le_bytes(self.take(at)?)),
            Scalar::F64 => Value::F64(u64::from_le_bytes(self.take(at)?)),
            Scalar::Bool => match self.byte(at)? {
                0 => Value::Bool(false),
                1 => Value::Bool(true),
                _ => return Err(invalid("a truth value is 0 or 1")),
            },
            Scalar::Char => {
                let code = u32::from_le_bytes(self.take(at)?);
                Value::Char(char::from_u32(code).ok_or(invalid("there is no such character"))?)
            }
            Scalar::Window => {
                let (start, end) = (self.take(at)?, self.take(at + 8)?);
                Value::Window(i64::from_le_bytes(start), i64::from_le_bytes(end))
            }
            Scalar::Decimal | Scalar::Uuid => Value::Bytes(self.take(at)?),
            Scalar::Text => {
                let bytes = self.text(at)?;
                let text = std::str::from_utf8(bytes).map_err(|_| invalid("text is not UTF-8"))?;
                Value::Text(text.to_owned())
            }
        })
    }

    /// The bytes of a string, as [`super::super::text`] writes them.
    fn text(&self, at: usize) -> Result<&'r [u8], Unreadable> {
        let word = u64::from_le_bytes(self.take(at)?);
        if word & 0xc0 == 0x80 {
            let (marked, distance) = (word as u32, (word >> 32) as u32);
            let len = ((marked & 0x3f) | ((marked & !0xff) >> 2)) as usize;
            let start = self.reach(at, distance.cast_signed(), len)?;
            Ok(&self.bytes[start..start + len])
        } else {
            let len = 8 - word.leading_ones() as usize / 8;
            Ok(&self.bytes[at..at + len])
        }
    }

    fn number(&self, at: usize, size: usize) -> Result<u128, Unreadable> {
        let bytes = self.slice(at, size)?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u128::from(*byte)))
    }

    fn byte(&self, at: usize) -> Result<u8, Unreadable> {
        Ok(self.take::<1>(at)?[0])
    }

    fn take<const N: usize>(&self, at: usize) -> Result<[u8; N], Unreadable> {
        let mut taken = [0; N];
        taken.copy_from_slice(self.slice(at, N)?);
        Ok(taken)
    }

    fn slice(&self, at: usize, size: usize) -> Result<&'r [u8], Unreadable> {
        let range = at.checked_add(size).and_then(|end| self.bytes.get(at..end));
        range.ok_or(Unreadable { at, what: "it ends too early" })
    }
}
