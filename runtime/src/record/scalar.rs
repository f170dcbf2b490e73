//! Numbers, `bool`, `char`, times and `()`: records that are their own view.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use crate::time::{Span, Timestamp, Window};

use rkyv::tuple::ArchivedTuple2;

use super::key::task_hash_of_bytes;
use super::{Emit, Key, KeyBytes, Layout, Record, Root, SliceView, Tails, key_hash_of_bytes};

type ArchivedWindow = ArchivedTuple2<rkyv::Archived<i64>, rkyv::Archived<i64>>;

#[inline(always)]
fn window(archived: &ArchivedWindow) -> Window {
    let [start, end] = [archived.0, archived.1].map(|time| Timestamp(time.to_native()));
    Window { start, end }
}

#[inline(always)]
fn window_bytes(window: Window) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&window.start.0.to_le_bytes());
    bytes[8..].copy_from_slice(&window.end.0.to_le_bytes());
    bytes
}

macro_rules! scalars {
    ($($type:ty => $archived:ty, |$a:ident| $view:expr, |$v:ident| $bytes:expr;)*) => {$(
        // SAFETY: little-endian bytes, as `root` writes them.
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
                layout.scalar(stringify!($type));
            }
        }
        // SAFETY: `root` writes the little-endian bytes of the value, which is what rkyv archives it as.
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
                let $v = *self;
                out.put($bytes);
            }
            #[inline(always)]
            fn slice_view(items: &[$type]) -> SliceView<'_, $type> {
                SliceView::owned(items)
            }
            #[inline(always)]
            fn plain_bytes(items: &[$type]) -> Option<&[u8]> {
                // SAFETY: these types have no padding, so their memory is initialised bytes.
                cfg!(target_endian = "little").then(|| unsafe {
                    std::slice::from_raw_parts(items.as_ptr().cast(), size_of_val(items))
                })
            }
        }
    )*};
}

macro_rules! keys {
    ($($type:ty, |$v:ident| $bytes:expr;)*) => {$(
        impl Key for $type {
            #[inline(always)]
            fn write_key($v: $type, out: &mut impl KeyBytes) {
                out.bytes(&$bytes);
            }
            #[inline(always)]
            fn key_hash($v: $type) -> u64 {
                key_hash_of_bytes(&$bytes)
            }
            #[inline(always)]
            fn task_hash($v: $type) -> u64 {
                task_hash_of_bytes($bytes)
            }
            #[inline(always)]
            fn same_key(a: $type, b: $type) -> bool {
                a == b
            }
        }
    )*};
}

scalars! {
    u8 => u8, |a| *a, |v| v.to_le_bytes();
    i8 => i8, |a| *a, |v| v.to_le_bytes();
    u16 => rkyv::Archived<u16>, |a| a.to_native(), |v| v.to_le_bytes();
    i16 => rkyv::Archived<i16>, |a| a.to_native(), |v| v.to_le_bytes();
    u32 => rkyv::Archived<u32>, |a| a.to_native(), |v| v.to_le_bytes();
    i32 => rkyv::Archived<i32>, |a| a.to_native(), |v| v.to_le_bytes();
    u64 => rkyv::Archived<u64>, |a| a.to_native(), |v| v.to_le_bytes();
    i64 => rkyv::Archived<i64>, |a| a.to_native(), |v| v.to_le_bytes();
    u128 => rkyv::Archived<u128>, |a| a.to_native(), |v| v.to_le_bytes();
    i128 => rkyv::Archived<i128>, |a| a.to_native(), |v| v.to_le_bytes();
    f32 => rkyv::Archived<f32>, |a| a.to_native(), |v| v.to_le_bytes();
    f64 => rkyv::Archived<f64>, |a| a.to_native(), |v| v.to_le_bytes();
    bool => bool, |a| *a, |v| [u8::from(v)];
    char => rkyv::Archived<char>, |a| a.to_native(), |v| u32::from(v).to_le_bytes();
    () => (), |_a| (), |_v| [];
    Timestamp => rkyv::Archived<i64>, |a| Timestamp(a.to_native()), |v| v.0.to_le_bytes();
    Span => rkyv::Archived<i64>, |a| Span(a.to_native()), |v| v.0.to_le_bytes();
    Window => ArchivedWindow, |a| window(a), |v| window_bytes(v);
}

keys! {
    u8, |v| v.to_le_bytes();
    i8, |v| v.to_le_bytes();
    u16, |v| v.to_le_bytes();
    i16, |v| v.to_le_bytes();
    u32, |v| v.to_le_bytes();
    i32, |v| v.to_le_bytes();
    u64, |v| v.to_le_bytes();
    i64, |v| v.to_le_bytes();
    u128, |v| v.to_le_bytes();
    i128, |v| v.to_le_bytes();
    bool, |v| [u8::from(v)];
    char, |v| u32::from(v).to_le_bytes();
    (), |_v| [0u8; 0];
    Timestamp, |v| v.0.to_le_bytes();
    Span, |v| v.0.to_le_bytes();
    Window, |v| window_bytes(v);
}
