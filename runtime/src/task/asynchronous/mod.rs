//! `async_map`: a future per record, run off the slots.
//!
//! The slot thread never waits. It hands a request to the job's tokio runtime and goes on; the answer comes back over a
//! bounded channel, and the slot is woken. Meanwhile the record waits in a queue, which is the operator's state: plain
//! records with their times, to be asked for again after a restore.
//!
//! ```text
//!   record ─▶ queue ──── future ───▶ runtime's threads
//!               │  ◀─ answer, wake ──────┘
//!               ▼
//!     (record, answer), in order or as they come, but never past a mark: the place of a control frame in the queue
//! ```
//!
//! A watermark, barrier or end that comes while records wait is *held* by the runner: the queue is marked, and the frame
//! goes on when everything before the mark has. Behind the mark requests are made, but their answers stay. So a frame
//! passes nothing, and nothing passes a frame, while requests on both sides of it are under way.

mod answer;
mod cache;
mod options;
mod queue;
mod request;
mod runtime;
#[cfg(test)]
mod tests;

pub use answer::{Answer, answer};
pub use options::{AsyncOptions, InvalidAsync, Retry, exponential_backoff, fixed_delay};
pub(crate) use queue::Awaited;
pub use queue::{Answered, AsyncMap};
pub use request::Asked;
pub(crate) use runtime::AsyncRuntime;
