//! State: what the runtime knows of any operator's state, and the table that hot state lives in.
//!
//! Operators keep their state in a [`Table`] per task. The runtime sees it through [`State`] only, so that sizes,
//! timers and, later, snapshots are its business and not that of generated code.

mod ahead;
mod bits;
mod chunk;
mod cold;
mod cursor;
mod disk;
#[cfg(feature = "rocksdb")]
mod home;
mod hot;
mod kept;
mod list;
mod map;
mod meaning;
#[cfg(feature = "rocksdb")]
pub(crate) mod rocks;
mod same_hash;
mod saving;
mod segment;
mod shelf;
mod snapshot;
mod spill;
mod table;
#[cfg(test)]
mod tests;
mod tiered;
mod tracking;
mod ttl;

pub use chunk::{CHUNK, Chunk};
pub(crate) use cold::codec::{Codec, read as read_entry};
pub use cursor::Cursor;
pub(crate) use disk::memory::MemoryDisks;
pub use disk::{Batch, Disk, DiskError, Scan, Scanned, Write};
pub use kept::Kept;
pub use list::{ListState, ListStateView};
pub use map::{MapState, MapStateView};
pub(crate) use meaning::{by_key, type_word};
pub use same_hash::SameHash;
pub use saving::{Context, WriteEntry};
pub(crate) use shelf::{Row, Shelf};
#[cfg(test)]
pub(crate) use snapshot::testing;
pub use snapshot::{
    Block, LaterSection, LoadError, Loader, OpenSection, Purpose, Saved, SavedBlock, SavedSection,
    SectionWriter, SnapshotWriter,
};
pub(crate) use snapshot::{entries_of, entry_layout};
pub(crate) use spill::{Backing, Part};
pub use spill::{Disks, Spill};
pub(crate) use table::usable;
pub use table::{Entry, Table, Vacant};
pub(crate) use tiered::{Spilled, Tiered};
pub use ttl::{Forever, Keep, Moment, Ttl, event_time};

use std::sync::Arc;

use crate::time::Timestamp;

/// State behind a named handle: its sizes, timers, snapshots and restores are the runtime's business, through this.
pub trait State {
    /// Entries held (keys, or keys and windows).
    fn entries(&self) -> usize;
    /// Bytes held, about.
    fn bytes(&self) -> usize;
    /// Timers that are set and have not fired, of those that user code sets.
    fn timers(&self) -> usize {
        0
    }
    /// The processing time at which the chain needs a turn, if it needs one; event time comes with watermarks.
    fn next_timer(&self) -> Option<Timestamp> {
        None
    }
    /// Records dropped, or sent to a side, because they were late.
    fn late(&self) -> u64 {
        0
    }
    /// What the state says of its keys, as far as that depends on how the operator is written: `Count in
    /// tumbling(60000ms) by u64`. A savepoint keeps it, and its state goes to an operator of the same meaning only. What
    /// may change without making the state wrong, such as a time to live, is no part of it; nor is what values look
    /// like, of which there are layouts. It outlives versions of the engine: it is never changed without need.
    fn meaning(&self) -> String;
    /// From now on its tables hold no more than their share in memory, and the rest on a disk; false if they go on holding
    /// everything in memory. Before anything is in it.
    ///
    /// # Errors
    /// If a disk cannot be opened.
    fn spill(&mut self, to: &Arc<Spill>) -> Result<bool, DiskError> {
        let _ = to;
        Ok(false)
    }
    /// A snapshot begins: writes what is small, and prepares to write the rest as it is now. Nothing is about to fire: all
    /// that time has brought about was handed out.
    fn save(&mut self, out: &mut SnapshotWriter);
    /// Goes on writing what was there when the snapshot began, a slice at a time; true if there is more.
    fn save_more(&mut self, out: &mut SnapshotWriter) -> bool {
        let _ = out;
        false
    }
    /// Takes in what was saved, before anything else happens to it.
    ///
    /// # Errors
    /// If it is damaged, or is no such state's.
    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError>;
}

/// Implements [`State`] by a field that does, but for what it means.
macro_rules! state_of {
    ($name:ident<$($parameter:ident: $bound:path),*>, $field:ident, |$state:ident| $meaning:expr) => {
        impl<$($parameter: $bound),*> $crate::state::State for $name<$($parameter),*> {
            fn entries(&self) -> usize {
                self.$field.entries()
            }
            fn bytes(&self) -> usize {
                self.$field.bytes()
            }
            fn next_timer(&self) -> Option<$crate::time::Timestamp> {
                self.$field.next_timer()
            }
            fn late(&self) -> u64 {
                self.$field.late()
            }
            fn meaning(&self) -> String {
                let $state = self;
                $meaning
            }
            fn spill(
                &mut self,
                to: &std::sync::Arc<$crate::state::Spill>,
            ) -> Result<bool, $crate::state::DiskError> {
                self.$field.spill(to)
            }
            fn save(&mut self, out: &mut $crate::state::SnapshotWriter) {
                self.$field.save(out);
            }
            fn save_more(&mut self, out: &mut $crate::state::SnapshotWriter) -> bool {
                self.$field.save_more(out)
            }
            fn load(
                &mut self,
                from: &$crate::state::Loader<'_>,
            ) -> Result<(), $crate::state::LoadError> {
                self.$field.load(from)
            }
        }
    };
}
pub(crate) use state_of;
