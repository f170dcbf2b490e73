//! Records' shapes as Avro schemas.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::shape::{Shape, unsupported};
use crate::connector::SinkError;

/// The schema of a record.
pub(super) fn schema(shape: &Shape) -> Result<Value, SinkError> {
    if shape.fields().is_none() {
        return Err(unsupported(
            "an Avro file",
            "records without named fields",
            "`.map(..)` to a `#[record]` struct: its fields are those of the schema",
        ));
    }
    Names::default().of("", shape)
}

/// Types that have a name, which must be defined once and is referred to from then on.
#[derive(Default)]
struct Names {
    defined: BTreeMap<String, Shape>,
    tuples: usize,
}

impl Names {
    fn of(&mut self, field: &str, shape: &Shape) -> Result<Value, SinkError> {
        Ok(match shape {
            Shape::Scalar(word) => return scalar(field, word),
            Shape::Option(inner) if matches!(**inner, Shape::Option(_)) => {
                return Err(refused(field, "an option of an option"));
            }
            Shape::Option(inner) => json!(["null", self.of(field, inner)?]),
            Shape::List(element) => json!({"type": "array", "items": self.of(field, element)?}),
            Shape::Map(key, value) if is_text(key) => {
                json!({"type": "map", "values": self.of(field, value)?})
            }
            Shape::Map(key, value) => {
                let entry = [("key", &**key), ("value", &**value)];
                let entry = entry.map(|(name, shape)| (name.to_owned(), shape.clone()));
                json!({"type": "array", "items": self.unnamed("Entry", field, &entry)?})
            }
            Shape::Tuple(parts) => {
                let parts = parts.iter().enumerate();
                let fields: Vec<_> =
                    parts.map(|(index, part)| (index.to_string(), part.clone())).collect();
                self.unnamed("Tuple", field, &fields)?
            }
            Shape::Record(name, fields) => match self.define(name, shape) {
                Ok(name) => self.record(&name, field, fields)?,
                Err(name) => json!(name),
            },
            Shape::Enum(name, variants) if variants.iter().all(|(_, data)| data.is_empty()) => {
                let symbols: Vec<&str> = variants.iter().map(|(name, _)| name.as_str()).collect();
                match self.define(name, shape) {
                    Ok(name) => json!({"type": "enum", "name": name, "symbols": symbols}),
                    Err(name) => json!(name),
                }
            }
            Shape::Enum(word, _) => {
                return Err(refused(field, &format!("the enum `{word}` with data")));
            }
            Shape::Recursive(word) => {
                return Err(refused(field, &format!("the record `{word}` inside itself")));
            }
        })
    }

    /// A name to define, or one that is defined as this shape.
    fn define(&mut self, name: &str, shape: &Shape) -> Result<String, String> {
        let mut free = name.to_owned();
        let mut number = 1;
        while let Some(defined) = self.defined.get(&free) {
            if defined == shape {
                return Err(free);
            }
            number += 1;
            free = format!("{name}{number}");
        }
        self.defined.insert(free.clone(), shape.clone());
        Ok(free)
    }

    fn unnamed(
        &mut self,
        kind: &str,
        field: &str,
        fields: &[(String, Shape)],
    ) -> Result<Value, SinkError> {
        self.tuples += 1;
        let name = format!("Thalweg{kind}{}", self.tuples);
        self.record(&name, field, fields)
    }

    fn record(
        &mut self,
        name: &str,
        outer: &str,
        fields: &[(String, Shape)],
    ) -> Result<Value, SinkError> {
        let mut described = Vec::new();
        for (field, shape) in fields {
            let path = if outer.is_empty() { field.clone() } else { format!("{outer}.{field}") };
            // Avro's names do not begin with a digit.
            let name = if field.starts_with(|c: char| c.is_ascii_digit()) {
                format!("_{field}")
            } else {
                field.clone()
            };
            described.push(json!({"name": name, "type": self.of(&path, shape)?}));
        }
        Ok(json!({"type": "record", "name": name, "fields": described}))
    }
}

/// True if it is written as a string.
fn is_text(shape: &Shape) -> bool {
    matches!(shape, Shape::Scalar(word) if word == "String")
}

fn scalar(field: &str, word: &str) -> Result<Value, SinkError> {
    Ok(match word {
        "bool" => json!("boolean"),
        "u8" | "u16" | "i8" | "i16" | "i32" => json!("int"),
        "u32" | "u64" | "i64" | "Span" => json!("long"),
        "f32" => json!("float"),
        "f64" => json!("double"),
        "Timestamp" => json!({"type": "long", "logicalType": "timestamp-millis"}),
        "String" | "Decimal" | "char" => json!("string"),
        "Uuid" => json!({"type": "string", "logicalType": "uuid"}),
        "()" => json!("null"),
        other => return Err(refused(field, &format!("the type `{other}`"))),
    })
}

fn refused(field: &str, what: &str) -> SinkError {
    unsupported(
        "an Avro file",
        &format!("{what}, which the field `{field}` has"),
        "`.map(..)` to a record that has none: text, numbers, times, lists and records of those",
    )
}
