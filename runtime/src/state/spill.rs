//! Which tables may have how much in memory, where not everything has room there.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::cold::SavingCold;
use super::disk::{Disk, DiskError};

/// Opens disks for states.
pub trait Disks: fmt::Debug + Send + Sync {
    /// One that is empty, and nobody else's.
    ///
    /// # Errors
    /// If it cannot be made.
    fn open(&self) -> Result<Box<dyn Disk>, DiskError>;
}

/// What the states of a process have together.
#[derive(Debug)]
pub struct Spill {
    disks: Box<dyn Disks>,
    /// Bytes that all states may have in memory, and an eighth more where a state has many tables.
    bytes: usize,
    /// States that share them.
    states: AtomicUsize,
}

impl Spill {
    /// States that have so many bytes in memory, and what there is no room for on these disks.
    pub fn new(disks: impl Disks + 'static, bytes: usize) -> Arc<Spill> {
        Arc::new(Spill { disks: Box::new(disks), bytes, states: AtomicUsize::new(0) })
    }

    /// A disk for the tables of a state, and its share of the memory.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub(crate) fn open(self: &Arc<Spill>) -> Result<Rc<Backing>, DiskError> {
        let disk = RefCell::new(self.disks.open()?);
        self.states.fetch_add(1, Ordering::Relaxed);
        let (used, tables, namespaces) = (Cell::default(), Cell::default(), Cell::default());
        let (spill, saving) = (self.clone(), RefCell::default());
        Ok(Rc::new(Backing { spill, disk, used, tables, namespaces, saving }))
    }
}

/// What is behind the tables of one state: a disk, and a share of the memory, which they divide up among themselves.
#[derive(Debug)]
pub(crate) struct Backing {
    spill: Arc<Spill>,
    disk: RefCell<Box<dyn Disk>>,
    /// Bytes that the tables have in memory, about.
    used: Cell<usize>,
    /// Tables there are.
    tables: Cell<usize>,
    /// Namespaces that were given out.
    namespaces: Cell<u32>,
    /// Snapshots under way of what tables had on the disk.
    saving: RefCell<VecDeque<SavingCold>>,
}

impl Backing {
    /// Bytes up to which the tables grow now. Whoever opens another state makes them less.
    fn share(&self) -> usize {
        self.spill.bytes / self.spill.states.load(Ordering::Relaxed).max(1)
    }

    /// True if the tables have more in memory than they may: large ones are to give way. They grow to a ninth less, so that
    /// not with each step of a small one another has to.
    pub(crate) fn is_full(&self) -> bool {
        self.used.get() > self.share() / 8 * 9
    }

    /// True if they have more than half of it: nothing is kept that is not needed now.
    pub(crate) fn is_tight(&self) -> bool {
        self.used.get() > self.share() / 2
    }

    /// A table begins a snapshot of what it has on the disk.
    pub(super) fn begin_saving(&self, table: SavingCold) {
        self.saving.borrow_mut().push_back(table);
    }

    /// Goes on writing what was on the disk when snapshots of tables began; true if there is more.
    pub(crate) fn save_more(&self) -> bool {
        let mut saving = self.saving.borrow_mut();
        if saving.front_mut().is_some_and(|table| table.more().is_break()) {
            saving.pop_front();
        }
        !saving.is_empty()
    }

    /// Gives up snapshots that are under way.
    pub(crate) fn stop_saving(&self) {
        self.saving.borrow_mut().clear();
    }

    /// Bytes on the disk.
    pub(crate) fn bytes_on_disk(&self) -> usize {
        self.disk.borrow().bytes() as usize
    }
}

impl Drop for Backing {
    fn drop(&mut self) {
        self.spill.states.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A table's part of what its state has.
#[derive(Debug)]
pub(crate) struct Part {
    backing: Rc<Backing>,
    /// Where on the disk it is.
    pub(super) namespace: u32,
    /// Bytes that it has in memory, as the backing knows it.
    used: usize,
}

impl Part {
    pub(crate) fn new(backing: &Rc<Backing>) -> Part {
        let namespace = backing.namespaces.get();
        backing.namespaces.set(namespace + 1);
        backing.tables.set(backing.tables.get() + 1);
        Part { backing: backing.clone(), namespace, used: 0 }
    }

    pub(super) fn backing(&self) -> &Backing {
        &self.backing
    }

    pub(super) fn disk(&self) -> RefMut<'_, Box<dyn Disk>> {
        self.backing.disk.borrow_mut()
    }

    /// Takes note of the bytes that the table has in memory.
    pub(crate) fn set_used(&mut self, bytes: usize) {
        let others = self.backing.used.get() - self.used;
        self.backing.used.set(others + bytes);
        self.used = bytes;
    }

    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Bytes that a walk through the table may have read ahead: all tables may be walked through at once.
    pub(super) fn room_ahead(&self) -> usize {
        self.backing.share() / 16 / self.backing.tables.get()
    }

    /// True if the table may not grow: all together are large enough, and this one is not among the small ones.
    pub(crate) fn is_large(&self) -> bool {
        let share = self.backing.share();
        self.backing.used.get() > share && self.used > share / self.backing.tables.get()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.set_used(0);
        self.backing.tables.set(self.backing.tables.get() - 1);
    }
}
