//! Layout fingerprints: names, types and order of a record's fields, recursively.

use xxhash_rust::xxh3::xxh3_64;

use super::Record;

/// A textual description of a record's layout, such as `Bid{auction:u64,url:String}`.
#[derive(Default, Debug)]
pub struct Layout {
    text: String,
    open: Vec<&'static str>,
}

impl Layout {
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

    /// A named record; a record inside itself is written by its name only.
    pub fn record(&mut self, name: &'static str, fields: impl FnOnce(&mut Layout)) {
        self.text.push_str(name);
        if self.open.contains(&name) {
            return;
        }
        self.open.push(name);
        self.text.push('{');
        fields(self);
        self.text.push('}');
        self.open.pop();
    }

    /// A named field of type `T`.
    pub fn field<T: Record>(&mut self, name: &'static str) {
        self.text.push_str(name);
        self.text.push(':');
        T::layout(self);
        self.text.push(',');
    }

    /// Separates two parts.
    pub fn comma(&mut self) {
        self.text.push(',');
    }

    /// The description so far.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The layout fingerprint of `T`: two records with the same fingerprint have interchangeable archives.
pub fn fingerprint<T: Record>() -> u64 {
    let mut layout = Layout::default();
    T::layout(&mut layout);
    xxh3_64(layout.text.as_bytes())
}
