//! Joins: two keyed inputs, each kept for as long as the other side may still ask for it.
//!
//! Elements of either side are kept as archives, in order of arrival, in logs; what a key has is a run through
//! one. What they are joined by decides what else there is:
//!
//! | bound | state | a pair comes out | state goes |
//! |---|---|---|---|
//! | [`WindowJoin`] | a table and two logs per window; per key for sessions | when its window fires | with its window |
//! | [`IntervalJoin`] | a table and two logs per bucket of time | when its second record comes | bucket by bucket |
//! | [`AsOfJoin`] | a table, by key | when the watermark reaches the left record | all but each key's latest |
//!
//! Time is that of both inputs together: what the least of them says. So what is late does not depend on which side is
//! ahead, and no side's state goes while the other may still ask for it.
//!
//! Either way an arrival only writes; what it leads to is taken out afterwards, pair by pair, by a loop that stops when
//! an output is full. So a user's closure behind a join stands in one place, whichever side came last.

mod as_of;
mod buckets;
mod group;
mod interval;
mod live;
mod log;
mod pairs;
mod panes;
mod save;
mod sessions;
mod shelves;
#[cfg(test)]
mod tests;
mod window;
mod within;

pub use as_of::AsOfJoin;
pub use group::{Group, Grouped, GroupedIter, apply_group};
pub use interval::IntervalJoin;
pub use window::WindowJoin;
pub use within::{InvalidInterval, Within};

use crate::record::{Record, View};
use crate::time::Timestamp;

/// Which rows a join yields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JoinKind {
    /// Pairs.
    Inner,
    /// Pairs, and left records without a partner.
    Left,
    /// Pairs, and right records without a partner.
    Right,
    /// Pairs, and records of either side without a partner.
    Full,
    /// Whatever a function makes of both sides of a key.
    CoGroup,
}

impl JoinKind {
    /// For the state's [meaning](crate::state::State::meaning).
    fn meaning(self) -> &'static str {
        match self {
            JoinKind::Inner => "inner",
            JoinKind::Left => "left",
            JoinKind::Right => "right",
            JoinKind::Full => "full",
            JoinKind::CoGroup => "co-group",
        }
    }

    fn keeps_left(self) -> bool {
        matches!(self, JoinKind::Left | JoinKind::Full)
    }

    fn keeps_right(self) -> bool {
        matches!(self, JoinKind::Right | JoinKind::Full)
    }
}

/// A row that a join yields: a pair, or one side alone.
pub struct Joined<'j, L: Record, R: Record> {
    time: Timestamp,
    left: Option<View<'j, L>>,
    right: Option<View<'j, R>>,
}

impl<'j, L: Record, R: Record> Joined<'j, L, R> {
    /// Its event time.
    #[inline(always)]
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// As a row of `join`.
    ///
    /// # Panics
    /// If a side is missing, which no inner join yields.
    #[inline(always)]
    pub fn inner(&self) -> (View<'j, L>, View<'j, R>) {
        (self.left.expect("a pair"), self.right.expect("a pair"))
    }

    /// As a row of `left_join`.
    ///
    /// # Panics
    /// If the left side is missing, which no left join yields.
    #[inline(always)]
    pub fn left(&self) -> (View<'j, L>, Option<View<'j, R>>) {
        (self.left.expect("a left record"), self.right)
    }

    /// As a row of `right_join`.
    ///
    /// # Panics
    /// If the right side is missing, which no right join yields.
    #[inline(always)]
    pub fn right(&self) -> (Option<View<'j, L>>, View<'j, R>) {
        (self.left, self.right.expect("a right record"))
    }

    /// As a row of `full_join`.
    #[inline(always)]
    pub fn full(&self) -> (Option<View<'j, L>>, Option<View<'j, R>>) {
        (self.left, self.right)
    }
}

/// What a key has on both sides.
#[derive(Clone, Copy, Default)]
struct Sides {
    left: log::Run,
    right: log::Run,
}
