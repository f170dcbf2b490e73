//! State: what the runtime knows of any operator's state, whatever its types.

use crate::time::Timestamp;

/// State behind a named handle. Snapshots, restores and rescales will be the runtime's business through this trait.
pub trait State {
    /// Entries held (keys, or keys and windows).
    fn entries(&self) -> usize;
    /// Bytes held, about.
    fn bytes(&self) -> usize;

    /// The processing time at which the task wants a turn, if any: the earliest timer.
    fn next_timer(&self) -> Option<Timestamp> {
        None
    }

    /// Elements dropped, or sent to a side, because they were late, so far.
    fn late(&self) -> u64 {
        0
    }
}
