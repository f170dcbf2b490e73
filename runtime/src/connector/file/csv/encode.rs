//! From a record to a row, through serde: each value in the record is a field, nested records and tuples are spread
//! out (`window.start`). The header is the same walk with names in place of values.
//!
//! For a database's `COPY` the rows differ a little: nothing is told from an empty text, which is quoted, and what is no
//! single value is written as JSON.

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
    /// For `COPY`.
    for_copy: bool,
}

impl CsvEncoder {
    pub(in crate::connector::file) fn new(delimiter: u8, headers: bool) -> CsvEncoder {
        CsvEncoder { delimiter, headers, columns: 0, for_copy: false }
    }

    /// Rows for a database's `COPY .. (FORMAT csv)`.
    #[cfg(feature = "postgres")]
    pub(in crate::connector) fn for_copy() -> CsvEncoder {
        CsvEncoder { for_copy: true, ..CsvEncoder::new(b',', false) }
    }

    /// The names of the columns: `window_start`, since a dot means something to a database.
    #[cfg(feature = "postgres")]
    pub(in crate::connector) fn names(
        &self,
        record: &impl Serialize,
    ) -> Result<Vec<String>, String> {
        let mut out = Vec::new();
        self.row(record, &mut out, Some(String::new()))?;
        let line = String::from_utf8(out).map_err(|error| error.to_string())?;
        Ok(line.trim_end().split(',').map(|name| name.replace('.', "_")).collect())
    }

    /// Appends a row with as many fields as the first one had.
    pub(in crate::connector) fn append(
        &mut self,
        record: &impl Serialize,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let fields = self.row(record, out, None)?;
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

    fn row(
        &self,
        record: &impl Serialize,
        out: &mut Vec<u8>,
        name: Option<String>,
    ) -> Result<usize, String> {
        let start = out.len();
        let (delimiter, for_copy) = (self.delimiter, self.for_copy);
        let mut row = Row { out, delimiter, for_copy, fields: 0, name };
        record.serialize(&mut row).map_err(|error| error.0)?;
        let fields = row.fields;
        if out.len() == start && !for_copy {
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
        self.append(&record, out)
    }
}

/// A row being written.
struct Row<'o> {
    out: &'o mut Vec<u8>,
    delimiter: u8,
    for_copy: bool,
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
        let text = name.unwrap_or(text);
        // Nothing is not an empty text, and `\.` would end the rows.
        let must = self.for_copy && (text.is_empty() || text.starts_with('\\'));
        quoted(self.out, self.delimiter, text, must);
        Ok(())
    }

    fn nothing(&mut self) -> Result<(), Unfit> {
        if self.for_copy && self.name.is_none() {
            self.next();
            return Ok(());
        }
        self.text("")
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
        let Some(path) = &mut self.name else { return self.value(value) };
        let len = path.len();
        let dot = if len == 0 { "" } else { "." };
        *path += &format!("{dot}{name}");
        let done = self.value(value);
        if let Some(path) = &mut self.name {
            path.truncate(len);
        }
        done
    }

    fn value(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Unfit> {
        let (len, fields) = (self.out.len(), self.fields);
        match value.serialize(&mut *self) {
            Err(_) if self.for_copy => {
                self.out.truncate(len);
                self.fields = fields;
                let json =
                    serde_json::to_string(value).map_err(|error| Unfit(error.to_string()))?;
                self.text(&json)
            }
            done => done,
        }
    }
}

fn quoted(out: &mut Vec<u8>, delimiter: u8, text: &str, must: bool) {
    let special = |&byte: &u8| byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
    if !must && !text.as_bytes().iter().any(special) {
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
        self.nothing()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unfit> {
        self.nothing()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unfit> {
        self.nothing()
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

    #[cfg(feature = "postgres")]
    #[test]
    fn rows_for_a_database_tell_nothing_from_empty_and_hold_json() {
        let window = Window { start: -1, end: 2 };
        let record = ("", None::<u8>, "\\.", vec![1, 2], window, Kind::Idle { since: 1 }, "a,b");
        let (mut encoder, mut out) = (CsvEncoder::for_copy(), Vec::new());
        let names = encoder.names(&record).unwrap();
        assert_eq!(names, ["0", "1", "2", "3", "4_start", "4_end", "5", "6"]);
        encoder.append(&record, &mut out).unwrap();
        let row = r#""",,"\.","[1,2]",-1,2,"{""Idle"":{""since"":1}}","a,b""#;
        assert_eq!(String::from_utf8(out).unwrap(), format!("{row}\n"));
        let mut lone = Vec::new();
        CsvEncoder::for_copy().append(&(None::<u8>,), &mut lone).unwrap();
        assert_eq!(lone, b"\n");
    }

    #[test]
    fn what_has_no_place_is_named() {
        let help = "has no place in a row of CSV; `.json()` can hold it";
        assert_eq!(row((1, vec![1, 2]), b','), format!("a list {help}"));
        assert_eq!(row(Kind::Idle { since: 1 }, b','), format!("an enum with data {help}"));
    }
}
