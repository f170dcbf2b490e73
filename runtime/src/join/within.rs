//! The interval of a join by time.

use std::ops::{Bound, RangeBounds};

use crate::task::Failure;
use crate::time::{Span, Timestamp};

/// How far the right side's time may lie from the left side's, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Within {
    least: Span,
    greatest: Span,
}

/// Why an interval cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidInterval {
    /// It goes on for ever.
    #[error(
        "an interval without an end would keep its state for ever\n\
         help: give both ends: `within(-mins(10)..=mins(0))`"
    )]
    Unbounded,
    /// No time lies in it.
    #[error(
        "no time lies between {least} and {greatest}\n\
         help: give the least and the greatest of the right side's time minus the left side's"
    )]
    Empty {
        /// The least difference asked for.
        least: Span,
        /// The greatest.
        greatest: Span,
    },
}

impl Within {
    /// The interval, if it can be.
    ///
    /// # Errors
    /// See [`InvalidInterval`].
    pub fn checked(range: impl RangeBounds<Span>) -> Result<Within, Failure> {
        Within::of(range).map_err(Failure::new)
    }

    fn of(range: impl RangeBounds<Span>) -> Result<Within, InvalidInterval> {
        let least = match range.start_bound() {
            Bound::Included(least) => *least,
            Bound::Excluded(least) => *least + Span(1),
            Bound::Unbounded => return Err(InvalidInterval::Unbounded),
        };
        let greatest = match range.end_bound() {
            Bound::Included(greatest) => *greatest,
            Bound::Excluded(greatest) => *greatest - Span(1),
            Bound::Unbounded => return Err(InvalidInterval::Unbounded),
        };
        if least > greatest {
            return Err(InvalidInterval::Empty { least, greatest });
        }
        Ok(Within { least, greatest })
    }

    /// For the state's [meaning](crate::state::State::meaning).
    pub(super) fn meaning(self) -> String {
        format!("within {}ms..={}ms", self.least.0, self.greatest.0)
    }

    /// The first and the last time of right records that a left one of this time is joined with.
    #[inline(always)]
    pub(super) fn rights_of(self, left: Timestamp) -> (Timestamp, Timestamp) {
        (left + self.least, left + self.greatest)
    }

    /// The first and the last time of left records that a right one of this time is joined with.
    #[inline(always)]
    pub(super) fn lefts_of(self, right: Timestamp) -> (Timestamp, Timestamp) {
        (right - self.greatest, right - self.least)
    }

    /// The watermark from which on no partner of a left record comes.
    #[inline(always)]
    pub(super) fn left_until(self, left: Timestamp) -> Timestamp {
        left.max(left + self.greatest)
    }

    /// The watermark from which on no partner of a right record comes.
    #[inline(always)]
    pub(super) fn right_until(self, right: Timestamp) -> Timestamp {
        right.max(right - self.least)
    }

    /// How long a bucket of time is: so that a record finds its partners in few, and few are kept for too long.
    pub(super) fn bucket_millis(self) -> i64 {
        /// Tables of less would hold next to nothing.
        const LEAST: i64 = 64;
        let span = i128::from(self.greatest.0) - i128::from(self.least.0);
        i64::try_from(span / 2 + 1).unwrap_or(i64::MAX).max(LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::secs;

    #[test]
    fn ends_are_left_out_as_written() {
        let both = Within { least: secs(-1), greatest: secs(2) };
        assert_eq!(Within::of(secs(-1)..=secs(2)), Ok(both));
        let less = Within { greatest: Span(1999), ..both };
        assert_eq!(Within::of(secs(-1)..secs(2)), Ok(less));
        let least = Within { least: Span(-999), ..less };
        let open = (Bound::Excluded(secs(-1)), Bound::Excluded(secs(2)));
        assert_eq!(Within::of(open), Ok(least));
    }

    #[test]
    fn impossible_intervals_are_refused() {
        assert_eq!(Within::of(secs(1)..), Err(InvalidInterval::Unbounded));
        assert_eq!(Within::of(..=secs(1)), Err(InvalidInterval::Unbounded));
        let empty = InvalidInterval::Empty { least: secs(1), greatest: Span(999) };
        assert_eq!(Within::of(secs(1)..secs(1)), Err(empty));
        let failure = Within::checked(secs(1)..secs(1)).unwrap_err().to_string();
        assert!(failure.contains("help: give the least"), "{failure}");
    }
}
