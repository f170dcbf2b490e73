//! Values as Avro's binary encoding, as their shape says.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

use super::super::shape::Shape;
use super::container::long;

/// Why a record cannot be written.
#[derive(Debug)]
pub(super) struct Unfit(pub(super) String);

impl fmt::Display for Unfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
impl std::error::Error for Unfit {}
impl ser::Error for Unfit {
    fn custom<T: fmt::Display>(message: T) -> Unfit {
        Unfit(message.to_string())
    }
}

/// Writes one value.
pub(super) struct Encoder<'e> {
    pub(super) shape: &'e Shape,
    pub(super) out: &'e mut Vec<u8>,
}

/// Writes the parts of a value: elements, fields, entries.
pub(super) struct Parts<'e> {
    shape: &'e Shape,
    out: &'e mut Vec<u8>,
    next: usize,
}

impl<'e> Encoder<'e> {
    fn unfit<T>(&self, what: &str) -> Result<T, Unfit> {
        Err(Unfit(format!("{what} where the schema has {:?}", self.shape)))
    }

    fn number(self, number: i64) -> Result<(), Unfit> {
        long(self.out, number);
        Ok(())
    }

    fn text(self, text: &str) -> Result<(), Unfit> {
        long(self.out, text.len() as i64);
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn parts(self) -> Parts<'e> {
        Parts { shape: self.shape, out: self.out, next: 0 }
    }

    /// The elements of an array or map, in one block.
    fn list(self, len: Option<usize>) -> Result<Parts<'e>, Unfit> {
        if matches!(self.shape, Shape::Tuple(_) | Shape::Record(..)) {
            return Ok(self.parts());
        }
        let Some(len) = len else { return self.unfit("a list of unknown length") };
        if len > 0 {
            long(self.out, len as i64);
        }
        Ok(self.parts())
    }
}

impl<'e> Serializer for Encoder<'e> {
    type Ok = ();
    type Error = Unfit;
    type SerializeSeq = Parts<'e>;
    type SerializeTuple = Parts<'e>;
    type SerializeTupleStruct = Parts<'e>;
    type SerializeTupleVariant = ser::Impossible<(), Unfit>;
    type SerializeMap = Parts<'e>;
    type SerializeStruct = Parts<'e>;
    type SerializeStructVariant = ser::Impossible<(), Unfit>;

    fn is_human_readable(&self) -> bool {
        // Times as numbers; what has no number, as text.
        !matches!(self.shape, Shape::Scalar(word) if word == "Timestamp")
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unfit> {
        self.out.push(u8::from(value));
        Ok(())
    }
    fn serialize_i8(self, value: i8) -> Result<(), Unfit> {
        self.number(value.into())
    }
    fn serialize_i16(self, value: i16) -> Result<(), Unfit> {
        self.number(value.into())
    }
    fn serialize_i32(self, value: i32) -> Result<(), Unfit> {
        self.number(value.into())
    }
    fn serialize_i64(self, value: i64) -> Result<(), Unfit> {
        self.number(value)
    }
    fn serialize_u8(self, value: u8) -> Result<(), Unfit> {
        self.number(value.into())
    }
    fn serialize_u16(self, value: u16) -> Result<(), Unfit> {
        self.number(value.into())
    }
    fn serialize_u32(self, value: u32) -> Result<(), Unfit> {
        self.number(value.into())
    }
    fn serialize_u64(self, value: u64) -> Result<(), Unfit> {
        match i64::try_from(value) {
            Ok(value) => self.number(value),
            Err(_) => Err(Unfit(format!("{value} is more than Avro's long can hold"))),
        }
    }
    fn serialize_f32(self, value: f32) -> Result<(), Unfit> {
        self.out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }
    fn serialize_f64(self, value: f64) -> Result<(), Unfit> {
        self.out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }
    fn serialize_char(self, value: char) -> Result<(), Unfit> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, value: &str) -> Result<(), Unfit> {
        self.text(value)
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<(), Unfit> {
        self.unfit("bytes")
    }
    fn serialize_none(self) -> Result<(), Unfit> {
        self.number(0)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        let Shape::Option(inner) = self.shape else { return self.unfit("an option") };
        long(self.out, 1);
        value.serialize(Encoder { shape: inner, out: self.out })
    }
    fn serialize_unit(self) -> Result<(), Unfit> {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unfit> {
        Ok(())
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
    ) -> Result<(), Unfit> {
        self.number(index.into())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unfit> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unfit> {
        self.unfit("a variant with data")
    }
    fn serialize_seq(self, len: Option<usize>) -> Result<Parts<'e>, Unfit> {
        self.list(len)
    }
    fn serialize_tuple(self, len: usize) -> Result<Parts<'e>, Unfit> {
        self.list(Some(len))
    }
    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Parts<'e>, Unfit> {
        self.list(Some(len))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unfit> {
        self.unfit("a variant with data")
    }
    fn serialize_map(self, len: Option<usize>) -> Result<Parts<'e>, Unfit> {
        self.list(len)
    }
    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Parts<'e>, Unfit> {
        match self.shape {
            Shape::Record(_, fields) if fields.len() == len => Ok(self.parts()),
            _ => self.unfit("a record"),
        }
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unfit> {
        self.unfit("a variant with data")
    }
}

impl Parts<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, part: &T) -> Result<(), Unfit> {
        let index = self.next;
        self.next += 1;
        let shape = match self.shape {
            Shape::List(element) => element,
            Shape::Tuple(parts) => &parts[index],
            Shape::Record(_, fields) => &fields[index].1,
            Shape::Map(key, _) if index.is_multiple_of(2) => key,
            Shape::Map(_, value) => value,
            other => return Err(Unfit(format!("a list where the schema has {other:?}"))),
        };
        part.serialize(Encoder { shape, out: self.out })
    }

    /// Arrays and maps end with an empty block.
    fn close(self) -> Result<(), Unfit> {
        if matches!(self.shape, Shape::List(_) | Shape::Map(..)) {
            long(self.out, 0);
        }
        Ok(())
    }
}

impl ser::SerializeSeq for Parts<'_> {
    type Ok = ();
    type Error = Unfit;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.part(value)
    }
    fn end(self) -> Result<(), Unfit> {
        self.close()
    }
}

impl ser::SerializeTuple for Parts<'_> {
    type Ok = ();
    type Error = Unfit;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.part(value)
    }
    fn end(self) -> Result<(), Unfit> {
        self.close()
    }
}

impl ser::SerializeTupleStruct for Parts<'_> {
    type Ok = ();
    type Error = Unfit;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.part(value)
    }
    fn end(self) -> Result<(), Unfit> {
        self.close()
    }
}

impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Unfit;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unfit> {
        debug_assert!(self.next.is_multiple_of(2), "keys and values take turns");
        self.part(key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.part(value)
    }
    fn end(self) -> Result<(), Unfit> {
        self.close()
    }
}

impl ser::SerializeStruct for Parts<'_> {
    type Ok = ();
    type Error = Unfit;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unfit> {
        self.part(value)
    }
    fn end(self) -> Result<(), Unfit> {
        self.close()
    }
}
