//! The writing end of an exchange in one task.

use std::cell::Cell;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::rc::Rc;

use super::{Frame, KeyGroups, Partition, Port};
use crate::record::{Emit, Key, Record};
use crate::task::Failure;
use crate::time::Timestamp;

/// Archives per buffer, in bytes, after which it is handed on.
pub const BUFFER_BYTES: usize = 32 * 1024;
/// Records per buffer after which it is handed on, however small they are.
const BUFFER_RECORDS: usize = 4096;

/// What the task's runner knows of an output, whatever its type.
pub(crate) trait AnyOutput {
    /// Hands on what is open.
    fn flush(&mut self);
    /// Sends a control frame to all downstream tasks, behind everything written so far.
    fn control(&mut self, frame: &dyn Fn() -> Frame);
    /// Moves what waits into the rings; returns true if nothing is left.
    fn unblock(&mut self) -> bool;
    /// Records and bytes handed on so far.
    fn written(&self) -> (u64, u64);
}

/// Where an output leads and how it is used.
pub(crate) struct OutputEnd {
    /// One per downstream task; one in all for `Forward`.
    pub(crate) ports: Vec<Port>,
    pub(crate) partition: Partition,
    /// The downstream tasks' key groups.
    pub(crate) groups: KeyGroups,
    /// Bytes that may wait for the rings before the task fails.
    pub(crate) max_waiting: usize,
}

/// The writing end of an exchange of records of type `T`.
pub struct Output<T> {
    ports: Vec<Port>,
    partition: Partition,
    /// The port of each key group: a table, because finding the owner takes a division.
    owners: Box<[u16]>,
    groups: u32,
    /// The port that `Rebalance` and `Forward` write to now.
    current: usize,
    /// Set when something did not fit into a ring; shared with the turn.
    blocked: Rc<Cell<bool>>,
    max_waiting: usize,
    records: u64,
    bytes: u64,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Output<T> {
    /// Records of one buffer: fixed ones fill its bytes, so that only records need counting.
    const RECORDS: NonZeroUsize = {
        let size = size_of::<T::Archived>();
        let fitting = if T::FIXED && size > 0 { BUFFER_BYTES / size } else { BUFFER_RECORDS };
        let fitting = if fitting > BUFFER_RECORDS { BUFFER_RECORDS } else { fitting };
        match NonZeroUsize::new(fitting) {
            Some(fitting) => fitting,
            None => NonZeroUsize::MIN,
        }
    };

    /// An output of task `task`.
    pub(crate) fn new(end: OutputEnd, task: usize, blocked: Rc<Cell<bool>>) -> Output<T> {
        let OutputEnd { mut ports, partition, groups, max_waiting } = end;
        for port in &mut ports {
            port.open = port.fresh::<T>(Self::RECORDS);
        }
        Output {
            current: if partition == Partition::Rebalance { task % ports.len() } else { 0 },
            owners: groups.owners(),
            groups: groups.groups(),
            ports,
            partition,
            blocked,
            max_waiting,
            records: 0,
            bytes: 0,
            record: PhantomData,
        }
    }

    /// Writes a record to the exchange.
    #[inline(always)]
    pub fn push<E: Emit<Record = T>>(&mut self, time: Timestamp, item: E) {
        if self.partition == Partition::Broadcast {
            for port in 0..self.ports.len() {
                self.write(port, time, 0, &item);
            }
        } else {
            self.write(self.current, time, 0, &item);
        }
    }

    #[inline(always)]
    fn write<E: Emit<Record = T>>(&mut self, port: usize, time: Timestamp, hash: u64, item: &E) {
        let open = &mut self.ports[port].open;
        open.push_hashed(time, hash, item);
        // Only where the batch has to grow, or is at its limit, is there more to ask.
        if open.is_full() || (!T::FIXED && open.bytes() >= BUFFER_BYTES) {
            self.filled(port);
        }
    }

    #[cold]
    #[inline(never)]
    fn filled(&mut self, index: usize) {
        let open = &self.ports[index].open;
        if open.len() >= Self::RECORDS.get() || open.bytes() >= BUFFER_BYTES {
            self.hand_on(index);
        }
    }

    fn hand_on(&mut self, index: usize) {
        let port = &mut self.ports[index];
        if port.open.is_empty() {
            return;
        }
        let next = port.fresh::<T>(Self::RECORDS);
        let full = std::mem::replace(&mut port.open, next);
        self.records += full.len() as u64;
        self.bytes += full.bytes() as u64;
        if !port.send(Frame::Records(full)) {
            self.blocked.set(true);
            if port.waiting_bytes() > self.max_waiting {
                too_much(self.max_waiting);
            }
        }
        if self.partition == Partition::Rebalance {
            self.current = self.next_port(index);
        }
    }

    /// The next port in turn that has room; the next one if none has.
    fn next_port(&self, index: usize) -> usize {
        let ports = self.ports.len();
        let in_turn = (1..=ports).map(|step| (index + step) % ports);
        in_turn.clone().find(|&port| self.ports[port].has_room()).unwrap_or((index + 1) % ports)
    }
}

/// Ends the task by unwinding: what overflows is usually deep inside a record's own output, and writing a record is
/// not fallible otherwise. No panic hook runs; the runner catches the failure.
#[cold]
pub(crate) fn too_much(limit: usize) -> ! {
    let failure = Failure::new(format!(
        "the output of one record exceeds {} MiB\nhelp: emit fewer or smaller records for each input record, or raise `max_record_output`",
        limit >> 20
    ));
    std::panic::resume_unwind(Box::new(failure))
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
        let port = if self.ports.len() == 1 {
            0
        } else {
            usize::from(self.owners[super::key_group(hash, self.groups) as usize])
        };
        self.write(port, time, hash, &(key, payload));
    }
}

impl<T: Record> AnyOutput for Output<T> {
    fn flush(&mut self) {
        for port in 0..self.ports.len() {
            self.hand_on(port);
        }
    }

    fn control(&mut self, frame: &dyn Fn() -> Frame) {
        self.flush();
        for port in &mut self.ports {
            if !port.send(frame()) {
                self.blocked.set(true);
            }
        }
    }

    fn unblock(&mut self) -> bool {
        // All of them, whatever the first says: who waits for a frame of one may be who fills another.
        let mut clear = true;
        for port in &mut self.ports {
            clear &= port.unblock();
        }
        clear
    }

    fn written(&self) -> (u64, u64) {
        (self.records, self.bytes)
    }
}
