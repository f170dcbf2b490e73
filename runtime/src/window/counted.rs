//! Windows that time does not end: global ones, and those of a number of elements.

use super::InvalidWindow;
use super::assigner::{Assigner, Time, meaning};
use super::evictor::{self, Evictor};
use super::general::Triggered;
use super::trigger::{self, Purging, Trigger, TriggerCx, TriggerResult};
use crate::record::{Record, View};
use crate::time::{Span, Timestamp, Window};

/// All of time.
const ALWAYS: Window = Window { start: Timestamp::MIN, end: Timestamp::MAX };

/// One window per key, for ever. Made by [`global_window`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GlobalWindow {
    time: Time,
}

/// Windows of a number of elements, one behind the other. Made by [`tumbling_count`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TumblingCount {
    size: u64,
    time: Time,
}

/// Windows of a number of elements, a new one every so many. Made by [`sliding_count`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlidingCount {
    size: u64,
    slide: u64,
    time: Time,
}

/// One window per key that never ends: when it fires, a trigger says, which has to follow (`GlobalWindows` in Flink).
///
/// Its results carry the event time [`Timestamp::MAX`]; its [`window()`](crate::window::Fired::window) is all of time.
/// What is in it at the end of the input is dropped, unless the trigger fires then:
/// [`end_of_stream`](crate::trigger::end_of_stream). State: what the function needs, per key, until a trigger
/// [purges](crate::trigger::purging()) it.
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let clicks = source(collection(Vec::<u32>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
/// // How often each page was clicked so far, every hundred clicks.
/// clicks.key_by(|page| page).window(global_window()).trigger(trigger::count(100)).count().sink(print());
/// # }
/// ```
pub fn global_window() -> GlobalWindow {
    GlobalWindow { time: Time::Event }
}

/// Every `size` elements of a key are a window (`countWindow(size)` in Flink).
///
/// Its results carry the event time [`Timestamp::MAX`]. A window that is not full at the end of the input does not fire.
/// State: what the function needs, per key whose window is not empty.
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let bids = source(collection(Vec::<(u32, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
/// bids.key_by(|(auction, _)| auction).window(tumbling_count(10)).avg(|(_, price)| price).sink(print());
/// # }
/// ```
pub fn tumbling_count(size: u64) -> TumblingCount {
    TumblingCount { size, time: Time::Event }
}

/// The last `size` elements of a key, whenever `slide` more have come (`countWindow(size, slide)` in Flink).
///
/// The first windows have fewer than `size` elements. Results carry the event time [`Timestamp::MAX`]. State: up to
/// `size + slide` elements per key.
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let bids = source(collection(Vec::<(u32, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
/// bids.key_by(|(auction, _)| auction).window(sliding_count(100, 10)).avg(|(_, price)| price).sink(print());
/// # }
/// ```
pub fn sliding_count(size: u64, slide: u64) -> SlidingCount {
    SlidingCount { size, slide, time: Time::Event }
}

/// What a global window has for a trigger of its own: it never fires.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoTrigger;

impl<T: Record> Trigger<T> for NoTrigger {
    type State = ();

    fn on_element(&self, _: View<'_, T>, _: &mut TriggerCx<'_, ()>) -> TriggerResult {
        TriggerResult::Continue
    }
}

macro_rules! for_ever {
    ($($name:ident)*) => {$(
        impl $name {
            /// Goes by the time at which records come in, instead of their own: what evictors and triggers see.
            #[must_use]
            pub fn processing_time(mut self) -> $name {
                self.time = Time::Processing;
                self
            }
        }

        super::assigner::fixed! { $name }

        impl Assigner for $name {
            type At = Timestamp;
            type Windows = std::iter::Once<Window>;

            fn windows_of(&self, _: Timestamp) -> Self::Windows {
                std::iter::once(ALWAYS)
            }
            fn time(&self) -> Time {
                self.time
            }
            fn lateness(&self) -> Span {
                Span::ZERO
            }
            fn meaning(&self) -> String {
                meaning(&self.words(), Span::ZERO, self.time)
            }
            fn mistake(&self) -> Option<InvalidWindow> {
                self.wrong()
            }
            fn cleanup(&self, _: Window) -> Timestamp {
                Timestamp::MAX
            }
        }
    )*};
}
for_ever! { GlobalWindow TumblingCount SlidingCount }

impl GlobalWindow {
    fn words(&self) -> String {
        "global window".to_owned()
    }

    fn wrong(&self) -> Option<InvalidWindow> {
        None
    }
}

impl TumblingCount {
    fn words(&self) -> String {
        format!("tumbling_count({})", self.size)
    }

    fn wrong(&self) -> Option<InvalidWindow> {
        (self.size == 0).then_some(InvalidWindow::Count)
    }
}

impl SlidingCount {
    fn words(&self) -> String {
        format!("sliding_count({}, {})", self.size, self.slide)
    }

    fn wrong(&self) -> Option<InvalidWindow> {
        (self.size == 0 || self.slide == 0).then_some(InvalidWindow::Count)
    }
}

impl Triggered for GlobalWindow {
    const ENDS: bool = false;
    type Trigger = NoTrigger;

    fn trigger(&self) -> NoTrigger {
        NoTrigger
    }
}

impl Triggered for TumblingCount {
    const ENDS: bool = false;
    type Trigger = Purging<trigger::Count>;

    fn trigger(&self) -> Self::Trigger {
        trigger::purging(trigger::count(self.size))
    }
}

impl Triggered for SlidingCount {
    const ENDS: bool = false;
    type Trigger = trigger::Count;

    fn trigger(&self) -> Self::Trigger {
        trigger::count(self.slide)
    }
    fn evictor(&self) -> Option<Evictor> {
        Some(evictor::count(self.size))
    }
}
