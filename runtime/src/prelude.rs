//! Everything that a pipeline's file needs: `use thalweg::prelude::*`.

pub use std::process::ExitCode;

#[cfg(feature = "postgres")]
pub use crate::connector::postgres;
pub use crate::connector::{
    callback, collect, collection, discard, files, generate, generate_forever, print, replay,
    socket,
};
pub use crate::job::Secret;
pub use crate::metrics::{counter, gauge, histogram};
pub use crate::process::{ProcessContext, ProcessFunction, Unkeyed};
pub use crate::record::{Emit, Record};
pub use crate::state::{ListState, MapState, event_time};
pub use crate::stream::{
    Agg, Answers, Changed, ChangedRef, ChangedWith, Failed, FailedRef, FailedWith, Fallible, Keyed,
    Side, Stream, Timed, Windowed, WindowedRef, WindowedWith, Windows, async_resource, resource,
    side, source,
};
pub use crate::task::{exponential_backoff, fixed_delay};
pub use crate::time::{
    Span, Timestamp, Window, bounded, days, hours, millis, mins, monotonic, secs,
};
pub use crate::window::{
    dynamic_session, evictor, global_window, session, sliding, sliding_count, trigger, tumbling,
    tumbling_count,
};
pub use crate::{args, operator, pipeline, record};
