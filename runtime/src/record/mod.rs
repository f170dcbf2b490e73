//! Records: what can cross an exchange and live in state.
//!
//! A record has three forms: the owned Rust value, its *archive* (the bytes rkyv would write: little-endian, 32-bit
//! relative pointers, no alignment) and its *view*, a `Copy` value that borrows from either. User closures see views
//! only, so that they mean the same before and after an exchange.
//!
//! ```text
//!   Bid ───────── as_view ──────────▶ BidRef<'_> ◀──────── view_archived ───────── ArchivedBid
//!    ▲                                   │    │                                       ▲
//!    └────────── into_record ────────────┘    └──────── tails, root (Arena::put) ─────┘
//! ```
//!
//! `#[record]` makes all this for a type. Bytes from outside are checked by [`validate`]; layouts are compared by
//! [`fingerprint`]. A container's view is a type of its own ([`SliceView`], [`BoxView`], [`MapView`], ..) that looks the
//! same wherever the elements lie.
//!
//! An archive is written in two steps, as in rkyv: first everything out of line ([`Emit::tails`]), then the fixed part
//! ([`Emit::root`]), field by field in declaration order; since nothing is aligned, there is no padding between fields.
//! Room for all of it is made before ([`Emit::room`]), so that neither step asks for any.

#![allow(unsafe_code)] // Declares the unsafe traits `Record` and `Emit`.

mod arena;
mod array;
mod boxed;
mod decimal;
mod element;
mod key;
mod layout;
mod list;
mod map;
mod option;
mod ranked;
mod reverse;
mod root;
mod scalar;
mod shape;
mod slice_view;
mod tails;
mod text;
mod tuple;
mod validate;

pub use arena::Arena;
pub use boxed::BoxView;
pub use element::Element;
pub use key::{Key, KeyBytes, key_hash_of_bytes};
pub(crate) use layout::{ARCHIVES, ConvertOld};
pub use layout::{Evolved, Layout, WriteDefault, default_of, fingerprint};
pub use list::ListResolver;
pub use map::{Entries, HashMapView, HashSetView, Lookup, MapView, SetView};
pub use ranked::Ranked;
pub use root::Root;
pub use rust_decimal::Decimal;
pub(crate) use shape::{Migration, Shape};
pub use slice_view::{SliceIter, SliceView};
pub use tails::Tails;
pub(crate) use tails::list_room;
pub use uuid::Uuid;
pub use validate::{Invalid, Validator, check_field, check_tag, unknown_tag, validate};

use rkyv::Portable;
use rkyv::api::high::HighValidator;
use rkyv::bytecheck::CheckBytes;

/// The view of a record `T`: what closures see.
pub type View<'a, T> = <T as Record>::View<'a>;

/// A type that can cross an exchange and live in state. Implemented by `#[record]` and for the field types.
///
/// # Safety
/// `Archived` must be exactly what [`Emit::root`] of every `Emit<Record = Self>` writes, have no padding and
/// alignment 1. Only `#[record]` and this crate implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a record",
    label = "cannot cross an exchange or live in state",
    note = "to fix: put `#[record]` on the type, or use one of the field types listed in the documentation of `#[record]`"
)]
pub unsafe trait Record: Emit<Record = Self> + Sized + 'static {
    /// The form on exchanges and in state.
    type Archived: Portable + for<'a> CheckBytes<HighValidator<'a, rkyv::rancor::Error>>;
    /// What closures see: `Copy`, borrowing from an owned value or from an archive.
    type View<'a>: Copy + Emit<Record = Self>;
    /// True if nothing of the record is out of line, so that archives lie at a fixed stride.
    const FIXED: bool;
    /// The columns of a struct with named fields, as text formats call them; empty for other types.
    const COLUMNS: &'static [&'static str] = &[];

    /// The view of an archive.
    fn view_archived(archived: &Self::Archived) -> Self::View<'_>;
    /// Takes a copy out of a view.
    fn from_view(view: Self::View<'_>) -> Self;
    /// Describes names, types and order of all fields, recursively; see [`fingerprint`].
    fn layout(layout: &mut Layout);
}

/// Anything a pipeline can carry: a record, its view, a `…With`, and combinations of those. What closures may return.
///
/// # Safety
/// `tails` must write at most `room` bytes, and `root` exactly `size_of::<<Self::Record as Record>::Archived>()` bytes that are a valid archive given
/// what `tails` wrote. Only `#[record]` and this crate implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be carried by a stream",
    label = "neither a record nor a view of one",
    note = "to fix: return a type marked `#[record]`, its view, a number (of `usize`, write `as u64`), a string, an `Option`, a `Vec` or a tuple of those"
)]
pub unsafe trait Emit {
    /// The record this is a form of.
    type Record: Record;
    /// What `root` needs to know of what `tails` wrote.
    type Resolver;
    /// Borrows the view.
    fn as_view(&self) -> View<'_, Self::Record>;
    /// The owned record; moved where `self` owns it.
    fn into_record(self) -> Self::Record
    where
        Self: Sized;
    /// The most that `tails` writes, in bytes.
    fn room(&self) -> usize;
    /// Writes what lies out of line.
    fn tails(&self, out: &mut Tails<'_>) -> Self::Resolver;
    /// Writes the fixed part.
    fn root(&self, resolver: Self::Resolver, out: &mut Root<'_>);

    /// The view of a list of these. Records override it, so that the elements of an owned list are reached directly.
    #[doc(hidden)]
    #[inline(always)]
    fn slice_view(items: &[Self]) -> SliceView<'_, Self::Record>
    where
        Self: Sized,
    {
        SliceView::erased(items)
    }

    /// The bytes of these items' archive, if they lie in memory as they do there.
    #[doc(hidden)]
    #[inline(always)]
    fn plain_bytes(_items: &[Self]) -> Option<&[u8]>
    where
        Self: Sized,
    {
        None
    }
}

/// Fixes a closure's parameter type before its body is checked, so that users write no types.
#[inline(always)]
pub fn apply<X, R>(x: X, f: impl FnOnce(X) -> R) -> R {
    f(x)
}

/// The example in the documentation of `#[record]` stands in a crate that cannot run it.
#[cfg(doctest)]
#[doc = include_str!("../../../macros/src/record.md")]
mod attribute {}
