//! Sides that process functions write to.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

use crate::exchange::Records;
use crate::record::{Emit, Record};
use crate::task::{Scratch, TaskContext};
use crate::time::Timestamp;

/// A further output that operators write to: late records, failures, alerts. Made by [`side`](crate::stream::side);
/// then a stream like any other.
///
/// Several writers are a union. A side that is never written or never read is refused. A process function writes to it
/// with [`emit_to`](super::ProcessContext::emit_to); the sides of a [`ProcessFunction`](super::ProcessFunction) are
/// fields of it. Flink: `OutputTag` and `getSideOutput`.
pub struct Side<T> {
    slot: usize,
    record: PhantomData<fn() -> T>,
}

impl<T> Clone for Side<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Side<T> {}

impl<T> fmt::Debug for Side<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(std::any::type_name::<Self>())
    }
}

/// What the process functions of one chain in one task have written to sides in this turn.
#[derive(Default)]
pub struct Sides {
    written: Vec<Box<dyn Any>>,
}

impl Sides {
    /// A side of this chain; what it carries is what is written to it.
    pub fn declare<T: Record>(&mut self, cx: &TaskContext) -> Side<T> {
        self.written.push(Box::new(cx.emissions::<T>()));
        Side { slot: self.written.len() - 1, record: PhantomData }
    }

    fn of<T: Record>(&mut self, side: Side<T>) -> &mut Scratch<T> {
        let written = self.written.get_mut(side.slot).and_then(|any| any.downcast_mut());
        written.expect("a side is declared by the chain that writes to it")
    }

    #[inline]
    pub(crate) fn push<T: Record>(
        &mut self,
        side: Side<T>,
        time: Timestamp,
        item: impl Emit<Record = T>,
    ) {
        self.of(side).push(time, item);
    }

    /// What was written to a side.
    pub fn records<T: Record>(&mut self, side: Side<T>) -> Records<'_, T> {
        self.of(side).records()
    }

    /// Forgets it.
    pub fn clear<T: Record>(&mut self, side: Side<T>) {
        self.of(side).clear();
    }
}
