//! Firing by number.

use super::{Trigger, TriggerCx, TriggerResult};
use crate::record::{Record, View};

/// Made by [`count`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count(u64);

/// Fires whenever `n` more elements have come into the window (`CountTrigger` in Flink).
///
/// It does not fire at the window's end: what came after the last firing goes unseen, unless the window is one of
/// [`tumbling_count`](crate::window::tumbling_count) and its kin, which never end. A merged session has as many as its
/// parts had.
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let clicks = source(collection(Vec::<u32>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
/// clicks.key_by(|page| page).window(tumbling(days(1))).trigger(trigger::count(100)).count().sink(print());
/// # }
/// ```
pub fn count(n: u64) -> Count {
    Count(n)
}

impl<T: Record> Trigger<T> for Count {
    type State = u64;
    const MERGES: bool = true;

    fn on_element(&self, _: View<'_, T>, cx: &mut TriggerCx<'_, u64>) -> TriggerResult {
        *cx.state() += 1;
        if *cx.state() < self.0 {
            return TriggerResult::Continue;
        }
        cx.clear_state();
        TriggerResult::Fire
    }

    fn on_merge(&self, merged: u64, cx: &mut TriggerCx<'_, u64>) {
        *cx.state() += merged;
    }

    fn mistake(&self) -> Option<String> {
        (self.0 == 0).then(|| {
            "a count trigger fires after at least one element\nhelp: write `trigger::count(100)`"
                .to_owned()
        })
    }
}
