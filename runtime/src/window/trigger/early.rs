//! Results before a window's end.

use super::{Trigger, TriggerCx, TriggerResult};
use crate::record::{Record, View};
use crate::time::{Span, Timestamp};

/// Made by [`early`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Early {
    every: Span,
}

/// Fires when the watermark reaches a multiple of `every`, and at the window's end (`ContinuousEventTimeTrigger` in
/// Flink).
///
/// A window fires at most once whenever the watermark moves, and only if an element has come since it fired last:
/// nothing is emitted twice with the same contents. Multiples are counted from the Unix epoch, before it too. Elements
/// within the allowed lateness fire at once.
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let sales = source(collection(Vec::<(u32, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
/// // The day's sales so far, every minute.
/// sales.key_by(|(shop, _)| shop).window(tumbling(days(1))).trigger(trigger::early(mins(1))).sum(|(_, n)| n).sink(print());
/// # }
/// ```
pub fn early(every: Span) -> Early {
    Early { every }
}

impl Early {
    /// The first multiple behind a point in time.
    fn next(&self, time: Timestamp) -> Timestamp {
        let (time, every) = (i128::from(time.0), i128::from(self.every.0.max(1)));
        let next = (time.div_euclid(every) + 1) * every;
        Timestamp(i64::try_from(next).unwrap_or(i64::MAX))
    }
}

/// The multiple at which the window fires next or, if nothing has come since, fired last; and whether something has.
type State = (Option<Timestamp>, bool);

impl<T: Record> Trigger<T> for Early {
    type State = State;
    const MERGES: bool = true;

    fn on_element(&self, _: View<'_, T>, cx: &mut TriggerCx<'_, State>) -> TriggerResult {
        let (last, watermark) = (cx.last(), cx.watermark());
        let (next, changed) = *cx.state();
        if last <= watermark {
            *cx.state() = (next, false);
            return TriggerResult::Fire;
        }
        cx.event_timer(last);
        if !changed {
            // After a firing, multiples that the watermark has passed are over.
            let from = if next.is_some() { watermark } else { cx.timestamp() };
            let next = self.next(from).min(last);
            cx.event_timer(next);
            *cx.state() = (Some(next), true);
        }
        TriggerResult::Continue
    }

    fn on_event_time(&self, time: Timestamp, cx: &mut TriggerCx<'_, State>) -> TriggerResult {
        let (next, changed) = *cx.state();
        if !changed || time != cx.last() && Some(time) != next {
            return TriggerResult::Continue;
        }
        *cx.state() = (next, false);
        TriggerResult::Fire
    }

    fn on_merge(&self, (next, changed): State, cx: &mut TriggerCx<'_, State>) {
        let (last, watermark) = (cx.last(), cx.watermark());
        if last > watermark {
            cx.event_timer(last);
        }
        let Some(next) = next else { return };
        // The end of what is merged is nothing to the whole: on to the next multiple.
        let behind = if changed { next - Span(1) } else { watermark };
        let next = self.next(behind).min(last);
        let next = cx.state().0.map_or(next, |other| other.min(next));
        cx.event_timer(next);
        // What merges them is about to be added.
        *cx.state() = (Some(next), true);
    }

    fn mistake(&self) -> Option<String> {
        (self.every <= Span::ZERO).then(|| {
            let every = self.every;
            format!("early results need a positive interval, not {every}\nhelp: write `trigger::early(mins(1))`")
        })
    }
}
