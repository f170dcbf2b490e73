//! Firing once, when time has come.

use super::{Trigger, TriggerCx, TriggerResult};
use crate::record::{Record, View};
use crate::time::Timestamp;
use crate::window::assigner::Time;

/// Made by [`event_time`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventTime;

/// Fires when the watermark reaches the window's last millisecond, and again for each element that comes later but
/// within the allowed lateness (`EventTimeTrigger` in Flink). What windows in event time do anyway; good inside
/// [`purging`](super::purging()).
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let sales = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
/// // A late sale fires its window again, with what is new only.
/// sales
///     .window_all(tumbling(mins(1)))
///     .allowed_lateness(hours(1))
///     .trigger(trigger::purging(trigger::event_time()))
///     .sum(|cents| cents)
///     .sink(print());
/// # }
/// ```
pub fn event_time() -> EventTime {
    EventTime
}

/// Made by [`processing_time`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProcessingTime;

/// Fires when the machine's clock has passed the window's end (`ProcessingTimeTrigger` in Flink). What windows in
/// processing time do anyway. At the end of the input the clock counts as having passed everything.
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let sales = source(collection(Vec::<u64>::new()));
/// sales
///     .processing_time()
///     .window_all(tumbling(secs(10)))
///     .trigger(trigger::purging(trigger::processing_time()))
///     .sum(|cents| cents)
///     .sink(print());
/// # }
/// ```
pub fn processing_time() -> ProcessingTime {
    ProcessingTime
}

/// Made by [`end_of_stream`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndOfStream;

/// Fires once, when the input has ended: for global windows over bounded inputs (`EndOfStreamTrigger` in Flink).
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let words = source(collection(Vec::<String>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
/// words.key_by(|word| word).window(global_window()).trigger(trigger::end_of_stream()).count().sink(print());
/// # }
/// ```
pub fn end_of_stream() -> EndOfStream {
    EndOfStream
}

impl<T: Record> Trigger<T> for EventTime {
    type State = ();
    const MERGES: bool = true;

    fn on_element(&self, _: View<'_, T>, cx: &mut TriggerCx<'_, ()>) -> TriggerResult {
        if cx.last() <= cx.watermark() {
            return TriggerResult::Fire;
        }
        cx.event_timer(cx.last());
        TriggerResult::Continue
    }

    fn on_event_time(&self, time: Timestamp, cx: &mut TriggerCx<'_, ()>) -> TriggerResult {
        if time == cx.last() { TriggerResult::Fire } else { TriggerResult::Continue }
    }

    fn on_merge(&self, (): (), cx: &mut TriggerCx<'_, ()>) {
        if cx.last() > cx.watermark() {
            cx.event_timer(cx.last());
        }
    }
}

impl<T: Record> Trigger<T> for ProcessingTime {
    type State = ();
    const MERGES: bool = true;

    fn on_element(&self, _: View<'_, T>, cx: &mut TriggerCx<'_, ()>) -> TriggerResult {
        cx.processing_timer(cx.last());
        TriggerResult::Continue
    }

    fn on_processing_time(&self, _: Timestamp, _: &mut TriggerCx<'_, ()>) -> TriggerResult {
        TriggerResult::Fire
    }

    fn on_merge(&self, (): (), cx: &mut TriggerCx<'_, ()>) {
        cx.processing_timer(cx.last());
    }
}

impl<T: Record> Trigger<T> for EndOfStream {
    type State = ();
    const MERGES: bool = true;

    fn on_element(&self, _: View<'_, T>, cx: &mut TriggerCx<'_, ()>) -> TriggerResult {
        cx.event_timer(Timestamp::MAX);
        TriggerResult::Continue
    }

    fn on_event_time(&self, _: Timestamp, _: &mut TriggerCx<'_, ()>) -> TriggerResult {
        TriggerResult::Fire
    }

    fn on_merge(&self, (): (), cx: &mut TriggerCx<'_, ()>) {
        cx.event_timer(Timestamp::MAX);
    }
}

/// What windows of time do without a trigger: they fire at their end, in the time that they go by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ByTime;

impl<T: Record> Trigger<T> for ByTime {
    type State = ();
    const MERGES: bool = true;

    fn on_element(&self, element: View<'_, T>, cx: &mut TriggerCx<'_, ()>) -> TriggerResult {
        match cx.now.time {
            Time::Event => Trigger::<T>::on_element(&EventTime, element, cx),
            Time::Processing => Trigger::<T>::on_element(&ProcessingTime, element, cx),
        }
    }

    fn on_event_time(&self, time: Timestamp, cx: &mut TriggerCx<'_, ()>) -> TriggerResult {
        Trigger::<T>::on_event_time(&EventTime, time, cx)
    }

    fn on_processing_time(&self, time: Timestamp, cx: &mut TriggerCx<'_, ()>) -> TriggerResult {
        Trigger::<T>::on_processing_time(&ProcessingTime, time, cx)
    }

    fn on_merge(&self, (): (), cx: &mut TriggerCx<'_, ()>) {
        match cx.now.time {
            Time::Event => Trigger::<T>::on_merge(&EventTime, (), cx),
            Time::Processing => Trigger::<T>::on_merge(&ProcessingTime, (), cx),
        }
    }
}
