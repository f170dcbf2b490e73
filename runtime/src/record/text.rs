//! Strings: owned `String`, view `&str`.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use std::borrow::Cow;

use rkyv::string::{ArchivedString, StringResolver};

use super::{Arena, Emit, Key, KeyBytes, Layout, Record, Root, SliceView, key_hash_of_bytes};

// SAFETY: `root` lets rkyv write its own string.
unsafe impl Record for String {
    type Archived = ArchivedString;
    type View<'a> = &'a str;
    const FIXED: bool = false;
    #[inline(always)]
    fn view_archived(archived: &ArchivedString) -> &str {
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
        // SAFETY: `tails` and `root` let rkyv write its own string.
        unsafe impl<$($generics)*> Emit for $type {
            type Record = String;
            type Resolver = StringResolver;
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
            fn tails(&self, out: &mut Arena) -> StringResolver {
                ArchivedString::serialize_from_str(self, out).unwrap_or_else(|never| match never {})
            }
            #[inline(always)]
            fn root(&self, resolver: StringResolver, out: &mut Root<'_>) {
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
