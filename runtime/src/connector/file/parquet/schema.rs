//! Records' shapes as Arrow fields.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, TimeUnit};
use serde_arrow::schema::{STRATEGY_KEY, Strategy};

use super::super::shape::{Shape, unsupported};
use crate::connector::SinkError;

/// The columns of a record.
pub(super) fn columns(shape: &Shape) -> Result<Vec<Field>, SinkError> {
    let Some(fields) = shape.fields() else {
        return Err(unsupported(
            "a Parquet file",
            "records without named fields",
            "`.map(..)` to a `#[record]` struct: its fields are the columns",
        ));
    };
    fields.iter().map(|(name, shape)| field(name, shape)).collect()
}

fn field(name: &str, shape: &Shape) -> Result<Field, SinkError> {
    let (inner, nullable) = match shape {
        Shape::Option(inner) => (&**inner, true),
        other => (other, false),
    };
    let field = Field::new(name, data_type(name, inner)?, nullable);
    Ok(match inner {
        // Serde gives no names.
        Shape::Tuple(_) => {
            let strategy = (STRATEGY_KEY.to_owned(), Strategy::TupleAsStruct.to_string());
            field.with_metadata(HashMap::from([strategy]))
        }
        Shape::Record(_, fields) if fields.first().is_some_and(|(name, _)| name == "0") => {
            let strategy = (STRATEGY_KEY.to_owned(), Strategy::TupleAsStruct.to_string());
            field.with_metadata(HashMap::from([strategy]))
        }
        _ => field,
    })
}

fn data_type(name: &str, shape: &Shape) -> Result<DataType, SinkError> {
    Ok(match shape {
        Shape::Scalar(word) => return scalar(name, word),
        Shape::Option(_) => return Err(refused(name, "an option of an option")),
        Shape::List(element) => DataType::List(Arc::new(field("element", element)?)),
        Shape::Map(key, value) => {
            let entries = Fields::from(vec![field("key", key)?, field("value", value)?]);
            let entries = Field::new("key_value", DataType::Struct(entries), false);
            DataType::Map(Arc::new(entries), false)
        }
        Shape::Tuple(parts) => {
            let parts = parts.iter().enumerate();
            let fields = parts.map(|(index, part)| field(&index.to_string(), part));
            DataType::Struct(fields.collect::<Result<_, _>>()?)
        }
        Shape::Record(_, fields) => {
            let fields = fields.iter().map(|(name, shape)| field(name, shape));
            DataType::Struct(fields.collect::<Result<_, _>>()?)
        }
        Shape::Enum(_, variants) if variants.iter().all(|(_, fields)| fields.is_empty()) => {
            DataType::Utf8
        }
        Shape::Enum(word, _) => return Err(refused(name, &format!("the enum `{word}` with data"))),
        Shape::Recursive(word) => {
            return Err(refused(name, &format!("the record `{word}` inside itself")));
        }
    })
}

fn scalar(name: &str, word: &str) -> Result<DataType, SinkError> {
    Ok(match word {
        "bool" => DataType::Boolean,
        "u8" => DataType::UInt8,
        "u16" => DataType::UInt16,
        "u32" | "char" => DataType::UInt32,
        "u64" => DataType::UInt64,
        "i8" => DataType::Int8,
        "i16" => DataType::Int16,
        "i32" => DataType::Int32,
        "i64" | "Span" => DataType::Int64,
        "f32" => DataType::Float32,
        "f64" => DataType::Float64,
        "Timestamp" => timestamp(),
        "Window" => {
            let end = |name| Field::new(name, timestamp(), false);
            DataType::Struct(Fields::from(vec![end("start"), end("end")]))
        }
        "String" | "Decimal" | "Uuid" => DataType::Utf8,
        other => return Err(refused(name, &format!("the type `{other}`"))),
    })
}

fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

fn refused(name: &str, what: &str) -> SinkError {
    unsupported(
        "a Parquet file",
        &format!("{what}, which the field `{name}` has"),
        "`.map(..)` to a record that has none: text, numbers, times, lists and structs of those",
    )
}
