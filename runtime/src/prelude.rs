//! Everything that a pipeline's file needs: `use thalweg::prelude::*`.

pub use std::process::ExitCode;

pub use crate::connector::{
    callback, collect, collection, discard, files, generate, generate_forever, print, replay,
    socket,
};
pub use crate::metrics::{counter, gauge, histogram};
pub use crate::record::{Emit, Record};
pub use crate::stream::{
    Changed, ChangedWith, Failed, FailedWith, Fallible, Keyed, Side, Stream, Windowed,
    WindowedWith, side, source,
};
pub use crate::time::{
    Span, Timestamp, Window, bounded, days, hours, millis, mins, monotonic, punctuated, secs,
};
