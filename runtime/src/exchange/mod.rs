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

mod align;
mod batch;
mod edge;
mod frame;
mod output;
mod partition;
mod port;
mod received;
mod task_number;

pub(crate) use align::{Aligned, Aligner};
pub use batch::{Batch, Records};
pub use edge::{Edge, EdgeId, Input};
pub use frame::Frame;
pub use output::Output;
pub(crate) use output::{AnyOutput, OutputEnd, too_much};
pub use partition::{KeyGroups, Partition, key_group};
pub use port::Port;
pub(crate) use port::{Channel, channel};
pub(crate) use received::Cursor;
pub use received::{Chunk, ChunkRecords, Received, ReceivedChunks};
pub use task_number::TaskNumber;
