//! Keyed streams.

use super::base::{deref_to_stream, handle};

handle! {
    /// A stream of records of type `T` with keys of type `K`: made by [`key_by`](super::Stream::key_by).
    ///
    /// The aggregates right on a keyed stream are
    /// *running*: each record yields the new value of its key, as a [`Changed`](super::Changed). Any other operator
    /// takes it as the stream that it is; the key is then forgotten. In the signature of an `#[operator]` fragment
    /// `Keyed<K, T>` asks the caller for a keyed stream. Flink: `KeyedStream`.
    Keyed<K, T>
}

deref_to_stream! { Keyed<K, T> => T; }
