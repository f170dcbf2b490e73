//! Segments: parts of a loop that are compiled apart, in a fragment or around its call, and fused by rustc.

use std::marker::PhantomData;

use super::{Failure, TaskContext, Turn};
use crate::plan::ChainSpec;
use crate::record::{Record, View};
use crate::time::Timestamp;

/// What a segment is told.
pub enum Step<'s, T: Record> {
    /// A record of the loop that the segment stands in.
    Record(Timestamp, View<'s, T>),
    /// The loop is over: windows may fire, scratch batches are read.
    After,
}

/// The type of the records that a fragment returns: an argument of its call before the segment that follows, so that the
/// closures in there are checked with that type.
pub struct Returned<T>(PhantomData<fn() -> T>);

impl<T> Returned<T> {
    /// Of a type that follows from where it is used.
    #[expect(clippy::new_without_default, reason = "only emitted code makes one")]
    pub fn new() -> Returned<T> {
        Returned(PhantomData)
    }
}

impl<T: Record> Returned<T> {
    /// A step of this type.
    #[inline(always)]
    pub fn of(self, step: Step<'_, T>) -> Step<'_, T> {
        step
    }
}

impl<T> Clone for Returned<T> {
    fn clone(&self) -> Returned<T> {
        *self
    }
}

impl<T> Copy for Returned<T> {}

/// A part of a chain, to be opened in each of its tasks.
pub struct Segment<F> {
    /// Its operators, and the exchanges it writes.
    pub spec: ChainSpec,
    /// Opens it.
    pub open: F,
}

impl<F> Segment<F> {
    /// A segment of records of type `T`.
    pub fn new<T, S>(spec: ChainSpec, open: F) -> Segment<F>
    where
        T: Record,
        F: Fn(&mut TaskContext) -> Result<S, Failure> + Send + Sync + 'static,
        S: FnMut(&mut Turn<'_>, Step<'_, T>) -> Result<(), Failure> + 'static,
    {
        Segment { spec, open }
    }
}

/// Opens a segment of records of type `T` in a task.
pub trait OpenSegment<T: Record>: Send + Sync + 'static {
    /// Its code.
    type Code: FnMut(&mut Turn<'_>, Step<'_, T>) -> Result<(), Failure> + 'static;
    /// Makes it.
    ///
    /// # Errors
    /// If one of its sinks cannot be opened.
    fn open(&self, cx: &mut TaskContext) -> Result<Self::Code, Failure>;
}

impl<T, S, F> OpenSegment<T> for F
where
    T: Record,
    F: Fn(&mut TaskContext) -> Result<S, Failure> + Send + Sync + 'static,
    S: FnMut(&mut Turn<'_>, Step<'_, T>) -> Result<(), Failure> + 'static,
{
    type Code = S;
    fn open(&self, cx: &mut TaskContext) -> Result<S, Failure> {
        self(cx)
    }
}
