//! Avro's values as what serde reads.

use apache_avro::types::Value;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Reads one value. Times come in milliseconds, whatever they were written in.
#[derive(Clone, Copy)]
pub(super) struct Decoder<'v>(pub(super) &'v Value);

/// The value, without the union around it.
fn bare(value: &Value) -> &Value {
    match value {
        Value::Union(_, inner) => bare(inner),
        other => other,
    }
}

fn millis(value: &Value) -> Option<i64> {
    Some(match value {
        Value::TimestampMillis(time) | Value::LocalTimestampMillis(time) => *time,
        Value::TimestampMicros(time) | Value::LocalTimestampMicros(time) => time.div_euclid(1_000),
        Value::TimestampNanos(time) | Value::LocalTimestampNanos(time) => {
            time.div_euclid(1_000_000)
        }
        _ => return None,
    })
}

impl<'de> Deserializer<'de> for Decoder<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = bare(self.0);
        match value {
            Value::Null => visitor.visit_unit(),
            Value::Boolean(value) => visitor.visit_bool(*value),
            Value::Int(value) | Value::Date(value) | Value::TimeMillis(value) => {
                visitor.visit_i32(*value)
            }
            Value::Long(value) | Value::TimeMicros(value) => visitor.visit_i64(*value),
            Value::Float(value) => visitor.visit_f32(*value),
            Value::Double(value) => visitor.visit_f64(*value),
            Value::String(text) | Value::Enum(_, text) => visitor.visit_borrowed_str(text),
            Value::Uuid(uuid) => visitor.visit_string(uuid.to_string()),
            Value::Bytes(bytes) | Value::Fixed(_, bytes) => visitor.visit_borrowed_bytes(bytes),
            Value::Array(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.iter().map(Decoder)))
            }
            Value::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.as_str(), Decoder(value)));
                visitor.visit_map(MapDeserializer::new(entries))
            }
            Value::Record(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.as_str(), Decoder(value)));
                visitor.visit_map(MapDeserializer::new(fields))
            }
            other => match millis(other) {
                Some(time) => visitor.visit_i64(time),
                None => Err(Error::custom(format!("no field can hold {other:?}"))),
            },
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match bare(self.0) {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match bare(self.0) {
            Value::Enum(_, text) | Value::String(text) => {
                let name: StrDeserializer<'_, Error> = text.as_str().into_deserializer();
                visitor.visit_enum(name)
            }
            other => Err(Error::custom(format!("no enum can hold {other:?}"))),
        }
    }

    /// A tuple is a record whose fields are its parts.
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        match bare(self.0) {
            Value::Record(fields) => {
                let parts = fields.iter().map(|(_, value)| Decoder(value));
                visitor.visit_seq(SeqDeserializer::new(parts))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    /// A map whose keys are no text is an array of entries.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Value::Array(items) = bare(self.0) else { return self.deserialize_any(visitor) };
        let entry = |item: &'de Value| match bare(item) {
            Value::Record(fields) if fields.len() == 2 => {
                Ok((Decoder(&fields[0].1), Decoder(&fields[1].1)))
            }
            other => Err(Error::custom(format!("no entry of a map: {other:?}"))),
        };
        let entries = items.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        visitor.visit_map(MapDeserializer::new(entries.into_iter()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Decoder<'de> {
    type Deserializer = Decoder<'de>;
    fn into_deserializer(self) -> Decoder<'de> {
        self
    }
}
