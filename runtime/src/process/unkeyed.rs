//! Process functions on streams without a key.

use super::context::{ProcessContext, Unkeyed};
use super::function::NoState;
use super::rng::Rng;
use super::side::Sides;
use crate::record::Record;
use crate::state::Moment;
use crate::task::{Scratch, Turn};
use crate::time::Timestamp;

/// A process function without state and timers.
pub struct UnkeyedProcess<S> {
    state: S,
    rng: Rng,
    ended: bool,
}

/// The input has ended: see [`UnkeyedProcess::due`].
pub struct End;

impl<S> UnkeyedProcess<S> {
    /// There is nothing to make: `init` returns `()`. `task` is this task's number.
    pub fn new(init: impl Fn() -> S, task: usize) -> Self
    where
        S: NoState,
    {
        UnkeyedProcess { state: init(), rng: Rng::new(task as u64), ended: false }
    }

    /// Calls the function for an event.
    #[inline(always)]
    pub fn on_event<E, O: Record>(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        event: E,
        emitted: &mut Scratch<O>,
        sides: &mut Sides,
        f: impl FnOnce(&mut S, E, &mut ProcessContext<'_, Unkeyed, O>),
    ) {
        let at = moment(turn, time);
        let rng = &mut self.rng;
        f(
            &mut self.state,
            event,
            &mut ProcessContext { at, hash: 0, emitted, sides, rng, part: () },
        );
    }

    /// The end, once.
    #[inline(always)]
    pub fn due(&mut self, turn: &mut Turn<'_>) -> Option<End> {
        (turn.watermark() == Timestamp::MAX && !std::mem::replace(&mut self.ended, true))
            .then_some(End)
    }

    /// Calls the function at the end.
    pub fn on_end<O: Record>(
        &mut self,
        turn: &Turn<'_>,
        _: &mut End,
        emitted: &mut Scratch<O>,
        sides: &mut Sides,
        f: impl FnOnce(&mut S, &mut ProcessContext<'_, Unkeyed, O>),
    ) {
        let at = moment(turn, Timestamp::MAX);
        let rng = &mut self.rng;
        f(&mut self.state, &mut ProcessContext { at, hash: 0, emitted, sides, rng, part: () });
    }
}

fn moment(turn: &Turn<'_>, time: Timestamp) -> Moment {
    Moment { time, watermark: turn.watermark(), processing_time: turn.processing_time() }
}
