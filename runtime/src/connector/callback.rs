//! `callback`: a closure as a sink.

use std::marker::PhantomData;

use super::{Sink, SinkError, Writer};
use crate::record::{Record, View};
use crate::time::Timestamp;

/// Hands every record to a closure, with state of each task's own; for tests and benchmarks.
///
/// `start` makes the state of task number `task` on its thread; `write` gets it with the record's event time and view.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use thalweg::connector::{Sink, Writer, callback};
/// use thalweg::time::Timestamp;
///
/// static TOTAL: AtomicU64 = AtomicU64::new(0);
/// let sink = callback::<u64, u64, _, _>(|_task| 0, |sum, _time, price| *sum += price)
///     .on_finish(|sum| { TOTAL.fetch_add(sum, Ordering::Relaxed); });
/// let mut writer = sink.open(0, 1).unwrap();
/// writer.write(Timestamp::MIN, 20).unwrap();
/// writer.write(Timestamp::MIN, 22).unwrap();
/// writer.finish().unwrap();
/// assert_eq!(TOTAL.load(Ordering::Relaxed), 42);
/// ```
pub fn callback<T, S, A, B>(start: A, write: B) -> Callback<T, A, B, fn(S)>
where
    T: Record,
    S: 'static,
    A: Fn(usize) -> S + Send + Sync + 'static,
    B: Fn(&mut S, Timestamp, View<'_, T>) + Clone + Send + Sync + 'static,
{
    Callback { start, write, finish: drop, record: PhantomData }
}

/// Made by [`callback`].
pub struct Callback<T, A, B, C> {
    start: A,
    write: B,
    finish: C,
    record: PhantomData<fn() -> T>,
}

impl<T, A, B, C> std::fmt::Debug for Callback<T, A, B, C> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("callback")
    }
}

impl<T, A, B, C> Callback<T, A, B, C> {
    /// Hands each task's state to `finish` when its input has ended.
    pub fn on_finish<S, F>(self, finish: F) -> Callback<T, A, B, F>
    where
        A: Fn(usize) -> S,
        F: Fn(S) + Clone + Send + Sync + 'static,
    {
        Callback { start: self.start, write: self.write, finish, record: PhantomData }
    }
}

impl<T, S, A, B, C> Sink<T> for Callback<T, A, B, C>
where
    T: Record,
    S: 'static,
    A: Fn(usize) -> S + Send + Sync + 'static,
    B: Fn(&mut S, Timestamp, View<'_, T>) + Clone + Send + Sync + 'static,
    C: Fn(S) + Clone + Send + Sync + 'static,
{
    type Writer = CallbackWriter<T, S, B, C>;
    fn name(&self) -> String {
        "callback".to_owned()
    }
    fn open(&self, task: usize, _: usize) -> Result<Self::Writer, SinkError> {
        let state = Some((self.start)(task));
        let (write, finish) = (self.write.clone(), self.finish.clone());
        Ok(CallbackWriter { state, write, finish, record: PhantomData })
    }
}

/// One task's state and the closures.
pub struct CallbackWriter<T, S, B, C> {
    /// `None` after the end.
    state: Option<S>,
    write: B,
    finish: C,
    record: PhantomData<fn() -> T>,
}

impl<T, S, B, C> std::fmt::Debug for CallbackWriter<T, S, B, C> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("callback")
    }
}

impl<T, S, B, C> Writer<T> for CallbackWriter<T, S, B, C>
where
    T: Record,
    S: 'static,
    B: Fn(&mut S, Timestamp, View<'_, T>) + 'static,
    C: Fn(S) + 'static,
{
    #[inline(always)]
    fn write(&mut self, time: Timestamp, record: View<'_, T>) -> Result<(), SinkError> {
        if let Some(state) = &mut self.state {
            (self.write)(state, time, record);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        if let Some(state) = self.state.take() {
            (self.finish)(state);
        }
        Ok(())
    }
}
