//! What a state writes into a snapshot, and how it is read again.
//!
//! A state writes *sections* of entries. An entry is the hash of a key and a record of the section's own type, such as
//! (key, value) or (window, key, value). Entries are collected in blocks of archives:
//!
//! ```text
//!   block    [ archive of (hash, entry) | archive of (hash, entry) | … | offsets of the archives, u32 ]
//!   index    section "values", layout `tuple<u64,..>`: block 0 with n entries, least hash .. greatest hash; block 1 ..
//! ```
//!
//! Archives of fixed size lie at a stride, without offsets. The index is not in here: it goes into the manifest, so that
//! a task reads the blocks that may hold hashes of its own and no others. Sections know nothing of tasks or files, which
//! makes rescaling a matter of who reads what.
//!
//! A section may be an *increment*: changes to what the checkpoint before has in it. Each increment is a generation of
//! blocks; whoever loads the section takes generation 0, which is whole, and then the others in their order.
//!
//! Whatever is read was stored outside: every archive is validated before it is believed.

mod loader;
mod writer;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use loader::{LoadError, Loader, Saved, SavedBlock};
pub(crate) use loader::{entries_of, entry_layout};
pub use writer::{
    Block, LaterSection, OpenSection, Purpose, SavedSection, SectionWriter, SnapshotWriter,
};
