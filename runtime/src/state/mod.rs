//! State: what the runtime knows of any operator's state, whatever its types.

/// State behind a named handle. Snapshots, restores and rescales will be the runtime's business through this trait.
pub trait State {
    /// Entries held (keys, or keys and windows).
    fn entries(&self) -> usize;
    /// Bytes held, about.
    fn bytes(&self) -> usize;
}
