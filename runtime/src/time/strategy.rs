//! How watermarks are made from the timestamps of records.

use std::time::Duration;

use super::Span;

/// How watermarks are made: `bounded(secs(5)).idle_after(mins(1)).max_jump(days(1))`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Strategy {
    /// How far behind the greatest timestamp the watermark stays; `None` if records bring watermarks.
    pub(super) bound: Option<i64>,
    pub(super) idle_after: Option<Duration>,
    pub(super) max_jump: Option<i64>,
    pub(super) interval: i64,
    pub(super) alignment: Option<(String, i64)>,
}

impl Strategy {
    /// Watermarks flush what is buffered: one for every 200 ms of event time is what Flink's default interval gives on
    /// a stream that keeps up with the clock.
    const INTERVAL_MS: i64 = 200;

    fn new(bound: Option<i64>) -> Strategy {
        Strategy {
            bound,
            idle_after: None,
            max_jump: None,
            interval: Self::INTERVAL_MS,
            alignment: None,
        }
    }

    /// A split from which nothing came for `span`, although it was read, stops holding back time.
    #[must_use]
    pub fn idle_after(mut self, span: Span) -> Strategy {
        self.idle_after = Some(Duration::from_millis(span.0.max(0) as u64));
        self
    }

    /// A record more than `span` ahead of all records of its split before it does not move the watermark; unless a
    /// run of them shows that the stream has really moved on.
    #[must_use]
    pub fn max_jump(mut self, span: Span) -> Strategy {
        self.max_jump = Some(span.0.max(0));
        self
    }

    /// A split whose watermark is more than `max_drift` ahead of the slowest one's is not read until that one has
    /// caught up; so what is kept for windows and joins of a fast split is bounded while a slow one is behind.
    ///
    /// All splits of all sources with this `group` wait for each other, whichever task reads them; only those being read
    /// count, not those that a task has yet to open. A split that waits is not idle, however long; one that is idle
    /// ([`idle_after`](Strategy::idle_after)) is not waited for, so give both where a split may fall silent. A batch
    /// that was read is processed: the drift may be exceeded by what one holds. For generators right behind a source
    /// only. Flink: `withWatermarkAlignment`.
    ///
    /// A negative `max_drift` counts as zero.
    #[must_use]
    pub fn alignment(mut self, group: impl Into<String>, max_drift: Span) -> Strategy {
        self.alignment = Some((group.into(), max_drift.0.max(0)));
        self
    }

    /// A busy stream sends a watermark only after `span` of event time (200 ms if not set); an idle one at once.
    #[must_use]
    pub fn every(mut self, span: Span) -> Strategy {
        self.interval = span.0.max(0);
        self
    }
}

/// Records are at most `span` behind the greatest timestamp seen in their split: the watermark is that timestamp minus
/// `span` minus 1 ms.
///
/// A negative span counts as zero.
pub fn bounded(span: Span) -> Strategy {
    Strategy::new(Some(span.0.max(0)))
}

/// Timestamps do not go back within a split: the watermark is the greatest timestamp minus 1 ms.
pub fn monotonic() -> Strategy {
    Strategy::new(Some(0))
}

/// Records bring watermarks themselves ([`Generator::punctuate`](super::Generator::punctuate)), which go on at once.
pub fn punctuated() -> Strategy {
    Strategy { interval: 0, ..Strategy::new(None) }
}
