//! Layout fingerprints: names, types and order of a record's fields, recursively.

use std::any::TypeId;

use xxhash_rust::xxh3::xxh3_64;

use super::{Arena, Invalid, Record, validate};

/// A textual description of a record's layout, such as `Bid{auction:u64,url:String,}`, and what is known of its past.
#[derive(Default, Debug)]
pub struct Layout {
    text: String,
    open: Vec<(TypeId, &'static str)>,
    evolved: Vec<Evolved>,
    ancestors: Vec<Ancestor>,
}

/// How layouts are written and archives are laid out, as manifests name it: what the texts in a manifest mean.
pub(crate) const ARCHIVES: &str = "packed/1";

/// Writes the archive of a value that is missing: bytes, and where its root is.
pub type WriteDefault = fn() -> (Vec<u8>, u32);
/// Makes of the archive of an older record, at a root in some bytes, that of a record of now.
pub(crate) type ConvertOld = fn(&[u8], usize) -> Result<(Vec<u8>, u32), Invalid>;

/// A field that earlier layouts called something else or did not have; migration reads it.
#[derive(Clone, Copy, Debug)]
pub struct Evolved {
    /// The record, or the variant, that has the field.
    pub record: &'static str,
    /// The field's name.
    pub field: &'static str,
    /// What it was called before: `#[was("..")]`.
    pub was: &'static [&'static str],
    /// Writes what it is where it is missing, if it may be: `#[default]`. Returns bytes, and where its archive begins.
    pub default: Option<WriteDefault>,
    /// Where the field begins in the text.
    at: usize,
}

/// What a record used to be: `#[migrate(from = Old)]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ancestor {
    /// Where the record begins in the text.
    pub(crate) at: usize,
    /// The layout that it had.
    pub(crate) layout: fn() -> Layout,
    /// Makes a record of now, in bytes, of one that was.
    pub(crate) convert: ConvertOld,
}

/// The archive of a record of its own.
fn archived<T: Record>(record: &T) -> (Vec<u8>, u32) {
    let mut arena = Arena::default();
    let at = arena.put(record);
    (arena.as_bytes().to_vec(), at)
}

/// Writes the default of a field, for [`Layout::evolved_field`].
#[doc(hidden)]
pub fn default_of<T: Record>(default: T) -> (Vec<u8>, u32) {
    archived(&default)
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
        default: Option<WriteDefault>,
    ) {
        let record = self.open.last().map_or("", |(_, name)| name);
        self.evolved.push(Evolved { record, field, was, default, at: self.text.len() });
        self.field::<T>(field);
    }

    /// Says that the record that is being described was an `Old` before. It is no part of the fingerprint.
    pub fn was<Old: Record, T: Record + From<Old>>(&mut self) {
        // The text goes on behind the record's name and its brace.
        let name = self.open.last().map_or("", |(_, name)| name);
        let at = self.text.len() - name.len() - 1;
        let convert = |bytes: &[u8], offset: usize| {
            let old = Old::from_view(validate::<Old>(bytes, offset)?);
            Ok(archived(&T::from(old)))
        };
        self.ancestors.push(Ancestor { at, layout: Layout::of::<Old>, convert });
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

    /// What is known of the field that begins there in the text.
    pub(crate) fn past_of(&self, at: usize) -> Option<&Evolved> {
        self.evolved.iter().find(|field| field.at == at)
    }

    /// What the record that begins there in the text was before.
    pub(crate) fn ancestors_of(&self, at: usize) -> impl Iterator<Item = &Ancestor> {
        self.ancestors.iter().filter(move |ancestor| ancestor.at == at)
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
