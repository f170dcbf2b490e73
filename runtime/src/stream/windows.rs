//! Windows: a stream divided by time, waiting for an aggregate.

use super::base::{handle, not_run};
use super::{Side, Stream};
use crate::record::{Record, View};
use crate::time::Span;
pub use crate::window::Assigner;

handle! {
    /// The records of each key (of all, behind [`window_all`](Stream::window_all)) in windows of time: made by
    /// [`window`](super::Keyed::window).
    ///
    /// First come settings ([`offset`](Windows::offset), [`allowed_lateness`](Windows::allowed_lateness),
    /// [`late_to`](Windows::late_to)), then the aggregate. One aggregate has a short form that yields
    /// [`Windowed { key, window, value }`](super::Windowed); several make an expression: see
    /// [`aggregate`](Windows::aggregate). Flink: `WindowedStream`.
    Windows<K, T>
}

impl<T: Record> Stream<T> {
    /// Divides all records, without a key, into windows of time; an aggregate has to follow.
    ///
    /// One task holds the windows; where the aggregate allows it, the records are aggregated before the exchange, in
    /// parallel. The key of the results is `()`. Otherwise as [`window`](super::Keyed::window). Flink: `windowAll`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let readings = source(collection(Vec::<f64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// readings.window_all(tumbling(mins(1))).max(|celsius| celsius).map(|w| w.value).sink(print());
    /// # }
    /// ```
    ///
    /// A window without an aggregate is not a stream:
    /// ```compile_fail,E0599
    /// # use thalweg::prelude::*;
    /// # fn example(readings: Timed<f64>) {
    /// readings.window_all(tumbling(mins(1))).sink(print()); // error: no method `sink` for `Windows<(), f64>`
    /// # }
    /// ```
    pub fn window_all(self, window: impl Assigner) -> Windows<(), T> {
        not_run(window)
    }
}

impl<K: Record, T: Record> Windows<K, T> {
    /// Moves the windows' borders by `offset`: `tumbling(days(1))` with `-hours(8)` begins at midnight in UTC+8.
    ///
    /// May be negative; its absolute value has to be below the window's size, of a sliding window below the slide.
    /// Sessions have none. Flink: the `offset` of a window assigner.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// lines.window_all(tumbling(days(1))).offset(-hours(8)).count().sink(print());
    /// # }
    /// ```
    pub fn offset(self, offset: Span) -> Windows<K, T> {
        not_run(offset)
    }

    /// Keeps a window that has fired for `lateness` more of event time: a record that comes in that time fires it
    /// again, with the new value.
    ///
    /// A record is late when `end − 1 ms + lateness` is at or below the watermark for its window. Flink:
    /// `allowedLateness`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// lines.window_all(tumbling(mins(5))).allowed_lateness(mins(1)).count().sink(print());
    /// # }
    /// ```
    pub fn allowed_lateness(self, lateness: Span) -> Windows<K, T> {
        not_run(lateness)
    }

    /// How long a [`dynamic_session`](crate::window::dynamic_session) stays open after each record, taken from the record.
    ///
    /// A record begins a window `[time, time + gap)`; windows of one key that overlap or touch are one session. A gap
    /// that is not positive fails the task. Flink: `EventTimeSessionWindows.withDynamicGap`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let clicks = source(collection(Vec::<(u64, bool)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// clicks
    ///     .key_by(|(user, _)| user)
    ///     .window(dynamic_session())
    ///     .gap(|(_, is_mobile)| if is_mobile { mins(5) } else { mins(30) })
    ///     .count()
    ///     .sink(print());
    /// # }
    /// ```
    pub fn gap(self, f: impl Fn(View<'static, T>) -> Span) -> Windows<K, T> {
        not_run(f)
    }

    /// Sends late records to a side instead of dropping them. Either way they are counted
    /// (`thalweg_late_records_total`).
    ///
    /// Records are then aggregated behind the exchange only: whole records have to be at hand. Flink:
    /// `sideOutputLateData`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// let late = side();
    /// lines.window_all(tumbling(mins(5))).late_to(late).count().sink(print());
    /// late.map(|line| format!("late: {line}")).sink(print());
    /// # }
    /// ```
    pub fn late_to(self, side: Side<T>) -> Windows<K, T> {
        not_run(side)
    }
}
