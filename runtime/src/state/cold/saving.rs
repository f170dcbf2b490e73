//! Snapshots of what is on a disk.

use std::fmt;
use std::ops::ControlFlow;

use super::super::disk::{Scan, Scanned};
use super::super::saving::Context;
use super::super::snapshot::{LaterSection, LoadError};
use super::super::spill::Part;
use super::Cold;
use super::codec::{damaged, each_root};
use crate::record::Key;

/// Writes what is kept under a hash into a snapshot.
type Write = Box<dyn FnMut(&LaterSection, u64, &[u8])>;

/// A snapshot of what was in a namespace, under way. It outlives whoever began it: there may be nothing left of that.
pub(in crate::state) struct SavingCold {
    scan: Box<dyn Scan>,
    out: LaterSection,
    write: Write,
}

impl fmt::Debug for SavingCold {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("SavingCold").field(&self.scan).finish()
    }
}

impl<K: Key, V> Cold<K, V> {
    /// Begins to write what is on the disk now into a snapshot.
    pub(in crate::state) fn begin_saving(&mut self, out: LaterSection, context: Context) {
        self.gone.clear();
        self.begin(None, out, context);
    }

    /// The same, by a function of one's own.
    pub(in crate::state) fn begin_saving_by(
        &mut self,
        out: LaterSection,
        relay: impl FnMut(&LaterSection, u64, &[u8], u32) -> Result<(), LoadError> + 'static,
    ) {
        self.gone.clear();
        self.begin_by(None, out, relay);
    }

    /// The same, of what has gone there changed since the last snapshot.
    pub(in crate::state) fn begin_saving_changes(&mut self, out: LaterSection, context: Context) {
        let mut gone = std::mem::take(&mut self.gone);
        gone.sort_unstable();
        gone.dedup();
        self.begin(Some(gone), out, context);
    }

    fn begin(&mut self, hashes: Option<Vec<u64>>, out: LaterSection, context: Context) {
        let relay = self.codec.relay;
        self.begin_by(hashes, out, move |out, hash, bytes, root| {
            relay(out, context, hash, bytes, root)
        });
    }

    fn begin_by(
        &mut self,
        hashes: Option<Vec<u64>>,
        out: LaterSection,
        mut relay: impl FnMut(&LaterSection, u64, &[u8], u32) -> Result<(), LoadError> + 'static,
    ) {
        self.flush();
        if self.is_on_disk {
            let write = move |out: &LaterSection, hash: u64, bytes: &[u8]| {
                each_root(bytes, |root| {
                    let relayed = relay(out, hash, bytes, root);
                    relayed.unwrap_or_else(|error| damaged(&error).raise());
                });
            };
            SavingCold::begin(&self.part, hashes, out, Box::new(write));
        }
    }
}

impl SavingCold {
    /// Begins to write what a part of a state has on the disk now, or what is under these hashes.
    pub(in crate::state) fn begin(
        part: &Part,
        hashes: Option<Vec<u64>>,
        out: LaterSection,
        write: Write,
    ) {
        let scan = part.disk().scan(part.namespace, hashes);
        let scan = scan.unwrap_or_else(|error| error.raise());
        part.backing().begin_saving(SavingCold { scan, out, write });
    }

    /// Writes some more, if it has come.
    pub(in crate::state) fn more(&mut self) -> ControlFlow<()> {
        if !self.out.is_wanted() {
            return ControlFlow::Break(());
        }
        match self.scan.next().unwrap_or_else(|error| error.raise()) {
            Scanned::Some(entries) => {
                for (hash, bytes) in entries {
                    (self.write)(&self.out, hash, &bytes);
                }
                ControlFlow::Continue(())
            }
            Scanned::NotYet => ControlFlow::Continue(()),
            Scanned::End => ControlFlow::Break(()),
        }
    }
}
