//! What emitted code needs. Not for users: anything here may change in any version.

// Records (`#[record]`).
pub use crate::record::{
    Arena, Element, Emit, Key, KeyBytes, Layout, Ranked, Record, Root, SliceView, Validator, View,
    check_field, check_tag, unknown_tag,
};
pub use {rkyv, serde};
