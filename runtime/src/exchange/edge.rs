//! The typed ends of an exchange.

use std::marker::PhantomData;

use super::Received;
use super::received::ReceivedChunks;
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

    /// The records that this turn brought on this input, if any. To be iterated over once in a turn: the loop ends
    /// early when an output is full, and the rest comes with the next turn.
    #[inline(always)]
    pub fn records<'f>(&self, turn: &Turn<'f>) -> Received<'f, T> {
        Received::new(turn, self.index)
    }

    /// The same in chunks of up to 64 with key hashes: what keyed operators are fed with.
    #[inline(always)]
    pub fn chunks<'f>(&self, turn: &Turn<'f>) -> ReceivedChunks<'f, T> {
        ReceivedChunks::new(turn, self.index)
    }
}
