//! Keys: one 64-bit hash over canonical bytes, the same on every machine and in every version.

use xxhash_rust::xxh3::xxh3_64;

use super::{Record, View};

/// A record by which a stream can be keyed.
///
/// Equal keys have equal canonical bytes and the other way round; that is why floats (`-0.0`, `NaN`) and types that
/// hold them are no keys. The bytes and their hash are on disk for ever: they never change.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a stream key",
    label = "not a key",
    note = "to fix: key by integers, strings, times, or records and tuples of those; floats have no canonical bytes"
)]
pub trait Key: Record {
    /// Writes the canonical bytes, self-delimiting: what has no fixed length is preceded by its length.
    fn write_key(view: View<'_, Self>, out: &mut impl KeyBytes);

    /// `xxh3_64` (seed 0) of the canonical bytes. A lone string's canonical bytes are its UTF-8 bytes, without length.
    #[inline]
    fn key_hash(view: View<'_, Self>) -> u64 {
        let mut bytes = InlineBytes::default();
        Self::write_key(view, &mut bytes);
        key_hash_of_bytes(bytes.as_slice())
    }

    /// A hash that one task keeps to itself: where there is none that costs less, the one above.
    #[doc(hidden)]
    #[inline(always)]
    fn task_hash(view: View<'_, Self>) -> u64 {
        Self::key_hash(view)
    }

    /// Whether two keys are equal.
    fn same_key(a: View<'_, Self>, b: View<'_, Self>) -> bool;
}

/// Where canonical key bytes are written.
pub trait KeyBytes {
    /// Appends bytes.
    fn bytes(&mut self, bytes: &[u8]);
}

impl KeyBytes for Vec<u8> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// The hash of canonical key bytes: `xxh3_64`, seed 0.
#[inline(always)]
pub fn key_hash_of_bytes(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// Another hash of fixed bytes: both halves of a product, where they fit a word.
#[inline(always)]
pub(super) fn task_hash_of_bytes<const N: usize>(bytes: [u8; N]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut word = [0; 8];
    let Some(start) = word.get_mut(..N) else { return key_hash_of_bytes(&bytes) };
    start.copy_from_slice(&bytes);
    let (low, high) = u64::from_le_bytes(word).carrying_mul(ODD, 0);
    low ^ high
}

/// Canonical bytes of a compound key: on the stack while they fit.
#[derive(Default)]
struct InlineBytes {
    inline: ([u8; 32], usize),
    spilled: Vec<u8>,
}

impl InlineBytes {
    fn as_slice(&self) -> &[u8] {
        if self.spilled.is_empty() { &self.inline.0[..self.inline.1] } else { &self.spilled }
    }
}

impl KeyBytes for InlineBytes {
    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        let end = self.inline.1 + bytes.len();
        if self.spilled.is_empty() && end <= self.inline.0.len() {
            self.inline.0[self.inline.1..end].copy_from_slice(bytes);
            self.inline.1 = end;
        } else {
            if self.spilled.is_empty() {
                self.spilled.extend_from_slice(&self.inline.0[..self.inline.1]);
            }
            self.spilled.extend_from_slice(bytes);
        }
    }
}
