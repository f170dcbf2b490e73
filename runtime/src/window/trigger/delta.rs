//! Firing by distance.

use super::{Trigger, TriggerCx, TriggerResult};
use crate::record::{Record, View};

/// What `.delta_trigger(d, |old, new| ..)` is: the closure is applied where the record is added. It remembers the
/// element that fired last, or came first. Not for sessions: which of several elements would stay is anyone's guess.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delta {
    purges: bool,
}

/// A delta trigger, and whether a firing drops the contents.
pub fn delta(purges: bool) -> Delta {
    Delta { purges }
}

impl Delta {
    pub(in crate::window) fn result(self, fires: bool) -> TriggerResult {
        match (fires, self.purges) {
            (false, _) => TriggerResult::Continue,
            (true, false) => TriggerResult::Fire,
            (true, true) => TriggerResult::FireAndPurge,
        }
    }
}

impl<T: Record> Trigger<T> for Delta {
    type State = Option<T>;

    fn on_element(&self, _: View<'_, T>, _: &mut TriggerCx<'_, Option<T>>) -> TriggerResult {
        TriggerResult::Continue
    }
}
