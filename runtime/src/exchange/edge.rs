//! The typed ends of an exchange.

use std::marker::PhantomData;

use super::{Chunks, Records};
use crate::record::Record;
use crate::task::Turn;

/// Names an exchange within a plan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EdgeId(pub u32);

/// An exchange of records of type `T`. `T` is inferred from what the upstream chain pushes.
#[derive(Debug)]
pub struct Edge<T> {
    id: EdgeId,
    record: PhantomData<fn() -> T>,
}

impl<T> Clone for Edge<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Edge<T> {}

impl<T> Edge<T> {
    pub(crate) fn new(id: EdgeId) -> Edge<T> {
        Edge { id, record: PhantomData }
    }

    /// Its name.
    pub fn id(self) -> EdgeId {
        self.id
    }
}

/// The reading end of an exchange in one task.
#[derive(Debug)]
pub struct Input<T> {
    index: usize,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Input<T> {
    pub(crate) fn new(index: usize) -> Input<T> {
        Input { index, record: PhantomData }
    }

    /// The records that this turn brought on this input, if any.
    #[inline(always)]
    pub fn records<'f>(&self, turn: &Turn<'f>) -> Records<'f, T> {
        turn.batch(self.index).records()
    }

    /// The same in chunks with key hashes.
    #[inline(always)]
    pub fn chunks<'f>(&self, turn: &Turn<'f>) -> Chunks<'f, T> {
        turn.batch(self.index).chunks()
    }
}
