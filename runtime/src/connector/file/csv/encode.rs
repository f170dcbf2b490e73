//! From a record to a row, through serde: each value in the record is a field, nested records and tuples are spread
//! out (`window.start`). The header is the same walk with names in place of values.

use std::fmt::Display;
use std::io::Write;

use serde::ser::{self, Impossible, Serialize, Serializer};

use crate::connector::file::write::Encode;
use crate::record::{Record, View};

/// Encodes records as CSV, with a header per file.
pub struct CsvEncoder {
    delimiter: u8,
    headers: bool,
    /// Columns of the header; 0 before there is one.
    columns: usize,
}

impl CsvEncoder {
    pub(in crate::connector::file) fn new(delimiter: u8, headers: bool) -> CsvEncoder {
        CsvEncoder { delimiter, headers, columns: 0 }
    }

    fn row(
        &self,
        record: &impl Serialize,
        out: &mut Vec<u8>,
        name: Option<String>,
    ) -> Result<usize, String> {
        let start = out.len();
        let mut row = Row { out, delimiter: self.delimiter, fields: 0, name };
        record.serialize(&mut row).map_err(|error| error.0)?;
        let fields = row.fields;
        if out.len() == start {
            // A line of nothing would be passed over when read.
            out.extend_from_slice(b"\"\"");
        }
        out.push(b'\n');
        Ok(fields)
    }
}

impl<T: Record> Encode<T> for CsvEncoder
where
    for<'a> View<'a, T>: Serialize,
{
    fn begin(&mut self, record: View<'_, T>, out: &mut Vec<u8>) -> Result<(), String> {
        if self.headers {
            let start = out.len();
            self.columns =
                self.row(&record, out, Some(String::new())).inspect_err(|_| out.truncate(start))?;
        }
        Ok(())
    }

    fn encode(&mut self, record: View<'_, T>, out: &mut Vec<u8>) -> Result<(), String> {
        let fields = self.row(&record, out, None)?;
        if self.columns == 0 {
            self.columns = fields;
        }
        if fields == self.columns {
            return Ok(());
        }
        let columns = self.columns;
        Err(format!(
            "it has {fields} fields, the first had {columns}: an optional or list of records?"
        ))
    }
}

/// A row being written.
struct Row<'o> {
    out: &'o mut Vec<u8>,
    delimiter: u8,
    fields: usize,
    /// In a header: the path of names to the value.
    name: Option<String>,
}

impl Row<'_> {
    fn next(&mut self) {
        if self.fields > 0 {
            self.out.push(self.delimiter);
        }
        self.fields += 1;
    }

    fn text(&mut self, text: &str) -> Result<(), Unfit> {
        self.next();
        let name = self.name.as_deref().map(|name| if name.is_empty() { "value" } else { name });
        quoted(self.out, self.delimiter, name.unwrap_or(text));
        Ok(())
    }

    fn number(&mut self, number: impl std::fmt::Debug) -> Result<(), Unfit> {
        if self.name.is_some() {
            return self.text("");
        }
        self.next();
        write!(self.out, "{number:?}").map_err(|error| Unfit(error.to_string()))
    }

    fn nested(
        &mut self,
        name: impl Display,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), Unfit> {
        let Some(path) = &mut self.name else { return value.serialize(&mut *self) };
        let len = path.len();
        let dot = if len == 0 { "" } else { "." };
        *path += &format!("{dot}{name}");
        let done = value.serialize(&mut *self);
        if let Some(path) = &mut self.name {
            path.truncate(len);
        }
        done
    }
}

fn quoted(out: &mut Vec<u8>, delimiter: u8, text: &str) {
    let special = |&byte: &u8| byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
    if !text.as_bytes().iter().any(special) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for (index, piece) in text.split('"').enumerate() {
        if index > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(piece.as_bytes());
    }
    out.push(b'"');
}

/// Why a record does not fit into a row.
#[derive(Debug)]
struct Unfit(String);

impl Display for Unfit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Unfit {}

impl ser::Error for Unfit {
    fn custom<M: Display>(message: M) -> Unfit {
        Unfit(message.to_string())
    }
}

fn unfit<T>(what: &str) -> Result<T, Unfit> {
    Err(Unfit(format!("{what} has no place in a row of CSV; `.json()` can hold it")))
}

macro_rules! numbers {
    ($($method:ident $type:ty)*) => {$(
        fn $method(self, number: $type) -> Result<(), Unfit> {
            self.number(number)
        }
    )*};
}

impl<'r, 'o> Serializer for &'r mut Row<'o> {
    type Ok = ();
    type Error = Unfit;
    type SerializeSeq = Impossible<(), Unfit>;
    type SerializeTuple = Fields<'r, 'o>;
    type SerializeTupleStruct = Fields<'r, 'o>;
    type SerializeTupleVariant = Impossible<(), Unfit>;
    type SerializeMap = Impossible<(), Unfit>;
    type SerializeStruct = Fields<'r, 'o>;
    type SerializeStructVariant = Impossible<(), Unfit>;

    numbers! {
        serialize_bool bool
        serialize_i8 i8
        serialize_i16 i16
        serialize_i32 i32
        serialize_i64 i64
        serialize_i128 i128
        serialize_u8 u8
        serialize_u16 u16
        serialize_u32 u32
        serialize_u64 u64
        serialize_u128 u128
        serialize_f32 f32
        serialize_f64 f64
    }

    fn serialize_char(self, char: char) -> Result<(), Unfit> {
        self.text(char.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Unfit> {
        self.text(text)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Unfit> {
        unfit("a string of bytes")
    }

    fn serialize_none(self) -> Result<(), Unfit> {
        self.text("")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unfit> {
        self.text("")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unfit> {
        self.text("")
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Unfit> {
        self.text(variant)
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
        unfit("an enum with data")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Unfit> {
        unfit("a list")
    }

    fn serialize_tuple(self, _: usize) -> Result<Fields<'r, 'o>, Unfit> {
        Ok(Fields { row: self, index: 0 })
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Fields<'r, 'o>, Unfit> {
        Ok(Fields { row: self, index: 0 })
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unfit> {
        unfit("an enum with data")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unfit> {
        unfit("a map")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'r, 'o>, Unfit> {
        Ok(Fields { row: self, index: 0 })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unfit> {
        unfit("an enum with data")
    }
}

/// The values of a struct or tuple.
struct Fields<'r, 'o> {
    row: &'r mut Row<'o>,
    index: usize,
}

impl Fields<'_, '_> {
    fn by_index(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Unfit> {
        let index = self.index;
        self.index += 1;
        self.row.nested(index, value)
    }
}

impl ser::SerializeStruct for Fields<'_, '_> {
    type Ok = ();
    type Error = Unfit;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unfit> {
        self.row.nested(name, value)
    }
    fn end(self) -> Result<(), Unfit> {
        Ok(())
    }
}

impl ser::SerializeTuple for Fields<'_, '_> {
    type Ok = ();
    type Error = Unfit;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.by_index(value)
    }
    fn end(self) -> Result<(), Unfit> {
        Ok(())
    }
}

impl ser::SerializeTupleStruct for Fields<'_, '_> {
    type Ok = ();
    type Error = Unfit;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.by_index(value)
    }
    fn end(self) -> Result<(), Unfit> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    #[derive(Serialize)]
    struct Window {
        start: i64,
        end: i64,
    }

    #[derive(Serialize)]
    enum Kind {
        Busy,
        Idle { since: i64 },
    }

    #[derive(Serialize)]
    struct Hourly<'a> {
        key: (&'a str, u8),
        window: Window,
        delay: Option<f64>,
        kind: Kind,
    }

    fn row(record: impl Serialize, delimiter: u8) -> String {
        let encoder = CsvEncoder::new(delimiter, true);
        let mut out = Vec::new();
        let done = encoder
            .row(&record, &mut out, Some(String::new()))
            .and_then(|_| encoder.row(&record, &mut out, None));
        done.map_or_else(|error| error, |_| String::from_utf8(out).unwrap())
    }

    #[test]
    fn nested_records_are_spread_out() {
        let window = Window { start: -1, end: 2 };
        let hourly = Hourly { key: ("a", 1), window, delay: None, kind: Kind::Busy };
        assert_eq!(
            row(hourly, b','),
            "key.0,key.1,window.start,window.end,delay,kind\na,1,-1,2,,Busy\n"
        );
    }

    #[test]
    fn what_separates_is_quoted() {
        assert_eq!(
            row(("a;b", "c\"d", "e\r\nf", "g,h"), b';'),
            "0;1;2;3\n\"a;b\";\"c\"\"d\";\"e\r\nf\";g,h\n"
        );
    }

    #[test]
    fn a_float_is_seen_to_be_one() {
        assert_eq!(row((31.0, 0.5f32, 7), b','), "0,1,2\n31.0,0.5,7\n");
    }

    #[test]
    fn a_lone_empty_field_is_no_blank_line() {
        assert_eq!(row("", b','), "value\n\"\"\n");
    }

    #[test]
    fn what_has_no_place_is_named() {
        let help = "has no place in a row of CSV; `.json()` can hold it";
        assert_eq!(row((1, vec![1, 2]), b','), format!("a list {help}"));
        assert_eq!(row(Kind::Idle { since: 1 }, b','), format!("an enum with data {help}"));
    }
}
