//! What emitted code needs. Not for users: anything here may change in any version.

mod general;

// Records (`#[record]`).
pub use crate::record::{
    Element, Emit, Key, KeyBytes, Layout, Ranked, Record, Root, SliceView, Tails, Validator, View,
    check_field, check_tag, default_of, unknown_tag,
};
pub use {rkyv, serde};

// Jobs (`#[pipeline]`, `#[operator]`, `#[args]`).
pub use crate::exchange::{Edge, Partition};
pub use crate::job::{Args, Arguments, Definition, Parameter};
pub use crate::join::{AsOfJoin, IntervalJoin, JoinKind, WindowJoin, Within, apply_group};
pub use crate::operator::{
    Aggregate, ChangedWith, Dedup, FailedWith, Fold, Own, Parts, Reduce, Running, WindowedWith,
    approx_count_distinct, avg, count, count_distinct, first, last, max, max_by, min, min_by,
    quantile, sum, to_vec, top, wrapping_sum,
};
pub use crate::plan::{ChainSpec, EdgePlan, OperatorSpec, Plan};
pub use crate::process::{
    BroadcastProcess, Process, ProcessFunction, Sides, UnkeyedProcess, state_of,
};
pub use crate::record::apply;
pub use crate::state::Ttl;
pub use crate::stream::annotation::{GivenOf, RecordOf, annotated, annotated_source};
pub use crate::task::{Asked, AsyncOptions, answer};
pub use crate::task::{Failure, OpenSegment, Returned, Segment, Step, TaskContext, Turn};
pub use crate::time::{Timestamp, punctuated};
pub use crate::window::trigger::delta;
pub use crate::window::{
    AggregateWindows, FoldWindows, GeneralWindows, Out, Partials, ReduceWindows, WindowPlan,
    WithGap, checked, checked_divided, checked_dynamic, checked_ending,
};
pub use general::{accumulate, accumulators, apply3, copied, none_of, own_trigger};

/// Fixes the types of a closure's two parameters before its body is checked.
#[inline(always)]
pub fn apply2<A, B, R>(a: A, b: B, f: impl FnOnce(A, B) -> R) -> R {
    f(a, b)
}

/// The hash of a key that came to a fragment.
#[inline(always)]
pub fn key_hash<E: Emit<Record: Key>>(key: &E) -> u64 {
    <E::Record as Key>::key_hash(key.as_view())
}

/// The view of what a closure made.
#[inline(always)]
pub fn view<E: Emit>(item: &E) -> View<'_, E::Record> {
    item.as_view()
}

/// The record itself: moved where it was just made, else a copy.
#[inline(always)]
pub fn into_record<E: Emit>(item: E) -> E::Record {
    item.into_record()
}

/// An error as the text that a side gets.
#[cold]
pub fn to_text(error: &impl std::fmt::Display) -> String {
    error.to_string()
}

/// A record as a side gets it that a sink could not write.
#[cold]
pub fn in_full(record: &impl std::fmt::Debug) -> String {
    format!("{record:?}")
}

/// A record as failures name it, shortened.
#[cold]
pub fn shown(record: &impl std::fmt::Debug) -> String {
    const LONGEST: usize = 200;
    let text = format!("{record:?}");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text,
    }
}

/// An operator's id behind the path of the fragment's call that it stands in.
pub fn state_id(path: &str, id: &str) -> String {
    if path.is_empty() || id.is_empty() { id.to_owned() } else { format!("{path}/{id}") }
}
