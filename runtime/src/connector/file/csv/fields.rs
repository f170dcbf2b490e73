//! From the fields of a row to a record, through serde.
//!
//! A struct asks for fields by name. Which columns those are is found once, at the first row; of every row, only these
//! columns are looked at.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};

use super::rows::Rows;

/// Why a row is no record.
#[derive(Debug)]
pub(super) enum FieldError {
    /// No column has that name.
    Missing(&'static str),
    /// What is wrong with the row.
    Bad(String),
}

impl fmt::Display for FieldError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FieldError::Missing(column) => write!(out, "no column `{column}`"),
            FieldError::Bad(reason) => out.write_str(reason),
        }
    }
}

impl std::error::Error for FieldError {}

impl de::Error for FieldError {
    fn custom<M: fmt::Display>(message: M) -> FieldError {
        FieldError::Bad(message.to_string())
    }
    fn missing_field(field: &'static str) -> FieldError {
        FieldError::Missing(field)
    }
}

/// One row.
pub(super) struct Row<'r> {
    pub rows: &'r Rows,
    pub header: Option<&'r [String]>,
    pub nulls: &'r [String],
    /// Index and name of the columns that the record has; empty before the first row.
    pub columns: &'r mut Vec<(usize, &'static str)>,
}

impl<'r> Row<'r> {
    fn field(&self, index: usize) -> Field<'r> {
        Field { bytes: self.rows.field(index), nulls: self.nulls }
    }

    fn in_order<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_seq(InOrder { next: 0, row: self })
    }

    fn only_field(&self) -> Result<Field<'r>, FieldError> {
        match self.rows.len() {
            1 => Ok(self.field(0)),
            fields => Err(FieldError::Bad(format!("{fields} fields, where one value is wanted"))),
        }
    }
}

macro_rules! only_field {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
            self.only_field()?.$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Row<'_> {
    type Error = FieldError;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        let Some(header) = self.header else { return self.in_order(visitor) };
        if self.columns.is_empty() {
            for (index, name) in header.iter().enumerate() {
                let field = fields.iter().find(|field| *field == name);
                self.columns.extend(field.map(|field| (index, *field)));
            }
        }
        let names = self.columns.iter().copied();
        visitor.visit_map(ByName { names, at: None, rows: self.rows, nulls: self.nulls })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        let Some(header) = self.header else { return self.in_order(visitor) };
        let names = header.iter().map(String::as_str).enumerate();
        visitor.visit_map(ByName { names, at: None, rows: self.rows, nulls: self.nulls })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        self.in_order(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        self.in_order(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        self.in_order(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        self.only_field()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        visitor.visit_unit()
    }

    only_field! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32
        deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_option deserialize_unit deserialize_identifier
        deserialize_ignored_any
    }
}

/// Fields one after the other, without names.
struct InOrder<'r> {
    row: Row<'r>,
    next: usize,
}

impl<'de> de::SeqAccess<'de> for InOrder<'_> {
    type Error = FieldError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, FieldError> {
        if self.next == self.row.rows.len() {
            return Ok(None);
        }
        let field = self.row.field(self.next);
        self.next += 1;
        let value = seed.deserialize(field).map_err(|error| match error {
            FieldError::Bad(reason) => FieldError::Bad(format!("column {}: {reason}", self.next)),
            missing => missing,
        })?;
        Ok(Some(value))
    }
}

/// Fields with the names of their columns.
struct ByName<'r, I> {
    names: I,
    at: Option<(usize, &'r str)>,
    rows: &'r Rows,
    nulls: &'r [String],
}

impl<'de, 'r, I: Iterator<Item = (usize, &'r str)>> de::MapAccess<'de> for ByName<'r, I> {
    type Error = FieldError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, FieldError> {
        self.at = self.names.next();
        match self.at {
            Some((_, name)) => seed.deserialize(name.into_deserializer()).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, FieldError> {
        let (index, name) = self.at.expect("serde asks for a value after its key");
        let field = Field { bytes: self.rows.field(index), nulls: self.nulls };
        seed.deserialize(field).map_err(|error| match error {
            FieldError::Bad(reason) => FieldError::Bad(format!("column `{name}`: {reason}")),
            missing => missing,
        })
    }
}

/// One field.
#[derive(Clone, Copy)]
struct Field<'r> {
    bytes: &'r [u8],
    nulls: &'r [String],
}

impl<'r> Field<'r> {
    fn text(self) -> Result<&'r str, FieldError> {
        str::from_utf8(self.bytes).map_err(|_| FieldError::Bad("not UTF-8".to_owned()))
    }

    fn is_null(self) -> bool {
        self.nulls.iter().any(|null| null.as_bytes() == self.bytes)
    }

    fn parse<N: std::str::FromStr<Err: fmt::Display>>(self) -> Result<N, FieldError> {
        let text = self.text()?;
        text.parse().map_err(|error| FieldError::Bad(format!("`{text}`: {error}")))
    }

    #[cold]
    fn nested<T>(self) -> Result<T, FieldError> {
        let reason = "a field of CSV holds one value: write nested records as JSON lines";
        Err(FieldError::Bad(reason.to_owned()))
    }
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
            visitor.$visit(self.parse()?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Field<'_> {
    type Error = FieldError;

    numbers! {
        deserialize_i8 visit_i8
        deserialize_i16 visit_i16
        deserialize_i32 visit_i32
        deserialize_i64 visit_i64
        deserialize_i128 visit_i128
        deserialize_u8 visit_u8
        deserialize_u16 visit_u16
        deserialize_u32 visit_u32
        deserialize_u64 visit_u64
        deserialize_u128 visit_u128
        deserialize_f32 visit_f32
        deserialize_f64 visit_f64
        deserialize_char visit_char
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        let is = |word: &str| self.bytes.eq_ignore_ascii_case(word.as_bytes());
        match (is("true"), is("false")) {
            (true, _) => visitor.visit_bool(true),
            (_, true) => visitor.visit_bool(false),
            _ => Err(FieldError::Bad(format!("`{}`: neither true nor false", self.text()?))),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_bytes(self.bytes)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    /// For types that take a number or a text, whichever there is.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        let text = self.text()?;
        if let Ok(number) = text.parse() {
            visitor.visit_u64(number)
        } else if let Ok(number) = text.parse() {
            visitor.visit_i64(number)
        } else if let Ok(number) = text.parse() {
            visitor.visit_f64(number)
        } else {
            visitor.visit_str(text)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        visitor.visit_enum(self.text()?.into_deserializer())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_unit()
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, _: V) -> Result<V::Value, FieldError> {
        self.nested()
    }

    fn deserialize_map<V: Visitor<'de>>(self, _: V) -> Result<V::Value, FieldError> {
        self.nested()
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, FieldError> {
        self.nested()
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        _: V,
    ) -> Result<V::Value, FieldError> {
        self.nested()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, FieldError> {
        self.nested()
    }
}
