//! Values as JSON: what people see of state.

use serde_json::{Map, Number, Value as Json};

use super::{At, Field, Node, Scalar, Shape, Value};

impl Shape {
    /// A value of this shape. Numbers that JSON's readers may not hold are texts; so are floats that are no numbers.
    pub(crate) fn show(&self, value: &Value) -> Json {
        self.one(self.root, value)
    }

    fn one(&self, of: At, value: &Value) -> Json {
        match (self.node(of), value) {
            (Node::Scalar(scalar), value) => scalar_json(*scalar, value),
            (Node::Option(of), Value::Option(Some(value))) => self.one(*of, value),
            (Node::Option(_), _) => Json::Null,
            (Node::Box(of) | Node::Reverse(of), value) => self.one(*of, value),
            (Node::List(_, _, of) | Node::Array(_, of), Value::Parts(parts)) => {
                parts.iter().map(|part| self.one(*of, part)).collect()
            }
            (Node::Tuple(types), Value::Parts(parts)) => {
                types.iter().zip(parts).map(|(of, part)| self.one(*of, part)).collect()
            }
            (Node::Map(_, key, of), Value::Entries(entries)) => {
                let entry = |(first, second): &(Value, Value)| {
                    Json::Array(vec![self.one(*key, first), self.one(*of, second)])
                };
                entries.iter().map(entry).collect()
            }
            (Node::Record { fields, .. }, Value::Parts(parts)) => self.fields(fields, parts),
            (Node::Enum { variants, .. }, Value::Variant(tag, parts)) => {
                let variant = &variants[*tag];
                if variant.fields.is_empty() {
                    return Json::String(variant.name.clone());
                }
                let fields = self.fields(&variant.fields, parts);
                Json::Object(Map::from_iter([(variant.name.clone(), fields)]))
            }
            (node, value) => unreachable!("{value:?} is no {node:?}"),
        }
    }

    /// An object, or a list where fields have no names.
    fn fields(&self, fields: &[Field], parts: &[Value]) -> Json {
        let shown = fields.iter().zip(parts);
        let shown = shown.map(|(field, part)| (field.name.clone(), self.one(field.of, part)));
        if fields.first().is_some_and(|field| field.name == "0") {
            shown.map(|(_, json)| json).collect()
        } else {
            Json::Object(shown.collect())
        }
    }
}

fn scalar_json(scalar: Scalar, value: &Value) -> Json {
    let float = |number: f64| {
        Number::from_f64(number).map_or_else(|| Json::String(number.to_string()), Json::Number)
    };
    match (scalar, value) {
        (_, Value::Bool(is)) => Json::Bool(*is),
        (_, Value::Unsigned(number)) => match u64::try_from(*number) {
            Ok(number) => number.into(),
            Err(_) => Json::String(number.to_string()),
        },
        (_, Value::Signed(number)) => match i64::try_from(*number) {
            Ok(number) => number.into(),
            Err(_) => Json::String(number.to_string()),
        },
        (_, Value::F32(bits)) => float(f32::from_bits(*bits).into()),
        (_, Value::F64(bits)) => float(f64::from_bits(*bits)),
        (_, Value::Char(letter)) => Json::String(letter.to_string()),
        (_, Value::Text(text)) => Json::String(text.clone()),
        (_, Value::Window(start, end)) => Json::Array(vec![(*start).into(), (*end).into()]),
        (Scalar::Uuid, Value::Bytes(bytes)) => {
            Json::String(uuid::Uuid::from_bytes(*bytes).to_string())
        }
        (_, Value::Bytes(bytes)) => {
            Json::String(rust_decimal::Decimal::deserialize(*bytes).to_string())
        }
        _ => Json::Null,
    }
}

impl Value {
    /// The hash of a key and what stands behind it, if it is what lies in a block of state.
    pub(crate) fn into_entry(self) -> Option<(u64, Value)> {
        let Value::Parts(parts) = self else { return None };
        let [Value::Unsigned(hash), entry] = <[Value; 2]>::try_from(parts).ok()? else {
            return None;
        };
        Some((u64::try_from(hash).ok()?, entry))
    }
}
