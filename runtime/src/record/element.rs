//! What a record must offer to stand inside a list, a map or a box.

use std::fmt::Debug;

use serde::Serialize;

use super::Record;
use crate::time::{Span, Timestamp, Window};

/// A record whose views can be printed, compared and serialised: every `#[record]` type and every field type.
///
/// It is a trait of its own, implemented without conditions, so that recursive types work: the view of a `Vec<Tree>`
/// is comparable because `Tree` is an `Element`, which is a fact, not a condition that leads back to the `Vec<Tree>`
/// inside `Tree`.
#[diagnostic::on_unimplemented(
    message = "views of `{Self}` cannot be printed, compared and serialised",
    note = "to fix: put `#[record]` on the type, or use one of the field types listed in the documentation of `#[record]`"
)]
pub trait Element: for<'a> Record<View<'a>: Debug + PartialEq + Serialize> {}

impl<T: Element> Element for Option<T> {}
impl Element for () {}

macro_rules! scalar_elements {
    ($($type:ty)*) => {$(impl Element for $type {})*};
}
scalar_elements!(u8 i8 u16 i16 u32 i32 u64 i64 u128 i128 f32 f64 bool char String Timestamp Span Window);

macro_rules! tuple_elements {
    ($(($($part:ident)*))*) => {$(impl<$($part: Element),*> Element for ($($part,)*) {})*};
}
tuple_elements! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
}
