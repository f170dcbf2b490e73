//! One channel of an exchange: a ring of frames one way, a ring of emptied batches the other way.
//!
//! Whoever sleeps is woken by the other side. Both directions follow the same pattern (Dekker's): the sleeper says that
//! it waits, then looks once more; the other side acts, then looks whether somebody waits. A sequentially consistent
//! fence between the two steps on both sides makes it impossible that both look too early.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};

use rtrb::{Consumer, Producer, PushError, RingBuffer};

use super::{Batch, Frame};
use crate::record::Record;
use crate::task::Signal;

/// What both ends of a channel know of each other.
#[derive(Debug)]
struct Link {
    /// The producer has something that did not fit.
    producer_waits: AtomicBool,
    producer: Arc<Signal>,
    consumer: Arc<Signal>,
}

/// Makes a channel for `frames` frames between two slots.
pub(crate) fn channel(
    frames: usize,
    producer: Arc<Signal>,
    consumer: Arc<Signal>,
) -> (Port, Channel) {
    let (ring, received) = RingBuffer::new(frames);
    // As many empty batches as can be under way, one being read and one being written.
    let (give_back, free) = RingBuffer::new(frames + 2);
    let link = Arc::new(Link { producer_waits: AtomicBool::new(false), producer, consumer });
    let port = Port {
        ring,
        free,
        usual: 0,
        overflow: VecDeque::new(),
        overflow_bytes: 0,
        link: link.clone(),
    };
    (port, Channel { ring: received, free: give_back, link })
}

/// The way to one downstream task: a ring, and what did not fit into the ring.
#[derive(Debug)]
pub struct Port {
    ring: Producer<Frame>,
    free: Consumer<Batch>,
    /// Records of the last batch sent.
    usual: usize,
    /// A record's own output may overshoot the ring; while anything waits here the task gets no new input.
    overflow: VecDeque<Frame>,
    overflow_bytes: usize,
    link: Arc<Link>,
}

impl Port {
    /// An emptied batch, or a new one, for up to `records` records of type `T`.
    pub(super) fn fresh<T: Record>(&mut self, records: NonZeroUsize) -> Batch {
        let mut batch = self.free.pop().unwrap_or_default();
        batch.reset::<T>();
        batch.limit(records, self.usual);
        batch
    }

    /// Sends a frame behind all others; answers false if it has to wait.
    pub(super) fn send(&mut self, frame: Frame) -> bool {
        if let Frame::Records(batch) = &frame {
            self.usual = batch.len();
        }
        let waiting = if self.overflow.is_empty() {
            match self.ring.push(frame) {
                Ok(()) => {
                    self.link.consumer.wake();
                    return true;
                }
                // Nobody will ever read: the exchange leads to a branch that was not taken.
                Err(PushError::Full(_)) if self.ring.is_abandoned() => return true,
                Err(PushError::Full(frame)) => frame,
            }
        } else {
            frame
        };
        if let Frame::Records(batch) = &waiting {
            self.overflow_bytes += batch.capacity();
        }
        self.overflow.push_back(waiting);
        false
    }

    /// True if a frame would fit.
    pub(super) fn has_room(&self) -> bool {
        self.overflow.is_empty() && !self.ring.is_full()
    }

    /// Bytes that wait because the ring is full.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.overflow_bytes
    }

    /// Moves what waits into the ring; answers true if nothing is left. If something is, the consumer wakes this side
    /// when it has made room.
    pub(super) fn unblock(&mut self) -> bool {
        if self.overflow.is_empty() || self.push_waiting() {
            return true;
        }
        self.link.producer_waits.store(true, Ordering::Relaxed);
        // Room made before this fence is seen below; room made after it comes with a wake.
        fence(Ordering::SeqCst);
        self.push_waiting()
    }

    fn push_waiting(&mut self) -> bool {
        while let Some(frame) = self.overflow.pop_front() {
            let bytes = if let Frame::Records(batch) = &frame { batch.capacity() } else { 0 };
            if let Err(PushError::Full(frame)) = self.ring.push(frame) {
                self.overflow.push_front(frame);
                return false;
            }
            self.overflow_bytes -= bytes;
            self.link.consumer.wake();
        }
        true
    }
}

/// The receiving end of a channel.
#[derive(Debug)]
pub(crate) struct Channel {
    ring: Consumer<Frame>,
    free: Producer<Batch>,
    link: Arc<Link>,
}

impl Channel {
    /// The next frame.
    pub(crate) fn receive(&mut self) -> Option<Frame> {
        let frame = self.ring.pop().ok()?;
        fence(Ordering::SeqCst);
        if self.link.producer_waits.load(Ordering::Relaxed) {
            self.link.producer_waits.store(false, Ordering::Relaxed);
            self.link.producer.wake();
        }
        Some(frame)
    }

    /// Gives an emptied batch back to the producer.
    pub(crate) fn give_back(&mut self, batch: Batch) {
        // The producer may have gone, or have more than it needs: then the batch is freed here.
        drop(self.free.push(batch));
    }
}
