//! Bytes from outside are checked before they are believed to be an archive.
#![allow(unsafe_code)] // Turns checked bytes into archives.

use std::fmt;
use std::num::NonZeroUsize;

use rkyv::api::access_pos_with_context;
use rkyv::api::high::HighValidator;
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::{Error, Source, Trace};
use rkyv::validation::Validator as Ranges;
use rkyv::validation::archive::ArchiveValidator;
use rkyv::validation::shared::SharedValidator;

use super::{Record, View};

/// What checks an archive: it knows which bytes are left for what the archive points to.
pub type Validator<'a> = HighValidator<'a, Error>;

/// Boxes and lists in an archive may lie this deep in each other; a checker that goes deeper could end its thread.
const MAX_DEPTH: NonZeroUsize = NonZeroUsize::new(128).expect("not zero");

/// Bytes that are no archive of the record they should be.
#[derive(Debug, thiserror::Error)]
#[error("not a valid archive of `{record}` at byte {offset}: {cause}")]
pub struct Invalid {
    record: &'static str,
    offset: usize,
    cause: Error,
}

/// The view of the archive of a `T` at `offset`, if there is one.
///
/// What it costs grows with the archive, not with `bytes`. Values that no program wrote but that are well-formed, such as
/// a list whose parts overlap nothing but are unused, are accepted.
///
/// # Errors
/// If the bytes are too short, or a length, pointer, tag, `char`, `bool` or string within is wrong, or if its parts lie
/// more than 128 deep in each other.
pub fn validate<T: Record>(bytes: &[u8], offset: usize) -> Result<View<'_, T>, Invalid> {
    let ranges = ArchiveValidator::with_max_depth(bytes, Some(MAX_DEPTH));
    let mut validator = Ranges::new(ranges, SharedValidator::new());
    let archived = access_pos_with_context::<T::Archived, _, Error>(bytes, offset, &mut validator);
    let record = std::any::type_name::<T>();
    archived.map(T::view_archived).map_err(|cause| Invalid { record, offset, cause })
}

/// Checks the field at `at` and moves behind it.
///
/// # Safety
/// `at` points to as many readable bytes as an archived `T` has.
#[inline]
pub unsafe fn check_field<T: Record>(
    at: &mut *const u8,
    context: &mut Validator<'_>,
    record: &'static str,
    field: &'static str,
) -> Result<(), Error> {
    let value = at.cast::<T::Archived>();
    // SAFETY: by the caller's promise; archives have alignment 1.
    let checked = unsafe { T::Archived::check_bytes(value, context) };
    // SAFETY: at most one past the end of those bytes.
    *at = unsafe { at.add(size_of::<T::Archived>()) };
    checked.map_err(|error| error.trace(InField { record, field }))
}

/// Reads the tag at `at` and moves behind it.
///
/// # Safety
/// `at` points to a readable byte.
#[inline]
pub unsafe fn check_tag(at: &mut *const u8) -> u8 {
    // SAFETY: by the caller's promise.
    unsafe {
        let tag = **at;
        *at = at.add(1);
        tag
    }
}

/// The error for a tag that no variant has.
pub fn unknown_tag(tag: u8, record: &'static str) -> Result<(), Error> {
    Err(Error::new(UnknownTag { record, tag }))
}

#[derive(Debug, thiserror::Error)]
#[error("`{record}` has no variant {tag}")]
struct UnknownTag {
    record: &'static str,
    tag: u8,
}

#[derive(Debug)]
struct InField {
    record: &'static str,
    field: &'static str,
}

impl fmt::Display for InField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in field `{}` of `{}`", self.field, self.record)
    }
}
