//! Layouts that are read at run time: archives of types that the program does not have.
//!
//! The text of a [`Layout`](super::Layout) says all there is to know of an archive, because an archive has no alignment
//! and no padding: a record's fields lie one behind the other, an enum is a tag and room for its largest variant, and what
//! is out of line is reached by distances.
//!
//! ```text
//!   text ── parse ──▶ Shape ── read ──▶ Value ── migrate ──▶ Value ── write ──▶ archive of another Shape
//!                                         └──── show ──▶ JSON
//! ```
//!
//! Nothing here is fast, and nothing is believed: texts and bytes come from files.

mod key;
mod migrate;
mod parse;
mod read;
mod show;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use migrate::Migration;
pub(crate) use parse::InvalidLayout;
pub(crate) use read::Unreadable;

/// A type's place among the nodes of a shape.
type At = usize;

/// A layout that was parsed. Types are nodes, so that a record may contain itself.
#[derive(Debug)]
pub(crate) struct Shape {
    text: String,
    nodes: Vec<Placed>,
    root: At,
}

/// A type, and where its text begins and ends.
#[derive(Debug)]
struct Placed {
    node: Node,
    text: (usize, usize),
    /// Bytes of the fixed part of its archive.
    size: usize,
}

#[derive(Clone, PartialEq, Debug)]
enum Node {
    Scalar(Scalar),
    Option(At),
    /// A list by its name; `true` if the elements' order is their own: a set.
    List(&'static str, bool, At),
    /// A map by its name: key and value.
    Map(&'static str, At, At),
    Box(At),
    Reverse(At),
    Tuple(Vec<At>),
    Array(usize, At),
    Record {
        name: String,
        fields: Vec<Field>,
    },
    Enum {
        name: String,
        variants: Vec<Variant>,
    },
}

#[derive(Clone, PartialEq, Debug)]
struct Field {
    name: String,
    /// Where it begins in the text: what is known of its past is known by that.
    text: usize,
    of: At,
}

#[derive(Clone, PartialEq, Debug)]
struct Variant {
    name: String,
    fields: Vec<Field>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scalar {
    Unsigned(usize),
    Signed(usize),
    F32,
    F64,
    Bool,
    Char,
    Unit,
    Timestamp,
    Span,
    Window,
    Text,
    Decimal,
    Uuid,
}

/// A value of any shape.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Unit,
    Bool(bool),
    Unsigned(u128),
    Signed(i128),
    /// The bits of a float: not every NaN survives as a number.
    F32(u32),
    F64(u64),
    Char(char),
    Text(String),
    /// A decimal or a UUID, as archived.
    Bytes([u8; 16]),
    Window(i64, i64),
    Option(Option<Box<Value>>),
    /// The elements of a list, an array, a set, a tuple or a record.
    Parts(Vec<Value>),
    Entries(Vec<(Value, Value)>),
    Variant(usize, Vec<Value>),
}

const SCALARS: [(&str, Scalar); 21] = [
    ("u8", Scalar::Unsigned(1)),
    ("u16", Scalar::Unsigned(2)),
    ("u32", Scalar::Unsigned(4)),
    ("u64", Scalar::Unsigned(8)),
    ("u128", Scalar::Unsigned(16)),
    ("i8", Scalar::Signed(1)),
    ("i16", Scalar::Signed(2)),
    ("i32", Scalar::Signed(4)),
    ("i64", Scalar::Signed(8)),
    ("i128", Scalar::Signed(16)),
    ("f32", Scalar::F32),
    ("f64", Scalar::F64),
    ("bool", Scalar::Bool),
    ("char", Scalar::Char),
    ("()", Scalar::Unit),
    ("Timestamp", Scalar::Timestamp),
    ("Span", Scalar::Span),
    ("Window", Scalar::Window),
    ("String", Scalar::Text),
    ("Decimal", Scalar::Decimal),
    ("Uuid", Scalar::Uuid),
];

impl Scalar {
    fn name(self) -> &'static str {
        let known = SCALARS.iter().find(|(_, scalar)| *scalar == self);
        known.map_or("", |(name, _)| name)
    }

    fn size(self) -> usize {
        match self {
            Scalar::Unsigned(size) | Scalar::Signed(size) => size,
            Scalar::Unit => 0,
            Scalar::Bool => 1,
            Scalar::F32 | Scalar::Char => 4,
            Scalar::F64 | Scalar::Timestamp | Scalar::Span | Scalar::Text => 8,
            Scalar::Window | Scalar::Decimal | Scalar::Uuid => 16,
        }
    }
}

impl Shape {
    fn node(&self, at: At) -> &Node {
        &self.nodes[at].node
    }

    fn size(&self, at: At) -> usize {
        self.nodes[at].size
    }

    /// The text of one of its types.
    fn text_of(&self, at: At) -> &str {
        let (start, end) = self.nodes[at].text;
        &self.text[start..end]
    }

    /// Bytes between two archives that lie side by side; none if they are reached by offsets, since something of them
    /// is out of line.
    pub(crate) fn stride(&self) -> Option<usize> {
        self.is_fixed(self.root).then(|| self.size(self.root))
    }

    fn is_fixed(&self, at: At) -> bool {
        let all = |fields: &[Field]| fields.iter().all(|field| self.is_fixed(field.of));
        match self.node(at) {
            Node::Scalar(scalar) => *scalar != Scalar::Text,
            Node::List(..) | Node::Map(..) | Node::Box(_) => false,
            Node::Option(of) | Node::Reverse(of) | Node::Array(_, of) => self.is_fixed(*of),
            Node::Tuple(parts) => parts.iter().all(|part| self.is_fixed(*part)),
            Node::Record { fields, .. } => all(fields),
            Node::Enum { variants, .. } => variants.iter().all(|variant| all(&variant.fields)),
        }
    }
}
