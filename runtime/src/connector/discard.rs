//! `discard`: a sink that forgets.

use super::{Sink, SinkError, Writer};
use crate::record::{Record, View};
use crate::time::Timestamp;

/// Takes every record and does nothing with it.
pub fn discard() -> Discard {
    Discard
}

/// Made by [`discard`].
#[derive(Clone, Copy, Debug)]
pub struct Discard;

impl<T: Record> Sink<T> for Discard {
    type Writer = Discard;
    fn name(&self) -> String {
        "discard".to_owned()
    }
    fn open(&self, _: usize, _: usize) -> Result<Discard, SinkError> {
        Ok(Discard)
    }
}

impl<T: Record> Writer<T> for Discard {
    #[inline(always)]
    fn write(&mut self, _: Timestamp, _: View<'_, T>) -> Result<(), SinkError> {
        Ok(())
    }
    fn finish(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}
