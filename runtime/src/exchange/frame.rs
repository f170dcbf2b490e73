//! What travels on a channel, in order.

use super::Batch;
use crate::time::Timestamp;

/// One element of a channel.
#[derive(Debug)]
pub enum Frame {
    /// Records.
    Records(Batch),
    /// No more elements with a timestamp at or below this one will come on this channel.
    Watermark(Timestamp),
    /// The channel stops holding back time until `Active`.
    Idle,
    /// The channel takes part in time again.
    Active,
    /// A checkpoint's marker.
    Barrier {
        /// The checkpoint.
        id: u64,
    },
    /// A checkpoint was given up.
    Cancel {
        /// The checkpoint.
        id: u64,
    },
    /// No more records will come; with `drain` all windows and timers fire first.
    EndOfData {
        /// False after a stop with a savepoint: state is kept, nothing fires.
        drain: bool,
    },
    /// Nothing more will come at all.
    EndOfChannel,
}
