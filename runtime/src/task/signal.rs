//! Waking a slot that sleeps.
//!
//! A slot that found nothing to do *announces* that it will sleep, looks at everything once more, and only then parks.
//! Whoever makes work for it does so first and looks afterwards whether the slot has announced. Between the two steps
//! stands a sequentially consistent fence on both sides: one of the fences comes first, so either the slot sees the
//! work or the other side sees the announcement. A wake costs a fence and a load while the slot is awake.

use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::task::Wake;
use std::thread::Thread;
use std::time::Duration;

/// The bell of one slot.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    announced: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Signal {
    /// Makes the calling thread the one that is woken.
    pub(crate) fn bind(&self) {
        // Bound twice only by tests that run a slot's work on their own thread.
        drop(self.thread.set(std::thread::current()));
    }

    /// The slot is going to sleep unless it finds something to do from now on.
    pub(crate) fn announce(&self) {
        self.announced.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// It has found something.
    pub(crate) fn retract(&self) {
        self.announced.store(false, Ordering::Relaxed);
    }

    /// Sleeps until woken, `timeout` has passed, or for no reason. To be announced before.
    pub(crate) fn park(&self, timeout: Option<Duration>) {
        if self.announced.load(Ordering::Acquire) {
            match timeout {
                Some(timeout) => std::thread::park_timeout(timeout),
                None => std::thread::park(),
            }
        }
        self.retract();
    }

    /// Wakes the slot, if it sleeps or is about to, for what the caller did before.
    #[inline]
    pub(crate) fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.announced.load(Ordering::Relaxed) {
            self.unpark();
        }
    }

    #[cold]
    fn unpark(&self) {
        // The thread's own token keeps an unpark that comes before the park.
        if self.announced.swap(false, Ordering::AcqRel)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        Signal::wake(&self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Signal::wake(self);
    }
}

/// What a reader that answered `Fill::Wait` calls when it has something again.
#[derive(Debug)]
pub(crate) struct SourceWaker {
    pub(crate) ready: AtomicBool,
    pub(crate) signal: Arc<Signal>,
}

impl Wake for SourceWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ready.store(true, Ordering::Release);
        Signal::wake(&self.signal);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    /// Two threads hand a number to and fro, each sleeping until it is its turn: a lost wake-up hangs the test.
    #[test]
    fn no_wake_up_is_lost() {
        const ROUNDS: u64 = 20_000;
        let turn = AtomicU64::new(0);
        let bells = [Arc::new(Signal::default()), Arc::new(Signal::default())];
        std::thread::scope(|scope| {
            for me in 0..2 {
                let (turn, bells) = (&turn, &bells);
                scope.spawn(move || {
                    bells[me as usize].bind();
                    loop {
                        let now = turn.load(Ordering::Acquire);
                        if now >= ROUNDS {
                            break;
                        }
                        if now % 2 == me {
                            turn.store(now + 1, Ordering::Release);
                            Signal::wake(&bells[1 - me as usize]);
                            continue;
                        }
                        bells[me as usize].announce();
                        if turn.load(Ordering::Acquire) == now {
                            bells[me as usize].park(None);
                        } else {
                            bells[me as usize].retract();
                        }
                    }
                });
            }
        });
        assert_eq!(turn.load(Ordering::Relaxed), ROUNDS);
    }
}
