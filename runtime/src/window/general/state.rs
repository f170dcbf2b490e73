//! Windows being made, and what the runtime knows of them.

use std::sync::Arc;

use super::codec::codec;
use super::contents::{Accumulated, Contents, Elements, Folded, Reduced};
use super::keyed::Slots;
use super::timers::{Timer, Timers};
use super::{GeneralWindows, Triggered, WindowPlan};
use crate::operator::Aggregate;
use crate::record::{Key, Record};
use crate::state::{
    Backing, DiskError, LoadError, Loader, SnapshotWriter, Spill, Spilled, State, Tiered, by_key,
};
use crate::task::Failure;
use crate::time::{Span, Timestamp};
use crate::window::assigner::Time;
use crate::window::trigger::Trigger;

impl<K, T, S, C, R, P, W> GeneralWindows<K, T, S, C, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    C: Contents,
    R: Trigger<T>,
{
    pub(super) fn made(plan: WindowPlan<S, R, T>, with: C::With) -> Self {
        GeneralWindows {
            spec: plan.spec,
            trigger: plan.trigger,
            evictor: plan.evictor,
            with,
            clears: false,
            keys: None,
            spilled: None,
            slots: Slots::new(false),
            out: None,
            timers: Timers::default(),
            open: Vec::new(),
            at: Timestamp::MIN,
            pending: Default::default(),
            current: None,
            advanced: Timestamp::MIN,
            clock: Timestamp::MIN,
            arrivals: 0,
            kept: 0,
            late: 0,
            element: std::marker::PhantomData,
        }
    }
}

/// An evictor takes elements, and there are none.
fn without_elements<S, R, T>(plan: &WindowPlan<S, R, T>) -> Result<(), Failure> {
    match plan.evictor {
        None => Ok(()),
        Some(_) => Err(Failure::new(
            "these windows evict elements, which this function does not keep\n\
             help: write the window where it is used: `.window(sliding_count(100, 10))`",
        )),
    }
}

impl<K: Key, T: Record, S: Triggered, R: Trigger<T>> GeneralWindows<K, T, S, Elements<T>, R> {
    /// Windows that keep their elements.
    pub fn of_elements(plan: WindowPlan<S, R, T>) -> Self {
        GeneralWindows::made(plan, ())
    }
}

impl<K, T, S, A, R> GeneralWindows<K, T, S, Accumulated<A>, R>
where
    K: Key,
    T: Record,
    S: Triggered,
    A: Aggregate,
    R: Trigger<T>,
{
    /// Windows that keep an accumulator per key.
    ///
    /// # Errors
    /// If the windows have an evictor.
    pub fn of_aggregate(plan: WindowPlan<S, R, T>, aggregate: A) -> Result<Self, Failure> {
        without_elements(&plan)?;
        Ok(GeneralWindows::made(plan, aggregate))
    }
}

impl<K: Key, T: Record, S: Triggered, R: Trigger<T>> GeneralWindows<K, T, S, Reduced<T>, R> {
    /// Windows that keep a reduced record per key.
    ///
    /// # Errors
    /// If the windows have an evictor.
    pub fn of_reduce(plan: WindowPlan<S, R, T>) -> Result<Self, Failure> {
        without_elements(&plan)?;
        Ok(GeneralWindows::made(plan, ()))
    }
}

impl<K, T, S, A, R> GeneralWindows<K, T, S, Folded<A>, R>
where
    K: Key,
    T: Record,
    S: Triggered,
    A: Record,
    R: Trigger<T>,
{
    /// Windows that keep a folded value per key; every key of every window starts with a copy of `init`.
    ///
    /// # Errors
    /// If the windows have an evictor, or merge.
    pub fn of_fold(plan: WindowPlan<S, R, T>, init: A) -> Result<Self, Failure> {
        without_elements(&plan)?;
        if S::MERGES {
            return Err(Failure::new(
                "sessions cannot be folded: two folded values cannot be put together when sessions merge\n\
                 help: use `reduce`, an aggregate, or `.apply(|w, events, out| ..)`",
            ));
        }
        Ok(GeneralWindows::made(plan, init))
    }
}

impl<K, T, S, C, R, P, W> State for GeneralWindows<K, T, S, C, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    C: Contents,
    R: Trigger<T>,
    P: Record,
    W: Record,
{
    fn entries(&self) -> usize {
        self.keys.as_ref().map_or(0, Tiered::len).max(self.slots.len())
    }

    fn bytes(&self) -> usize {
        // What it has in its elements counts as what is on a disk, if there is one.
        let elsewhere = self.backing().map_or(self.kept * C::ITEM, Backing::bytes_on_disk);
        self.keys.as_ref().map_or(0, Tiered::bytes)
            + self.slots.bytes()
            + self.timers.len() * size_of::<Timer>()
            + elsewhere
    }

    fn next_timer(&self) -> Option<Timestamp> {
        let first = self.timers.of(Time::Processing).first()?;
        Some(first.0 + Span(1))
    }

    fn late(&self) -> u64 {
        self.late
    }

    fn meaning(&self) -> String {
        let (spec, trigger) = (self.spec.meaning(), self.trigger.meaning());
        by_key::<K>(&format!("{} in {spec} fired by {trigger}", C::meaning(&self.with)))
    }
    fn spill(&mut self, to: &Arc<Spill>) -> Result<bool, DiskError> {
        self.spilled = Some(Spilled { backing: to.open()?, codec: codec() });
        self.slots = Slots::new(true);
        Ok(true)
    }

    fn save(&mut self, out: &mut SnapshotWriter) {
        self.save_windows(out);
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        self.backing().is_some_and(Backing::save_more)
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.load_windows(from)
    }
}
