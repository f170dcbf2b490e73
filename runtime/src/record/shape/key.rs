//! The hash of a key that a person writes, by the key's layout alone.

use super::{At, Node, Scalar, Shape};
use crate::record::key_hash_of_bytes;

/// Why a text is no key of a layout.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{text}` is no key of the type `{layout}`\nhelp: write a number or a text as it is, and a tuple or a record as a JSON list, such as [7,\"a\"]"
)]
pub(crate) struct NoKey {
    text: String,
    layout: String,
}

impl Shape {
    /// The hash of a key, which is written as it is shown: as JSON, texts also without quotes.
    ///
    /// # Errors
    /// If it is no such key, or of a type that is not written down: a map, a set, a decimal.
    pub(crate) fn hash_of(&self, text: &str) -> Result<u64, NoKey> {
        let lone_text = matches!(self.node(self.root), Node::Scalar(Scalar::Text));
        let json = match serde_json::from_str(text) {
            Ok(json) if !lone_text || matches!(json, serde_json::Value::String(_)) => json,
            _ => serde_json::Value::String(text.to_owned()),
        };
        let mut bytes = Vec::new();
        let written = self.key_bytes(self.root, &json, &mut bytes);
        written.ok_or_else(|| NoKey { text: text.to_owned(), layout: self.text.clone() })?;
        // A lone string's canonical bytes have no length in front of them.
        Ok(key_hash_of_bytes(if lone_text { &bytes[4..] } else { &bytes }))
    }

    /// Writes the canonical bytes of a key: see [`Key`](crate::record::Key).
    fn key_bytes(&self, of: At, json: &serde_json::Value, out: &mut Vec<u8>) -> Option<()> {
        match self.node(of) {
            Node::Scalar(scalar) => scalar_bytes(*scalar, json, out),
            Node::Option(_) if json.is_null() => {
                out.push(0);
                Some(())
            }
            Node::Option(of) => {
                out.push(1);
                self.key_bytes(*of, json, out)
            }
            Node::Box(of) | Node::Reverse(of) => self.key_bytes(*of, json, out),
            Node::List(_, false, of) => {
                let parts = json.as_array()?;
                out.extend(u32::try_from(parts.len()).ok()?.to_le_bytes());
                parts.iter().try_for_each(|part| self.key_bytes(*of, part, out))
            }
            Node::Array(len, of) => {
                let parts = json.as_array().filter(|parts| parts.len() == *len)?;
                parts.iter().try_for_each(|part| self.key_bytes(*of, part, out))
            }
            Node::Tuple(parts) => self.all(parts.iter().copied(), parts.len(), json, out),
            Node::Record { fields, .. } => match json {
                serde_json::Value::Object(object) if object.len() == fields.len() => {
                    let mut fields = fields.iter();
                    fields.try_for_each(|field| {
                        self.key_bytes(field.of, object.get(&field.name)?, out)
                    })
                }
                _ => self.all(fields.iter().map(|field| field.of), fields.len(), json, out),
            },
            Node::List(..) | Node::Map(..) | Node::Enum { .. } => None,
        }
    }

    fn all(
        &self,
        types: impl Iterator<Item = At>,
        len: usize,
        json: &serde_json::Value,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let parts = json.as_array().filter(|parts| parts.len() == len)?;
        types.zip(parts).try_for_each(|(of, part)| self.key_bytes(of, part, out))
    }
}

fn scalar_bytes(scalar: Scalar, json: &serde_json::Value, out: &mut Vec<u8>) -> Option<()> {
    let text = json.as_str();
    let number = || text.map_or_else(|| json.to_string(), str::to_owned);
    match scalar {
        Scalar::Unit => {}
        Scalar::Unsigned(size) => {
            let number: u128 = number().parse().ok()?;
            let fits = size == 16 || number >> (8 * size) == 0;
            out.extend_from_slice(fits.then_some(&number.to_le_bytes()[..size])?);
        }
        Scalar::Signed(size) => {
            let number: i128 = number().parse().ok()?;
            let unused = 128 - 8 * size as u32;
            let fits = number << unused >> unused == number;
            out.extend_from_slice(fits.then_some(&number.to_le_bytes()[..size])?);
        }
        Scalar::Timestamp | Scalar::Span => {
            out.extend(number().parse::<i64>().ok()?.to_le_bytes());
        }
        Scalar::Bool => out.push(u8::from(json.as_bool()?)),
        Scalar::Char => {
            let mut letters = text?.chars();
            let letter = letters.next().filter(|_| letters.as_str().is_empty())?;
            out.extend(u32::from(letter).to_le_bytes());
        }
        Scalar::Text => {
            let text = text?;
            out.extend(u32::try_from(text.len()).ok()?.to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        Scalar::Uuid => out.extend_from_slice(text?.parse::<uuid::Uuid>().ok()?.as_bytes()),
        Scalar::Window => {
            let times = json.as_array().filter(|times| times.len() == 2)?;
            for time in times {
                out.extend(time.as_i64()?.to_le_bytes());
            }
        }
        Scalar::F32 | Scalar::F64 | Scalar::Decimal => return None,
    }
    Some(())
}
