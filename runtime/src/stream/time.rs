//! Which time a stream lives in.

use super::Stream;
use super::base::{handle, not_run};
use crate::record::{Record, View};
use crate::time::{Strategy, Timestamp};

/// A stream with event time, as a parameter of an `#[operator]` fragment: `fn f(bids: Timed<Bid>) -> ..`.
///
/// To the type checker it is a [`Stream`]; the compiler refuses a caller whose stream has no event time.
pub type Timed<T> = Stream<T>;

handle! {
    /// A stream whose records have an event time, but which has no watermarks yet: made by [`Stream::event_time`].
    EventTime<T>
}

impl<T: Record> Stream<T> {
    /// Gives each record its event time: the time at which it happened, read from the record.
    ///
    /// [`watermarks`](EventTime::watermarks) has to follow. Order is kept; no state. Best put right behind the source,
    /// where watermarks are generated per split; after an exchange or a union they are generated per channel only, and
    /// the compiler warns. Flink: `assignTimestampsAndWatermarks`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let readings = source(collection(Vec::<(Timestamp, f64)>::new()));
    /// readings
    ///     .event_time(|(at, _)| at)
    ///     .watermarks(bounded(secs(5)).idle_after(mins(1)))
    ///     .window_all(tumbling(mins(1)))
    ///     .avg(|(_, celsius)| celsius)
    ///     .sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0308
    /// # use thalweg::prelude::*;
    /// # fn example(readings: Stream<(i64, f64)>) {
    /// readings.event_time(|(at, _)| at); // error: expected `Timestamp`, found `i64`: write `Timestamp(at)`
    /// # }
    /// ```
    pub fn event_time(self, f: impl Fn(View<'static, T>) -> Timestamp) -> EventTime<T> {
        not_run(f)
    }

    /// Gives each record the time of the machine at which its batch is processed.
    ///
    /// Windows behind it are windows of processing time: they fire when that time has come, nothing is late, and two
    /// runs over the same input differ. Flink: windows such as `TumblingProcessingTimeWindows`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines.processing_time().window_all(tumbling(secs(1))).count().sink(print());
    /// # }
    /// ```
    pub fn processing_time(self) -> Timed<T> {
        not_run(())
    }
}

impl<T: Record> EventTime<T> {
    /// Says how far behind a record may be: the watermarks are generated from the event times seen.
    ///
    /// A watermark `W` says that no more records with a time `<= W` will come; those that do come are late.
    ///
    /// - [`bounded(d)`](crate::time::bounded): at most `d` behind the greatest time seen: watermark = greatest − d − 1 ms;
    /// - [`monotonic()`](crate::time::monotonic): times never fall within a split.
    ///
    /// `.idle_after(d)` lets a split that is silent for `d` (processing time) no longer hold back the others;
    /// `.max_jump(d)` bounds what one record with a time far ahead can do. Flink: `WatermarkStrategy`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let readings = source(collection(Vec::<(Timestamp, f64)>::new()));
    /// let readings = readings
    ///     .event_time(|(at, _)| at)
    ///     .watermarks(bounded(secs(5)).idle_after(mins(1)).max_jump(days(1)));
    /// readings.window_all(tumbling(hours(1))).count().sink(print());
    /// # }
    /// ```
    pub fn watermarks(self, strategy: Strategy) -> Timed<T> {
        not_run(strategy)
    }
}
