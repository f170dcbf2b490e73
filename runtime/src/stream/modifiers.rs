//! Modifiers: what may follow an operator and says something about it, not about the records.

use super::base::not_run;
use super::{
    BroadcastProcess, ConnectedProcess, Fallible, Joined, JoinedByWindow, Keyed, Process, Stream,
    Windows,
};
use crate::state::Ttl;
use crate::time::Span;

/// The modifiers are the same on every handle, and give back the handle that they follow.
macro_rules! modifiers {
    ($($name:ident<$($param:ident),*>)*) => {$(
        impl<$($param),*> $name<$($param),*> {
            /// Fixes the id under which the operator's state is kept in snapshots.
            ///
            /// Without it the id is the path of the binding, the operator's kind and an ordinal among the stateful
            /// operators of that kind in that binding. Two equal ids in a pipeline are refused. `job.toml` addresses
            /// the operator as `[operator."id"]`. Flink: `uid`.
            ///
            /// ```
            /// # use thalweg::prelude::*;
            /// # #[pipeline]
            /// # fn example() {
            /// # let words = source(collection(Vec::<String>::new()));
            /// words.key_by(|word| word).count().uid("words-seen").sink(print());
            /// # }
            /// ```
            pub fn uid(self, uid: &'static str) -> Self {
                not_run(uid)
            }

            /// What plans, logs and metrics call the operator; it does not enter its id. Flink: `name`.
            ///
            /// ```
            /// # use thalweg::prelude::*;
            /// # #[pipeline]
            /// # fn example() {
            /// # let lines = source(collection(Vec::<String>::new()));
            /// lines.filter(|line| line.contains("ERROR")).name("only errors").sink(print());
            /// # }
            /// ```
            pub fn name(self, name: &'static str) -> Self {
                not_run(name)
            }

            /// How many parallel tasks run the operator: from 1 to 32 768, or to the number of key groups (128 unless
            /// configured) behind `key_by`.
            ///
            /// Neighbours that differ in it are not fused: the records go from one to the other in turn. `job.toml`
            /// overrides it. Flink: `setParallelism`.
            ///
            /// ```
            /// # use thalweg::prelude::*;
            /// # #[pipeline]
            /// # fn example() {
            /// # let lines = source(collection(Vec::<String>::new()));
            /// lines.global().map(|line| line.len() as u64).parallelism(1).sink(print());
            /// # }
            /// ```
            pub fn parallelism(self, tasks: usize) -> Self {
                not_run(tasks)
            }

            /// How long the state of a key lives behind its last write: a duration of processing time, or
            /// [`event_time(d)`](crate::state::event_time).
            ///
            /// Follows [`process`](Keyed::process) (every call of the function counts as a write), `reduce`, `fold`,
            /// a running aggregate, or [`dedup`](Keyed::dedup) (a key's first record is its write). What is over is
            /// gone at once; its memory is given back bit by bit. In event time a key is over for a record once the
            /// record's time, or the watermark, is `d` or more past the last write. Flink: `StateTtlConfig`, with
            /// processing time only.
            ///
            /// `job.toml` changes its length, for an operator that has one: the time that it goes by stays.
            ///
            /// ```
            /// # use thalweg::prelude::*;
            /// # #[pipeline]
            /// # fn example() {
            /// # let words = source(collection(Vec::<String>::new()));
            /// words.key_by(|word| word).count().ttl(hours(24)).sink(print());
            /// # }
            /// ```
            pub fn ttl(self, ttl: impl Into<Ttl>) -> Self {
                not_run(ttl)
            }

            /// How long a record may wait in a buffer of the exchange behind the operator until the buffer is full:
            /// 1 ms unless said otherwise. Buffers are handed on earlier when the task has no more input.
            ///
            /// Flink: `setBufferTimeout`.
            ///
            /// ```
            /// # use thalweg::prelude::*;
            /// # #[pipeline]
            /// # fn example() {
            /// # let lines = source(collection(Vec::<String>::new()));
            /// lines.rebalance().buffer_timeout(millis(20)).sink(print());
            /// # }
            /// ```
            pub fn buffer_timeout(self, timeout: Span) -> Self {
                not_run(timeout)
            }
        }
    )*};
}

modifiers! {
    Stream<T> Fallible<T, R> Keyed<K, T> Windows<K, T> Joined<L, R, O> JoinedByWindow<L, R, O>
    Process<K, T, S, O> ConnectedProcess<K, L, R, S, O> BroadcastProcess<K, T, B, R, S, O>
}
