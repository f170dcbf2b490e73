//! The writing end of an exchange in one task.

use std::cell::Cell;
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Instant;

use rtrb::{Consumer, Producer};

use super::{Batch, Frame, KeyGroups, Partition};
use crate::record::{Emit, Key, Record};
use crate::time::Timestamp;

/// Archives per buffer, in bytes, after which it is handed on.
pub const BUFFER_BYTES: usize = 32 * 1024;
/// Records per buffer after which it is handed on, however small they are.
const BUFFER_RECORDS: usize = 4096;

/// The way to one downstream task: an open batch, the ring behind it and what did not fit into the ring.
#[derive(Debug)]
pub struct Port {
    open: Batch,
    ring: Producer<Frame>,
    free: Consumer<Batch>,
    /// A record's own output may overshoot the ring; while anything waits here the task gets no new input.
    overflow: VecDeque<Frame>,
    /// When the first record of the open batch was seen at the end of a turn.
    opened: Option<Instant>,
}

impl Port {
    /// A port over a ring of frames and a ring of emptied batches.
    pub fn new(ring: Producer<Frame>, free: Consumer<Batch>) -> Port {
        Port { open: Batch::default(), ring, free, overflow: VecDeque::new(), opened: None }
    }

    fn send(&mut self, frame: Frame) {
        if self.overflow.is_empty() {
            if let Err(rtrb::PushError::Full(frame)) = self.ring.push(frame) {
                self.overflow.push_back(frame);
            }
        } else {
            self.overflow.push_back(frame);
        }
    }
}

/// What the task's runner knows of an output, whatever its type.
pub trait AnyOutput {
    /// Hands on what is open.
    fn flush(&mut self);
    /// Hands on what has been open since before `deadline`; returns when the oldest open batch was opened.
    fn flush_opened_before(&mut self, deadline: Instant, now: Instant) -> Option<Instant>;
    /// Sends a control frame to all downstream tasks, behind everything written so far.
    fn control(&mut self, frame: &dyn Fn() -> Frame);
    /// Moves what waits into the rings; returns true if nothing is left.
    fn unblock(&mut self) -> bool;
    /// Records and bytes written so far.
    fn written(&self) -> (u64, u64);
}

/// The writing end of an exchange of records of type `T`.
#[derive(Debug)]
pub struct Output<T> {
    ports: Vec<Port>,
    partition: Partition,
    groups: KeyGroups,
    /// The port that `Rebalance` and `Forward` write to now.
    current: usize,
    /// Set when something did not fit into a ring; shared with the turn.
    blocked: Rc<Cell<bool>>,
    records: u64,
    bytes: u64,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Output<T> {
    /// An output of task `task` over `ports`, one per downstream task (one in all for `Forward`).
    pub fn new(
        ports: Vec<Port>,
        partition: Partition,
        groups: KeyGroups,
        task: usize,
        blocked: Rc<Cell<bool>>,
    ) -> Output<T> {
        let current = if partition == Partition::Rebalance { task % ports.len() } else { 0 };
        let mut output = Output {
            ports,
            partition,
            groups,
            current,
            blocked,
            records: 0,
            bytes: 0,
            record: PhantomData,
        };
        for port in &mut output.ports {
            port.open.reset::<T>();
        }
        output
    }

    /// Writes a record to the exchange.
    #[inline(always)]
    pub fn push<E: Emit<Record = T>>(&mut self, time: Timestamp, item: E) {
        if self.partition == Partition::Broadcast {
            for port in 0..self.ports.len() {
                self.write(port, |batch| batch.push(time, &item));
            }
        } else {
            self.write(self.current, |batch| batch.push(time, &item));
        }
    }

    #[inline(always)]
    fn write(&mut self, port: usize, push: impl FnOnce(&mut Batch)) {
        let open = &mut self.ports[port].open;
        push(open);
        if open.bytes() >= BUFFER_BYTES || open.len() >= BUFFER_RECORDS {
            self.hand_on(port);
        }
    }

    #[cold]
    #[inline(never)]
    fn hand_on(&mut self, index: usize) {
        let port = &mut self.ports[index];
        if port.open.is_empty() {
            return;
        }
        let mut next = port.free.pop().unwrap_or_default();
        next.reset::<T>();
        let full = std::mem::replace(&mut port.open, next);
        self.records += full.len() as u64;
        self.bytes += full.bytes() as u64;
        port.opened = None;
        port.send(Frame::Records(full));
        if !port.overflow.is_empty() {
            self.blocked.set(true);
        }
        if self.partition == Partition::Rebalance {
            self.current = (index + 1) % self.ports.len();
        }
    }
}

impl<K: Key, P: Record> Output<(K, P)> {
    /// Writes a record to the task that owns its key, with the key's hash.
    #[inline(always)]
    pub fn push_keyed<EK, EP>(&mut self, time: Timestamp, key: EK, payload: EP)
    where
        EK: Emit<Record = K>,
        EP: Emit<Record = P>,
    {
        let hash = K::key_hash(key.as_view());
        self.push_hashed(time, hash, key, payload);
    }

    /// The same with the hash at hand.
    #[inline(always)]
    pub fn push_hashed<EK, EP>(&mut self, time: Timestamp, hash: u64, key: EK, payload: EP)
    where
        EK: Emit<Record = K>,
        EP: Emit<Record = P>,
    {
        let port = self.groups.task_of(hash) as usize;
        self.write(port, |batch| batch.push_hashed(time, hash, &(key, payload)));
    }
}

impl<T: Record> AnyOutput for Output<T> {
    fn flush(&mut self) {
        for port in 0..self.ports.len() {
            self.hand_on(port);
        }
    }

    fn flush_opened_before(&mut self, deadline: Instant, now: Instant) -> Option<Instant> {
        let mut oldest = None;
        for port in 0..self.ports.len() {
            if self.ports[port].open.is_empty() {
                continue;
            }
            let opened = *self.ports[port].opened.get_or_insert(now);
            if opened <= deadline {
                self.hand_on(port);
            } else {
                oldest = Some(oldest.map_or(opened, |oldest: Instant| oldest.min(opened)));
            }
        }
        oldest
    }

    fn control(&mut self, frame: &dyn Fn() -> Frame) {
        self.flush();
        for port in &mut self.ports {
            port.send(frame());
            if !port.overflow.is_empty() {
                self.blocked.set(true);
            }
        }
    }

    fn unblock(&mut self) -> bool {
        let mut clear = true;
        for port in &mut self.ports {
            while let Some(frame) = port.overflow.pop_front() {
                if let Err(rtrb::PushError::Full(frame)) = port.ring.push(frame) {
                    port.overflow.push_front(frame);
                    clear = false;
                    break;
                }
            }
        }
        clear
    }

    fn written(&self) -> (u64, u64) {
        (self.records, self.bytes)
    }
}
