//! Firing and forgetting.

use super::{Trigger, TriggerCx, TriggerResult};
use crate::record::{Record, View};
use crate::time::Timestamp;

/// Made by [`purging`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Purging<R>(R);

/// Drops a window's contents whenever `trigger` fires it, so that the next firing has what is new only
/// (`PurgingTrigger` in Flink). What the trigger itself remembers stays.
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let clicks = source(collection(Vec::<u32>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
/// clicks
///     .key_by(|page| page)
///     .window(global_window())
///     .trigger(trigger::purging(trigger::count(100)))
///     .to_vec()
///     .sink(print());
/// # }
/// ```
pub fn purging<R>(trigger: R) -> Purging<R> {
    Purging(trigger)
}

fn purges(result: TriggerResult) -> TriggerResult {
    if result.fires() { TriggerResult::FireAndPurge } else { result }
}

impl<T: Record, R: Trigger<T>> Trigger<T> for Purging<R> {
    type State = R::State;
    const MERGES: bool = R::MERGES;

    fn meaning(&self) -> String {
        format!("Purging({})", self.0.meaning())
    }

    fn on_element(&self, element: View<'_, T>, cx: &mut TriggerCx<'_, R::State>) -> TriggerResult {
        purges(self.0.on_element(element, cx))
    }

    fn on_event_time(&self, time: Timestamp, cx: &mut TriggerCx<'_, R::State>) -> TriggerResult {
        purges(self.0.on_event_time(time, cx))
    }

    fn on_processing_time(
        &self,
        time: Timestamp,
        cx: &mut TriggerCx<'_, R::State>,
    ) -> TriggerResult {
        purges(self.0.on_processing_time(time, cx))
    }

    fn on_merge(&self, merged: R::State, cx: &mut TriggerCx<'_, R::State>) {
        self.0.on_merge(merged, cx);
    }

    fn clear(&self, cx: &mut TriggerCx<'_, R::State>) {
        self.0.clear(cx);
    }

    fn mistake(&self) -> Option<String> {
        self.0.mistake()
    }
}
