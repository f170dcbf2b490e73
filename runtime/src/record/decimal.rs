//! `Decimal` and `Uuid`: sixteen bytes each, their own view.
#![allow(unsafe_code)] // Implements the unsafe traits `Record`, `Emit` and `CheckBytes`.

use std::cmp::Ordering;

use rkyv::Portable;
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::{Error, Source};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{
    Element, Emit, Key, KeyBytes, Layout, Ranked, Record, Root, SliceView, Tails, Validator,
};

/// A [`Decimal`] on an exchange or in state: flags, then 96 bits, little-endian.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct ArchivedDecimal([u8; 16]);

// SAFETY: bytes.
unsafe impl Portable for ArchivedDecimal {}

#[derive(Debug, thiserror::Error)]
#[error("a decimal has at most 28 digits behind the point")]
struct InvalidDecimal;

// SAFETY: all bytes are valid; this refuses those that no decimal has.
unsafe impl CheckBytes<Validator<'_>> for ArchivedDecimal {
    unsafe fn check_bytes(value: *const Self, _: &mut Validator<'_>) -> Result<(), Error> {
        // SAFETY: by the caller's promise.
        let [low, high, scale, sign, ..] = unsafe { (*value).0 };
        let is_valid = low == 0 && high == 0 && scale <= 28 && sign & 0x7f == 0;
        if is_valid { Ok(()) } else { Err(Error::new(InvalidDecimal)) }
    }
}

macro_rules! sixteen_bytes {
    ($($type:ty => $archived:ty, $name:literal, |$a:ident| $view:expr, |$v:ident| $bytes:expr, |$k:ident| $key:expr;)*) => {$(
        // SAFETY: sixteen bytes.
        unsafe impl Record for $type {
            type Archived = $archived;
            type View<'a> = $type;
            const FIXED: bool = true;
            #[inline(always)]
            fn view_archived($a: &$archived) -> $type {
                $view
            }
            #[inline(always)]
            fn from_view(view: $type) -> $type {
                view
            }
            fn layout(layout: &mut Layout) {
                layout.scalar($name);
            }
        }
        impl Element for $type {}
        // SAFETY: writes sixteen bytes.
        unsafe impl Emit for $type {
            type Record = $type;
            type Resolver = ();
            #[inline(always)]
            fn as_view(&self) -> $type {
                *self
            }
            #[inline(always)]
            fn into_record(self) -> $type {
                self
            }
            #[inline(always)]
            fn room(&self) -> usize {
                0
            }
            #[inline(always)]
            fn tails(&self, _: &mut Tails<'_>) {}
            #[inline(always)]
            fn root(&self, (): (), out: &mut Root<'_>) {
                let $v = self;
                out.put($bytes);
            }
            #[inline(always)]
            fn slice_view(items: &[$type]) -> SliceView<'_, $type> {
                SliceView::owned(items)
            }
        }
        impl Key for $type {
            #[inline]
            fn write_key($k: $type, out: &mut impl KeyBytes) {
                out.bytes(&$key);
            }
            #[inline]
            fn same_key(a: $type, b: $type) -> bool {
                a == b
            }
        }
        impl Ranked for $type {
            #[inline]
            fn rank(a: $type, b: $type) -> Ordering {
                a.cmp(&b)
            }
        }
    )*};
}

// Equal decimals may differ in their number of zeros behind the point; as keys they are one.
sixteen_bytes! {
    Decimal => ArchivedDecimal, "Decimal", |a| Decimal::deserialize(a.0), |v| v.serialize(),
        |k| k.normalize().serialize();
    Uuid => [u8; 16], "Uuid", |a| Uuid::from_bytes(*a), |v| *v.as_bytes(), |k| *k.as_bytes();
}
