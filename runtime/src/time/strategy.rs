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
}

impl Strategy {
    /// Watermarks flush what is buffered: one for every 200 ms of event time is what Flink's default interval gives on
    /// a stream that keeps up with the clock.
    const INTERVAL_MS: i64 = 200;

    fn new(bound: Option<i64>) -> Strategy {
        Strategy { bound, idle_after: None, max_jump: None, interval: Self::INTERVAL_MS }
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

/// Records bring watermarks themselves ([`Generator::punctuate`](super::Generator::punctuate)).
pub fn punctuated() -> Strategy {
    Strategy::new(None)
}
