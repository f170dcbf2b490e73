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

    /// Takes watermarks from the records, in the place of [`watermarks`](EventTime::watermarks): the closure returns
    /// the watermark that a record brings, or `None`.
    ///
    /// A watermark `W` says that no more records with a time `<= W` will come *in this split*; it takes effect behind
    /// the record that brings it, at the latest at the end of the batch that the record was read in. One that is not
    /// greater than those before is of no effect, and a record that brings none holds time back until one does: its own
    /// time moves nothing. For sources that know when something is complete: the end of a file, of a day, of a
    /// transaction. Flink: `WatermarkGenerator.onEvent` that emits, the old `AssignerWithPunctuatedWatermarks`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let readings = source(collection(Vec::<(Timestamp, bool, f64)>::new()));
    /// readings
    ///     .event_time(|(at, _, _)| at)
    ///     .punctuated(|(at, day_is_over, _)| day_is_over.then_some(at))
    ///     .window_all(tumbling(days(1)))
    ///     .avg(|(_, _, celsius)| celsius)
    ///     .sink(print());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0308
    /// # use thalweg::prelude::*;
    /// # fn example(readings: Stream<(Timestamp, f64)>) {
    /// readings.event_time(|(at, _)| at).punctuated(|(at, _)| at); // error: expected `Option<Timestamp>`
    /// # }
    /// ```
    pub fn punctuated(self, f: impl Fn(View<'static, T>) -> Option<Timestamp>) -> Timed<T> {
        not_run(f)
    }
}
