//! Strings: owned `String`, view `&str`.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use std::borrow::Cow;

use rkyv::Portable;
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::{Error, Source};
use rkyv::string::ArchivedString;

use super::{
    Emit, Key, KeyBytes, Layout, Record, Root, SliceView, Tails, Validator, key_hash_of_bytes,
};

/// A string on an exchange or in state: rkyv's, with nothing but filling behind an inline one.
#[repr(transparent)]
#[derive(Debug)]
pub struct ArchivedText(ArchivedString);

// SAFETY: a portable type in a transparent wrapper.
unsafe impl Portable for ArchivedText {}

impl ArchivedText {
    /// The string: what rkyv gives, without its search for the end of an inline one.
    #[inline(always)]
    pub fn as_str(&self) -> &str {
        let (start, len) = self.place();
        // SAFETY: the archive is valid, so these bytes are readable and live as long as it. They are UTF-8, unless there
        // is something behind an inline string's end, which `check_bytes` looks for. The pointer is said not to be null
        // again where it helps: an `Option` of a view is often told from `None` by it.
        unsafe {
            std::hint::assert_unchecked(!start.is_null());
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(start, len))
        }
    }

    /// Where the string starts and how long it is.
    #[inline(always)]
    fn place(&self) -> (*const u8, usize) {
        let start = std::ptr::from_ref(self).cast::<u8>();
        // SAFETY: an archived string is eight bytes.
        let word = u64::from_le_bytes(unsafe { start.cast::<[u8; 8]>().read() });
        if word & 0xc0 == 0x80 {
            let (marked, distance) = (word as u32, (word >> 32) as i32);
            let len = (marked & 0x3f) | ((marked & !0xff) >> 2);
            (start.wrapping_offset(distance as isize), len as usize)
        } else {
            // No byte of UTF-8 has eight leading ones, so only the filling counts.
            (start, INLINE - word.leading_ones() as usize / 8)
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("bytes behind the end of a string")]
struct Unfilled;

// SAFETY: lets rkyv check its string and refuses one that `as_str` would read otherwise than rkyv does.
unsafe impl CheckBytes<Validator<'_>> for ArchivedText {
    unsafe fn check_bytes(value: *const Self, context: &mut Validator<'_>) -> Result<(), Error> {
        // SAFETY: by the caller's promise; the wrapper is transparent, and checked, its string may be looked at.
        let text = unsafe {
            ArchivedString::check_bytes(value.cast(), context)?;
            &*value
        };
        if text.place().1 == text.0.len() { Ok(()) } else { Err(Error::new(Unfilled)) }
    }
}

// SAFETY: `Root::string` writes what rkyv writes: eight bytes inline, else the length and a relative pointer.
unsafe impl Record for String {
    type Archived = ArchivedText;
    type View<'a> = &'a str;
    const FIXED: bool = false;
    #[inline(always)]
    fn view_archived(archived: &ArchivedText) -> &str {
        archived.as_str()
    }
    #[inline(always)]
    fn from_view(view: &str) -> String {
        view.to_owned()
    }
    fn layout(layout: &mut Layout) {
        layout.scalar("String");
    }
}

macro_rules! emit_text {
    ($([$($generics:tt)*] $type:ty, |$owned:ident| $into:expr $(, { $($slice:tt)* })?;)*) => {$(
        // SAFETY: as rkyv writes its own strings.
        unsafe impl<$($generics)*> Emit for $type {
            type Record = String;
            type Resolver = TextResolver;
            #[inline(always)]
            fn as_view(&self) -> &str {
                self
            }
            #[inline(always)]
            fn into_record(self) -> String {
                let $owned = self;
                $into
            }
            #[inline(always)]
            fn room(&self) -> usize {
                // Also for one that lies inline: to ask costs more than the bytes.
                self.len()
            }
            #[inline(always)]
            fn tails(&self, out: &mut Tails<'_>) -> TextResolver {
                out.put_text(self)
            }
            #[inline(always)]
            fn root(&self, resolver: TextResolver, out: &mut Root<'_>) {
                out.string(self, resolver);
            }
            $($($slice)*)?
        }
    )*};
}

emit_text! {
    [] String, |text| text, {
        #[inline(always)]
        fn slice_view(items: &[String]) -> SliceView<'_, String> { SliceView::owned(items) }
    };
    [] &str, |text| text.to_owned();
    [] Cow<'_, str>, |text| text.into_owned();
}

/// Where a string's bytes were written, if they do not lie inline.
#[derive(Clone, Copy, Debug)]
pub struct TextResolver(pub(super) u32);

/// Strings up to this length lie in the record's fixed part.
pub(super) const INLINE: usize = 8;

/// A string of at most eight bytes as rkyv lays it out: its bytes, then `0xff`, which UTF-8 does not contain.
#[inline(always)]
pub(super) fn inline_word(text: &[u8]) -> u64 {
    let len = text.len();
    let word = match (text.first_chunk(), text.last_chunk()) {
        // Two halves, which overlap if there are fewer than eight bytes.
        (Some(first), Some(last)) => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            u64::from(first) | (u64::from(last) << ((len - 4) * 8))
        }
        _ if len == 0 => return u64::MAX,
        // The first byte, the one in the middle, the last: all of them, some twice.
        _ => {
            let byte = |at: usize| u64::from(text[at]) << (at * 8);
            byte(0) | byte(len / 2) | byte(len - 1)
        }
    };
    if len == INLINE { word } else { word | (u64::MAX << (len * 8)) }
}

/// A longer string as rkyv lays it out: six bits of its length, the mark `10`, the rest of its length, the distance. It
/// is shorter than 1 GiB, as its buffer is.
#[inline(always)]
pub(super) fn outline_word(len: usize, distance: i32) -> u64 {
    debug_assert!(len < 1 << 30);
    let len = len as u32;
    let marked = (len & 0x3f) | 0x80 | ((len & !0x3f) << 2);
    u64::from(marked) | (u64::from(distance as u32) << 32)
}

impl Key for String {
    #[inline]
    fn write_key(view: &str, out: &mut impl KeyBytes) {
        out.bytes(&(view.len() as u32).to_le_bytes());
        out.bytes(view.as_bytes());
    }
    #[inline(always)]
    fn key_hash(view: &str) -> u64 {
        key_hash_of_bytes(view.as_bytes())
    }
    #[inline(always)]
    fn same_key(a: &str, b: &str) -> bool {
        a == b
    }
}
