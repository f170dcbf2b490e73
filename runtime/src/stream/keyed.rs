//! Keyed streams.

use super::base::{deref_to_stream, handle, not_run};
use super::{Assigner, Windows};
use crate::record::{Key, Record};

handle! {
    /// A stream of records of type `T` with keys of type `K`: made by [`key_by`](super::Stream::key_by).
    ///
    /// [`window`](Keyed::window) divides each key's records by time. The aggregates right on a keyed stream are
    /// *running*: each record yields the new value of its key, as a [`Changed`](super::Changed). Any other operator
    /// takes it as the stream that it is; the key is then forgotten. In the signature of an `#[operator]` fragment
    /// `Keyed<K, T>` asks the caller for a keyed stream. Flink: `KeyedStream`.
    Keyed<K, T>
}

deref_to_stream! { Keyed<K, T> => T; }

impl<K: Key, T: Record> Keyed<K, T> {
    /// Divides each key's records into windows of time; an aggregate has to follow.
    ///
    /// Needs event time (or processing time) upstream. A window is `[start, end)`; it fires when the watermark reaches
    /// `end − 1 ms`, and its results have that event time. State: one accumulator per key and window (of sliding windows:
    /// per key and slide), forgotten when the window has fired (and its
    /// [`allowed_lateness`](Windows::allowed_lateness) is over). Flink: `window`.
    ///
    /// | window | is |
    /// |---|---|
    /// | [`tumbling(d)`](crate::window::tumbling) | of length `d`, side by side, from the Unix epoch on |
    /// | [`sliding(d, slide)`](crate::window::sliding) | of length `d`, one beginning every `slide`; a record belongs to several, but is added once |
    /// | [`session(gap)`](crate::window::session) | a key's records, each at most `gap` after the one before |
    /// | [`dynamic_session()`](crate::window::dynamic_session) | the same, with a [gap](Windows::gap) for each record |
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let sales = source(collection(Vec::<(String, u64, Timestamp)>::new()));
    /// sales
    ///     .event_time(|(.., at)| at)
    ///     .watermarks(bounded(secs(5)))
    ///     .key_by(|(region, ..)| region)
    ///     .window(tumbling(mins(5)))
    ///     .sum(|(_, cents, _)| cents)
    ///     .sink(print());
    /// # }
    /// ```
    pub fn window(self, window: impl Assigner) -> Windows<K, T> {
        not_run(window)
    }
}
