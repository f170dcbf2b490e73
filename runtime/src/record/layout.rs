//! Layout fingerprints: names, types and order of a record's fields, recursively.

use std::any::TypeId;

use xxhash_rust::xxh3::xxh3_64;

use super::Record;

/// A textual description of a record's layout, such as `Bid{auction:u64,url:String,}`, and what is known of its past.
#[derive(Default, Debug)]
pub struct Layout {
    text: String,
    open: Vec<(TypeId, &'static str)>,
    evolved: Vec<Evolved>,
}

/// A field that earlier layouts called something else or did not have; migration reads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Evolved {
    /// The record, or the variant, that has the field.
    pub record: &'static str,
    /// The field's name.
    pub field: &'static str,
    /// What it was called before: `#[was("..")]`.
    pub was: &'static [&'static str],
    /// True if it may be missing and is then `Default::default()`: `#[default]`.
    pub has_default: bool,
}

impl Layout {
    /// The layout of `T`.
    pub fn of<T: Record>() -> Self {
        let mut layout = Layout::default();
        T::layout(&mut layout);
        layout
    }

    /// A type without structure.
    pub fn scalar(&mut self, name: &'static str) {
        self.text.push_str(name);
    }

    /// A type with parameters, such as `Option<..>`: `parts` describes them, separated by [`Layout::comma`].
    pub fn generic(&mut self, name: &'static str, parts: impl FnOnce(&mut Layout)) {
        self.text.push_str(name);
        self.text.push('<');
        parts(self);
        self.text.push('>');
    }

    /// An array of `len` elements.
    pub fn array(&mut self, len: usize, element: impl FnOnce(&mut Layout)) {
        self.text.push_str(&format!("[{len};"));
        element(self);
        self.text.push(']');
    }

    /// A named record `T`; a record inside itself is written as its name and how many records further out it began.
    pub fn record<T: 'static>(&mut self, name: &'static str, fields: impl FnOnce(&mut Layout)) {
        self.text.push_str(name);
        let id = TypeId::of::<T>();
        if let Some(distance) = self.open.iter().rev().position(|(open, _)| *open == id) {
            self.text.push_str(&format!("^{distance}"));
            return;
        }
        self.open.push((id, name));
        self.text.push('{');
        fields(self);
        self.text.push('}');
        self.open.pop();
    }

    /// A variant of an enum.
    pub fn variant(&mut self, name: &'static str, fields: impl FnOnce(&mut Layout)) {
        self.text.push_str(name);
        self.text.push('(');
        fields(self);
        self.text.push_str("),");
    }

    /// A named field of type `T`.
    pub fn field<T: Record>(&mut self, name: &'static str) {
        self.text.push_str(name);
        self.text.push(':');
        T::layout(self);
        self.text.push(',');
    }

    /// A field with a past. Its past is no part of the fingerprint.
    pub fn evolved_field<T: Record>(
        &mut self,
        field: &'static str,
        was: &'static [&'static str],
        has_default: bool,
    ) {
        let record = self.open.last().map_or("", |(_, name)| name);
        self.evolved.push(Evolved { record, field, was, has_default });
        self.field::<T>(field);
    }

    /// Separates two parts.
    pub fn comma(&mut self) {
        self.text.push(',');
    }

    /// The description so far.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The fields with a past.
    pub fn evolved(&self) -> &[Evolved] {
        &self.evolved
    }

    /// Equal for two records whose archives are interchangeable.
    pub fn fingerprint(&self) -> u64 {
        xxh3_64(self.text.as_bytes())
    }
}

/// The layout fingerprint of `T`: two records with the same fingerprint have interchangeable archives.
pub fn fingerprint<T: Record>() -> u64 {
    Layout::of::<T>().fingerprint()
}
