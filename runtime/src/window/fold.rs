//! Windows with a folded value.

use super::live::LiveWindows;
use super::store::{Store, Update};
use super::{Assigner, Firing, Sliding, Tumbling};
use crate::record::{Emit, Key, Record};
use crate::state::state_of;
use crate::task::{Failure, Turn};
use crate::time::Timestamp;

/// Windows that never merge, so that a value can be carried through their records.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be folded",
    label = "two sessions may become one, but there is no way to merge what was folded",
    note = "to fix: use `reduce`, or an aggregate of your own, which knows how to merge: `.aggregate(|w| w.with(MyAggregate, |x| ..))`"
)]
pub trait Divides: Assigner<At = Timestamp> {
    /// The windows: see [`Fixed::Spec`](super::Fixed::Spec).
    type Spec;

    /// The windows themselves, if they can be.
    ///
    /// # Errors
    /// See [`InvalidWindow`](super::InvalidWindow).
    fn divided(self) -> Result<Self::Spec, Failure>;
}

macro_rules! divides {
    ($($windows:ty),*) => {$(
        impl Divides for $windows {
            type Spec = $windows;
            fn divided(self) -> Result<$windows, Failure> {
                self.checked()
            }
        }
    )*};
}
divides! { Tumbling, Sliding }

/// Windows in which a value is carried through the records of a key.
pub struct FoldWindows<S: Divides, K: Key, V: Record> {
    windows: LiveWindows<S, K, Option<V>>,
    init: V,
}

impl<S: Divides, K: Key, V: Record> FoldWindows<S, K, V> {
    /// No windows yet; every key of every window starts with a copy of `init`. `spec` was
    /// [checked](Assigner::checked).
    pub fn new(spec: S, init: V) -> Self {
        FoldWindows { windows: LiveWindows::new(spec), init }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.windows.prepare(hashes);
    }

    /// Carries the value on in each window of the record: `step` gets it and the record, and returns the next one. False
    /// if the record is late.
    ///
    /// # Errors
    /// None: the signature is that of the other windows.
    #[inline(always)]
    pub fn add<X: Copy>(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: impl Emit<Record = K>,
        record: X,
        step: impl FnMut(V, X) -> V,
    ) -> Result<bool, Failure> {
        let mut update = FoldUpdate { init: &self.init, record, step };
        self.windows.update(turn, time, hash, key.as_view(), &mut update)
    }

    /// The next firing: see [`AggregateWindows::fire`](super::AggregateWindows::fire).
    ///
    /// # Errors
    /// None: the signature is that of the other windows.
    #[inline]
    pub fn fire(
        &mut self,
        turn: &mut Turn<'_>,
    ) -> Result<Option<Firing<'_, K, Option<V>>>, Failure> {
        Ok(self.windows.fire(turn))
    }
}

struct FoldUpdate<'u, V, X, F> {
    init: &'u V,
    record: X,
    step: F,
}

impl<V: Record, X: Copy, F: FnMut(V, X) -> V> Update<Option<V>> for FoldUpdate<'_, V, X, F> {
    #[inline(always)]
    fn start(&self) -> Option<V> {
        None
    }

    #[inline(always)]
    fn apart(&mut self) -> impl Update<Option<V>> {
        FoldUpdate { init: self.init, record: self.record, step: &mut self.step }
    }

    #[inline(always)]
    fn add(&mut self, value: &mut Option<V>) -> Result<(), Failure> {
        let kept = value.take().unwrap_or_else(|| V::from_view(self.init.as_view()));
        *value = Some((self.step)(kept, self.record));
        Ok(())
    }

    fn merge(&mut self, _: &mut Option<V>, _: Option<V>) -> Result<(), Failure> {
        unreachable!("windows that divide time never merge")
    }
}

state_of! {
    FoldWindows<S: Divides, K: Key, V: Record>, windows,
    |state| format!("fold in {}", state.windows.meaning())
}
