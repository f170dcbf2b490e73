//! From a layout's text to its shape.

use super::{At, Field, Node, Placed, SCALARS, Scalar, Shape, Variant};

/// Why a text is no layout.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{text}` is not a layout at byte {at}: {what}")]
pub(crate) struct InvalidLayout {
    text: String,
    at: usize,
    what: &'static str,
}

/// Types inside types: as many as archives may have.
const DEPTH_MAX: usize = 128;
/// Bytes of the fixed part of an archive: more than a buffer holds.
const SIZE_MAX: usize = 1 << 30;

impl Shape {
    /// Reads the text of a layout.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn parse(text: &str) -> Result<Shape, InvalidLayout> {
        let mut parser = Parser { text, at: 0, nodes: Vec::new(), open: Vec::new(), depth: 0 };
        let whole = parser.any().and_then(|root| {
            if parser.at == text.len() { Ok(root) } else { Err("there is something behind it") }
        });
        let at = parser.at;
        let failed = |what| InvalidLayout { text: text.to_owned(), at, what };
        let (root, nodes) = (whole.map_err(failed)?, parser.nodes);
        let mut shape = Shape { text: text.to_owned(), nodes, root };
        shape.measure().map_err(failed)?;
        Ok(shape)
    }

    /// Finds out the sizes of all types.
    fn measure(&mut self) -> Result<(), &'static str> {
        let mut sizes = vec![Size::Unknown; self.nodes.len()];
        for at in 0..self.nodes.len() {
            self.size_of(at, &mut sizes)?;
        }
        for (placed, size) in self.nodes.iter_mut().zip(sizes) {
            let Size::Known(size) = size else { return Err("a type without a size") };
            placed.size = size;
        }
        Ok(())
    }

    fn size_of(&self, at: At, sizes: &mut [Size]) -> Result<usize, &'static str> {
        match sizes[at] {
            Size::Known(size) => return Ok(size),
            Size::Open => {
                return Err("a record that contains itself, but not in a `Box` or a list");
            }
            Size::Unknown => sizes[at] = Size::Open,
        }
        let size = match self.node(at) {
            Node::Scalar(scalar) => scalar.size(),
            Node::Option(of) => 1 + self.size_of(*of, sizes)?,
            Node::List(..) | Node::Map(..) => 8,
            Node::Box(_) => 4,
            Node::Reverse(of) => self.size_of(*of, sizes)?,
            Node::Tuple(parts) => self.sum(parts.iter().copied(), sizes)?,
            Node::Array(len, of) => {
                self.size_of(*of, sizes)?.checked_mul(*len).ok_or("an array that is too long")?
            }
            Node::Record { fields, .. } => self.sum(fields.iter().map(|field| field.of), sizes)?,
            Node::Enum { variants, .. } => {
                let mut most = 0;
                for variant in variants {
                    most = most.max(self.sum(variant.fields.iter().map(|field| field.of), sizes)?);
                }
                1 + most
            }
        };
        if size > SIZE_MAX {
            return Err("a type that is too large");
        }
        sizes[at] = Size::Known(size);
        Ok(size)
    }

    fn sum(
        &self,
        parts: impl Iterator<Item = At>,
        sizes: &mut [Size],
    ) -> Result<usize, &'static str> {
        let mut sum = 0usize;
        for part in parts {
            sum = sum.saturating_add(self.size_of(part, sizes)?);
        }
        Ok(sum)
    }
}

#[derive(Clone, Copy)]
enum Size {
    Unknown,
    Open,
    Known(usize),
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    nodes: Vec<Placed>,
    /// The records that have begun and not ended.
    open: Vec<At>,
    depth: usize,
}

type Parsed<T> = Result<T, &'static str>;

impl<'t> Parser<'t> {
    fn any(&mut self) -> Parsed<At> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("too many types inside each other");
        }
        let start = self.at;
        let at = self.one(start)?;
        self.depth -= 1;
        Ok(at)
    }

    fn one(&mut self, start: usize) -> Parsed<At> {
        if self.takes("[") {
            let (number, _) = self.word()?;
            let len = number.parse().map_err(|_| "a length is a number")?;
            self.expect(";")?;
            let of = self.any()?;
            self.expect("]")?;
            return Ok(self.add(start, Node::Array(len, of)));
        }
        if self.takes("()") {
            return Ok(self.add(start, Node::Scalar(Scalar::Unit)));
        }
        let (word, _) = self.word()?;
        if self.takes("<") {
            let node = self.generic(word)?;
            self.expect(">")?;
            return Ok(self.add(start, node));
        }
        if self.takes("^") {
            let (number, _) = self.word()?;
            let distance: usize = number.parse().map_err(|_| "a distance is a number")?;
            let outer = self.open.iter().rev().nth(distance);
            return outer.copied().ok_or("there is no record so far out");
        }
        if self.takes("{") {
            let at = self.add(start, Node::Tuple(Vec::new()));
            self.open.push(at);
            self.nodes[at].node = self.fields_or_variants(word)?;
            self.open.pop();
            self.nodes[at].text.1 = self.at;
            return Ok(at);
        }
        let scalar = SCALARS.iter().find(|(name, _)| *name == word);
        let (_, scalar) = scalar.ok_or("a type that this version does not know")?;
        Ok(self.add(start, Node::Scalar(*scalar)))
    }

    fn generic(&mut self, name: &str) -> Parsed<Node> {
        Ok(match name {
            "Option" => Node::Option(self.any()?),
            "Box" => Node::Box(self.any()?),
            "Reverse" => Node::Reverse(self.any()?),
            "Vec" => Node::List("Vec", false, self.any()?),
            "ListState" => Node::List("ListState", false, self.any()?),
            "BTreeSet" => Node::List("BTreeSet", true, self.any()?),
            "HashSet" => Node::List("HashSet", true, self.any()?),
            "BTreeMap" => self.map("BTreeMap")?,
            "HashMap" => self.map("HashMap")?,
            "MapState" => self.map("MapState")?,
            "tuple" => {
                let mut parts = Vec::new();
                while !self.text[self.at..].starts_with('>') {
                    parts.push(self.any()?);
                    self.expect(",")?;
                }
                Node::Tuple(parts)
            }
            _ => return Err("a type that this version does not know"),
        })
    }

    fn map(&mut self, name: &'static str) -> Parsed<Node> {
        let key = self.any()?;
        self.expect(",")?;
        Ok(Node::Map(name, key, self.any()?))
    }

    fn fields_or_variants(&mut self, name: &str) -> Parsed<Node> {
        let (name, begun) = (name.to_owned(), self.at);
        if self.takes("}") {
            return Ok(Node::Record { name, fields: Vec::new() });
        }
        self.word()?;
        let is_enum = self.text[self.at..].starts_with('(');
        self.at = begun;
        if !is_enum {
            let fields = self.fields("}")?;
            return Ok(Node::Record { name, fields });
        }
        let mut variants = Vec::new();
        while !self.takes("}") {
            let (name, _) = self.word()?;
            self.expect("(")?;
            let fields = self.fields(")")?;
            self.expect(",")?;
            variants.push(Variant { name: name.to_owned(), fields });
        }
        Ok(Node::Enum { name, variants })
    }

    fn fields(&mut self, end: &str) -> Parsed<Vec<Field>> {
        let mut fields = Vec::new();
        while !self.takes(end) {
            let (name, text) = self.word()?;
            self.expect(":")?;
            let of = self.any()?;
            self.expect(",")?;
            fields.push(Field { name: name.to_owned(), text, of });
        }
        Ok(fields)
    }

    /// A name or a number, and where it begins.
    fn word(&mut self) -> Parsed<(&'t str, usize)> {
        let (start, rest) = (self.at, &self.text[self.at..]);
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let len = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        if len == 0 {
            return Err("a name is missing");
        }
        self.at += len;
        Ok((&rest[..len], start))
    }

    fn takes(&mut self, what: &str) -> bool {
        let takes = self.text[self.at..].starts_with(what);
        self.at += if takes { what.len() } else { 0 };
        takes
    }

    fn expect(&mut self, what: &'static str) -> Parsed<()> {
        if self.takes(what) { Ok(()) } else { Err("another sign belongs here") }
    }

    fn add(&mut self, start: usize, node: Node) -> At {
        self.nodes.push(Placed { node, text: (start, self.at), size: 0 });
        self.nodes.len() - 1
    }
}
