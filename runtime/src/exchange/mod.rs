//! Exchanges: edges between tasks.
//!
//! A chain writes records into an [`Output`], which keeps one open [`Batch`] per downstream task and hands full ones
//! on, by pointer, over a bounded single-producer single-consumer ring; emptied batches come back over a second ring.
//! Control frames travel in order with data.
//!
//! ```text
//!   upstream task                                     downstream task
//!   Output<T> ── Port 0 ── ring of frames ──────────▶ channel ── Input<T>::records(turn)
//!           │         ◀─── ring of empty batches ───
//!           └─── Port 1 ── …
//! ```

mod batch;
mod edge;
mod frame;
mod output;
mod partition;

pub use batch::{Batch, Chunk, Chunks, Records};
pub use edge::{Edge, EdgeId, Input};
pub use frame::Frame;
pub use output::{AnyOutput, Output, Port};
pub use partition::{KeyGroups, Partition, key_group};
