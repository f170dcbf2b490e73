//! What a record looks like, read from the description of its layout: from it formats with a schema make theirs.

use crate::connector::SinkError;
use crate::record::{Layout, Record};

/// A type, as serde sees its values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// A type without structure, by its name.
    Scalar(String),
    Option(Box<Shape>),
    List(Box<Shape>),
    Map(Box<Shape>, Box<Shape>),
    Tuple(Vec<Shape>),
    Record(String, Vec<(String, Shape)>),
    /// Variants with their fields.
    Enum(String, Vec<(String, Vec<(String, Shape)>)>),
    /// A record inside itself.
    Recursive(String),
}

impl Shape {
    /// The shape of `T`, its fields under the names that serde gives them.
    pub(super) fn of<T: Record>() -> Shape {
        let layout = Layout::of::<T>();
        let mut parser = Parser { rest: layout.as_str() };
        let mut shape = parser.shape();
        debug_assert!(parser.rest.is_empty(), "{} of {}", parser.rest, layout.as_str());
        if let Shape::Record(_, fields) = &mut shape
            && fields.len() == T::COLUMNS.len()
        {
            for ((name, _), column) in fields.iter_mut().zip(T::COLUMNS) {
                *name = (*column).to_owned();
            }
        }
        shape
    }

    /// The fields, if it is a record with named ones.
    pub(super) fn fields(&self) -> Option<&[(String, Shape)]> {
        match self {
            Shape::Record(_, fields) if !is_positional(fields) => Some(fields),
            _ => None,
        }
    }
}

fn is_positional(fields: &[(String, Shape)]) -> bool {
    fields.first().is_none_or(|(name, _)| name == "0")
}

/// What a format cannot hold.
#[cold]
pub(super) fn unsupported(format: &str, what: &str, instead: &str) -> SinkError {
    SinkError::new(format!("{format} cannot hold {what}"), instead)
}

struct Parser<'t> {
    rest: &'t str,
}

impl Parser<'_> {
    fn take(&mut self, token: char) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self) -> String {
        if let Some(rest) = self.rest.strip_prefix("()") {
            self.rest = rest;
            return "()".to_owned();
        }
        let end = self.rest.find(['<', '>', '{', '}', '(', ')', '[', ']', ':', ';', ',', '^']);
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word.to_owned()
    }

    fn shape(&mut self) -> Shape {
        if self.take('[') {
            self.word();
            self.take(';');
            let element = self.shape();
            self.take(']');
            return Shape::List(Box::new(element));
        }
        let word = self.word();
        if self.take('<') {
            let mut parts = Vec::new();
            while !self.take('>') {
                parts.push(self.shape());
                self.take(',');
            }
            return generic(&word, parts);
        }
        if self.take('{') {
            return self.record(word);
        }
        if self.take('^') {
            self.word();
            return Shape::Recursive(word);
        }
        Shape::Scalar(word)
    }

    fn record(&mut self, name: String) -> Shape {
        let (mut fields, mut variants) = (Vec::new(), Vec::new());
        while !self.take('}') {
            let word = self.word();
            if self.take('(') {
                variants.push((word, self.fields(')')));
            } else {
                self.take(':');
                fields.push((word, self.shape()));
            }
            self.take(',');
        }
        match (variants.is_empty(), fields.len()) {
            (false, _) => Shape::Enum(name, variants),
            // A newtype is what it wraps.
            (true, 1) if is_positional(&fields) => fields.remove(0).1,
            _ => Shape::Record(name, fields),
        }
    }

    fn fields(&mut self, end: char) -> Vec<(String, Shape)> {
        let mut fields = Vec::new();
        while !self.take(end) {
            let word = self.word();
            self.take(':');
            fields.push((word, self.shape()));
            self.take(',');
        }
        fields
    }
}

fn generic(word: &str, mut parts: Vec<Shape>) -> Shape {
    match (word, parts.len()) {
        ("Option", 1) => Shape::Option(Box::new(parts.remove(0))),
        ("Box" | "Reverse", 1) => parts.remove(0),
        ("tuple", _) => Shape::Tuple(parts),
        (_, 2) => {
            let value = parts.remove(1);
            Shape::Map(Box::new(parts.remove(0)), Box::new(value))
        }
        (_, 1) => Shape::List(Box::new(parts.remove(0))),
        _ => Shape::Tuple(parts),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn layouts_are_read() {
        let scalar = |name: &str| Shape::Scalar(name.to_owned());
        type All = (u64, Option<String>, [Vec<f32>; 2], BTreeMap<u8, BTreeSet<Timestamp>>, ());
        let list = |element| Shape::List(Box::new(element));
        let expected = Shape::Tuple(vec![
            scalar("u64"),
            Shape::Option(Box::new(scalar("String"))),
            list(list(scalar("f32"))),
            Shape::Map(Box::new(scalar("u8")), Box::new(list(scalar("Timestamp")))),
            scalar("()"),
        ]);
        assert_eq!(Shape::of::<All>(), expected);
    }

    #[test]
    fn records_and_enums_are_read() {
        let mut parser = Parser {
            rest: "Bid{id:Id{0:u64,},kind:Kind{Open(),Closed(at:Timestamp,0:u8,),},next:Option<Box<Bid^0>>,}",
        };
        let scalar = |name: &str| Shape::Scalar(name.to_owned());
        let field = |name: &str, shape| (name.to_owned(), shape);
        let closed = vec![field("at", scalar("Timestamp")), field("0", scalar("u8"))];
        let kind = vec![("Open".to_owned(), Vec::new()), ("Closed".to_owned(), closed)];
        let fields = vec![
            field("id", scalar("u64")),
            field("kind", Shape::Enum("Kind".to_owned(), kind)),
            field("next", Shape::Option(Box::new(Shape::Recursive("Bid".to_owned())))),
        ];
        assert_eq!(parser.shape(), Shape::Record("Bid".to_owned(), fields));
        assert_eq!(parser.rest, "");
    }
}
