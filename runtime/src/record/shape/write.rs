//! From a value to an archive, as [`Arena`](crate::record::Arena) writes it: what lies out of line, then the fixed part.

use super::{At, Field, Node, Scalar, Shape, Value};
use crate::record::text::{INLINE, inline_word, outline_word};

/// Bytes that an archive may have: see [`Arena`](crate::record::Arena).
const BYTES_MAX: usize = (1 << 30) - 1;

impl Shape {
    /// Writes a value behind what is in `out`, and returns where its fixed part begins. None if it is too long.
    ///
    /// # Panics
    /// If it is of another shape.
    pub(crate) fn write(&self, value: &Value, out: &mut Vec<u8>) -> Option<usize> {
        self.write_as(self.root, value, out)
    }

    /// The same for one of its types.
    pub(super) fn write_as(&self, of: At, value: &Value, out: &mut Vec<u8>) -> Option<usize> {
        let start = self.elements(vec![[(of, value)]], out);
        (out.len() <= BYTES_MAX).then_some(start)
    }

    /// Writes what lies out of line, and notes where, in the order in which the fixed part needs it.
    fn tails(&self, of: At, value: &Value, out: &mut Vec<u8>, places: &mut Vec<usize>) {
        let each = |fields: &[Field], values: &[Value], out: &mut Vec<u8>, places: &mut Vec<_>| {
            for (field, value) in fields.iter().zip(values) {
                self.tails(field.of, value, out, places);
            }
        };
        match (self.node(of), value) {
            (Node::Scalar(Scalar::Text), Value::Text(text)) if text.len() > INLINE => {
                places.push(out.len());
                out.extend_from_slice(text.as_bytes());
            }
            (Node::Scalar(_), _) | (Node::Option(_), Value::Option(None)) => {}
            (Node::Option(of), Value::Option(Some(value))) => self.tails(*of, value, out, places),
            (Node::List(_, _, of), Value::Parts(values)) => {
                let inner = values.iter().map(|value| [(*of, value)]);
                places.push(self.elements(inner.collect(), out));
            }
            (Node::Map(_, key, value), Value::Entries(entries)) => {
                let inner = entries.iter().map(|(first, second)| [(*key, first), (*value, second)]);
                places.push(self.elements(inner.collect(), out));
            }
            (Node::Box(of), value) => places.push(self.elements(vec![[(*of, value)]], out)),
            (Node::Reverse(of), value) => self.tails(*of, value, out, places),
            (Node::Tuple(parts), Value::Parts(values)) => {
                for (part, value) in parts.iter().zip(values) {
                    self.tails(*part, value, out, places);
                }
            }
            (Node::Array(_, of), Value::Parts(values)) => {
                for value in values {
                    self.tails(*of, value, out, places);
                }
            }
            (Node::Record { fields, .. }, Value::Parts(values)) => {
                each(fields, values, out, places)
            }
            (Node::Enum { variants, .. }, Value::Variant(tag, values)) => {
                each(&variants[*tag].fields, values, out, places);
            }
            (node, value) => unreachable!("{value:?} is no {node:?}"),
        }
    }

    /// Writes elements, first what they have out of line, then their fixed parts side by side; returns where those begin.
    fn elements<const N: usize>(&self, all: Vec<[(At, &Value); N]>, out: &mut Vec<u8>) -> usize {
        let mut places = Vec::new();
        for (of, value) in all.iter().flatten() {
            self.tails(*of, value, out, &mut places);
        }
        let (start, mut places) = (out.len(), places.into_iter());
        for (of, value) in all.iter().flatten() {
            self.fixed(*of, value, out, &mut places);
        }
        start
    }

    fn fixed(
        &self,
        of: At,
        value: &Value,
        out: &mut Vec<u8>,
        places: &mut dyn Iterator<Item = usize>,
    ) {
        let begun = out.len();
        let mut distance = |out: &Vec<u8>| {
            let place = places.next().expect("noted while it was written");
            (place as i32).wrapping_sub(out.len() as i32)
        };
        let list = |distance: i32, len: usize, out: &mut Vec<u8>| {
            out.extend(distance.to_le_bytes());
            out.extend(u32::try_from(len).expect("it was read from a list").to_le_bytes());
        };
        match (self.node(of), value) {
            (Node::Scalar(Scalar::Text), Value::Text(text)) => {
                let word = if text.len() <= INLINE {
                    inline_word(text.as_bytes())
                } else {
                    outline_word(text.len(), distance(out))
                };
                out.extend(word.to_le_bytes());
            }
            (Node::Scalar(scalar), value) => write_scalar(*scalar, value, out),
            (Node::Option(_), Value::Option(None)) => {}
            (Node::Option(of), Value::Option(Some(value))) => {
                out.push(1);
                self.fixed(*of, value, out, places);
            }
            (Node::List(..), Value::Parts(values)) => list(distance(out), values.len(), out),
            (Node::Map(..), Value::Entries(entries)) => list(distance(out), entries.len(), out),
            (Node::Box(_), _) => out.extend(distance(out).to_le_bytes()),
            (Node::Reverse(of), value) => self.fixed(*of, value, out, places),
            (Node::Tuple(parts), Value::Parts(values)) => {
                for (part, value) in parts.iter().zip(values) {
                    self.fixed(*part, value, out, places);
                }
            }
            (Node::Array(_, of), Value::Parts(values)) => {
                for value in values {
                    self.fixed(*of, value, out, places);
                }
            }
            (Node::Record { fields, .. }, Value::Parts(values)) => {
                self.fixed_fields(fields, values, out, places);
            }
            (Node::Enum { variants, .. }, Value::Variant(tag, values)) => {
                out.push(*tag as u8);
                self.fixed_fields(&variants[*tag].fields, values, out, places);
            }
            (node, value) => unreachable!("{value:?} is no {node:?}"),
        }
        // Filling behind an option that is not there, and behind an enum's shorter variants.
        out.resize(begun + self.size(of), 0);
    }

    fn fixed_fields(
        &self,
        fields: &[Field],
        values: &[Value],
        out: &mut Vec<u8>,
        places: &mut dyn Iterator<Item = usize>,
    ) {
        for (field, value) in fields.iter().zip(values) {
            self.fixed(field.of, value, out, places);
        }
    }
}

fn write_scalar(scalar: Scalar, value: &Value, out: &mut Vec<u8>) {
    match (scalar, value) {
        (Scalar::Unit, Value::Unit) => {}
        (Scalar::Unsigned(size), Value::Unsigned(number)) => {
            out.extend_from_slice(&number.to_le_bytes()[..size]);
        }
        (Scalar::Signed(size), Value::Signed(number)) => {
            out.extend_from_slice(&number.to_le_bytes()[..size]);
        }
        (Scalar::Timestamp | Scalar::Span, Value::Signed(number)) => {
            out.extend_from_slice(&number.to_le_bytes()[..8]);
        }
        (Scalar::F32, Value::F32(bits)) => out.extend(bits.to_le_bytes()),
        (Scalar::F64, Value::F64(bits)) => out.extend(bits.to_le_bytes()),
        (Scalar::Bool, Value::Bool(is)) => out.push(u8::from(*is)),
        (Scalar::Char, Value::Char(letter)) => out.extend(u32::from(*letter).to_le_bytes()),
        (Scalar::Window, Value::Window(start, end)) => {
            out.extend([start, end].into_iter().flat_map(|time| time.to_le_bytes()));
        }
        (Scalar::Decimal | Scalar::Uuid, Value::Bytes(bytes)) => out.extend_from_slice(bytes),
        (scalar, value) => unreachable!("{value:?} is no {scalar:?}"),
    }
}
