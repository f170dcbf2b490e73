//! What is emitted around windows that keep elements, or have a trigger of their own.

use crate::operator::{Aggregate, failed_on};
use crate::record::{Emit, Key};
use crate::task::Failure;
use crate::window::{Events, FiresByItself};

/// Fixes the types of a closure's three parameters before its body is checked.
#[inline(always)]
pub fn apply3<A, B, C, R>(a: A, b: B, c: C, f: impl FnOnce(A, B, C) -> R) -> R {
    f(a, b, c)
}

/// The trigger that windows have by themselves.
pub fn own_trigger<S: FiresByItself>(windows: &S) -> S::Trigger {
    windows.trigger()
}

/// Fresh accumulators of an aggregate.
#[inline(always)]
pub fn accumulators<A: Aggregate>(_: &A) -> A::Acc {
    A::Acc::default()
}

/// Adds one element to accumulators.
///
/// # Errors
/// If the aggregate cannot take it, with the key.
#[inline(always)]
pub fn accumulate<A: Aggregate, K: Emit<Record: Key>>(
    aggregate: &A,
    accumulators: &mut A::Acc,
    key: K,
    value: impl Emit<Record = A::In>,
) -> Result<(), Failure> {
    match aggregate.add(accumulators, value.as_view()) {
        Ok(()) => Ok(()),
        Err(overflow) => Err(failed_on::<K::Record>(overflow, key.as_view())),
    }
}

/// No element yet.
#[inline(always)]
pub fn none_of<T: crate::record::Record>(_: Events<'_, T>) -> Option<T> {
    None
}

/// A copy of a record.
#[inline(always)]
pub fn copied<T: crate::record::Record>(record: &T) -> T {
    T::from_view(record.as_view())
}
