//! Where a task's time goes, and what it has counted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::context::Handles;
use crate::metrics::{StateGauge, TaskCounts, TaskMetrics};
use crate::time::Timestamp;

/// What a task did last, or does not do now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spent {
    Waiting,
    Blocked,
}

/// Counts and clock of one task.
pub(crate) struct Metering {
    pub(crate) counts: TaskCounts,
    metrics: Arc<TaskMetrics>,
    /// Up to when time is accounted for, and what the time since then will count as.
    since: (Instant, Spent),
    published: Instant,
}

impl Metering {
    /// Fresh enough for any display, rare enough to cost nothing.
    const INTERVAL: Duration = Duration::from_millis(5);

    pub(crate) fn new(metrics: Arc<TaskMetrics>, handles: &Handles, now: Instant) -> Metering {
        metrics.hold(handles.kept().map(|(id, _)| StateGauge::new(id)));
        Metering {
            counts: TaskCounts::default(),
            metrics,
            since: (now, Spent::Waiting),
            published: now,
        }
    }

    /// From `now` on the task works, or waits again.
    pub(crate) fn wait(&mut self, now: Instant, spent: Spent) {
        let passed = now.saturating_duration_since(self.since.0).as_nanos() as u64;
        match self.since.1 {
            Spent::Waiting => self.counts.idle_ns += passed,
            Spent::Blocked => self.counts.blocked_ns += passed,
        }
        self.since = (now, spent);
    }

    /// A turn took until `now`.
    pub(crate) fn worked(&mut self, start: Instant, now: Instant) {
        self.wait(start, Spent::Waiting);
        self.counts.busy_ns += now.saturating_duration_since(start).as_nanos() as u64;
        self.counts.turns += 1;
        self.since.0 = now;
    }

    pub(crate) fn publish_now_and_then(
        &mut self,
        now: Instant,
        handles: &Handles,
        watermark: Timestamp,
    ) {
        if now.saturating_duration_since(self.published) >= Self::INTERVAL {
            self.published = now;
            self.publish(handles, watermark);
        }
    }

    /// Tells the counts of all handles.
    pub(crate) fn publish(&mut self, handles: &Handles, watermark: Timestamp) {
        let counts = &mut self.counts;
        (counts.records_out, counts.bytes_out) = (0, 0);
        for output in &handles.outputs {
            let (records, bytes) = output.output.borrow().written();
            counts.records_out += records;
            counts.bytes_out += bytes;
        }
        counts.records_written = 0;
        let mut skipped = 0;
        for sink in &handles.sinks {
            let (written, left_out) = sink.borrow().written();
            counts.records_written += written - left_out;
            skipped += left_out;
        }
        (counts.state_entries, counts.state_bytes, counts.late) = (0, 0, 0);
        let mut gauges = self.metrics.states();
        for (id, state) in &handles.states {
            let state = state.borrow();
            let (entries, bytes) = (state.entries() as u64, state.bytes() as u64);
            counts.state_entries += entries;
            counts.state_bytes += bytes;
            counts.late += state.late();
            if !id.is_empty()
                && let Some(gauge) = gauges.next()
            {
                gauge.set(entries, bytes);
            }
        }
        if let Some(source) = &handles.source {
            let (rejected, left_out) = source.borrow().rejected();
            counts.rejected = rejected;
            skipped += left_out;
        }
        counts.jumps = handles.watermarks.iter().map(|marks| marks.borrow().ignored()).sum();
        let mut published = counts.clone();
        published.skipped += skipped;
        self.metrics.publish(&published, watermark);
    }
}
