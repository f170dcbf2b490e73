//! The writing end of an exchange in one task.

use std::cell::Cell;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::rc::Rc;

use super::{Batch, Frame, KeyGroups, Partition, Port, TaskNumber};
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
    /// The batch being written, if the partition writes to one port after the other.
    open: Batch,
    /// One per port, if it writes to all of them at a time.
    opens: Box<[Batch]>,
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
        let at_a_time = ports.len() > 1
            && matches!(partition, Partition::Key | Partition::Broadcast | Partition::Named);
        let fresh = |port: &mut Port| port.fresh::<T>(Self::RECORDS);
        let opens = if at_a_time { ports.iter_mut().map(fresh).collect() } else { Box::default() };
        let current = if partition == Partition::Rebalance { task % ports.len() } else { 0 };
        Output {
            open: fresh(&mut ports[current]),
            opens,
            current,
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
        if self.opens.is_empty() {
            self.open.append(time, None, &item);
            if is_done::<T>(&self.open) {
                self.filled(self.current);
            }
        } else {
            self.broadcast(time, item);
        }
    }

    /// Writes a record to the task that a closure named.
    #[inline(always)]
    pub fn push_to<E: Emit<Record = T>>(
        &mut self,
        time: Timestamp,
        task: impl TaskNumber,
        item: E,
    ) {
        let mut port = 0;
        let open = if self.opens.is_empty() {
            &mut self.open
        } else {
            port = task.modulo(self.opens.len());
            &mut self.opens[port]
        };
        open.append(time, None, &item);
        if is_done::<T>(open) {
            self.filled(port);
        }
    }

    /// Out of line and by value: a second place that writes records would take the registers of the first, and a
    /// reference would keep the item in memory.
    #[inline(never)]
    fn broadcast<E: Emit<Record = T>>(&mut self, time: Timestamp, item: E) {
        debug_assert_eq!(self.partition, Partition::Broadcast);
        for port in 0..self.opens.len() {
            self.opens[port].append(time, None, &item);
            if is_done::<T>(&self.opens[port]) {
                self.filled(port);
            }
        }
    }

    fn open(&mut self, port: usize) -> &mut Batch {
        self.opens.get_mut(port).unwrap_or(&mut self.open)
    }

    #[cold]
    #[inline(never)]
    fn filled(&mut self, port: usize) {
        let open = self.open(port);
        if open.len() >= Self::RECORDS.get() || open.bytes() >= BUFFER_BYTES {
            self.hand_on(port);
        }
    }

    fn hand_on(&mut self, index: usize) {
        if self.open(index).is_empty() {
            return;
        }
        let next =
            if self.partition == Partition::Rebalance { self.next_port(index) } else { index };
        let fresh = self.ports[next].fresh::<T>(Self::RECORDS);
        let full = std::mem::replace(self.open(index), fresh);
        self.current = next;
        self.records += full.len() as u64;
        self.bytes += full.bytes() as u64;
        let port = &mut self.ports[index];
        if !port.send(Frame::Records(full)) {
            self.blocked.set(true);
            if port.waiting_bytes() > self.max_waiting {
                too_much(self.max_waiting);
            }
        }
    }

    /// The next port in turn that has room; the next one if none has.
    fn next_port(&self, index: usize) -> usize {
        let ports = self.ports.len();
        let in_turn = (1..=ports).map(|step| (index + step) % ports);
        in_turn.clone().find(|&port| self.ports[port].has_room()).unwrap_or((index + 1) % ports)
    }
}

/// True if the batch is to be handed on, or has to grow. Only then is there more to ask.
#[inline(always)]
fn is_done<T: Record>(open: &Batch) -> bool {
    open.is_full() || (!T::FIXED && open.bytes() >= BUFFER_BYTES)
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
        let mut port = 0;
        let open = if self.opens.is_empty() {
            &mut self.open
        } else {
            port = usize::from(self.owners[super::key_group(hash, self.groups) as usize]);
            &mut self.opens[port]
        };
        open.append(time, Some(hash), &(key, payload));
        if is_done::<(K, P)>(open) {
            self.filled(port);
        }
    }
}

impl<T: Record> AnyOutput for Output<T> {
    fn flush(&mut self) {
        for port in 0..self.opens.len() {
            self.hand_on(port);
        }
        self.hand_on(self.current);
    }

    fn control(&mut self, frame: &dyn Fn() -> Frame) {
        if !(cfg!(bug_15) && matches!(frame(), Frame::Barrier { .. })) {
            self.flush();
        }
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
