//! The rows that come of what a key has on both sides.

use super::log::Log;
use super::{JoinKind, Sides};
use crate::record::Record;

/// Every left record with every right one, or those of one side alone.
pub(super) struct Pairs {
    sides: Sides,
    left: Option<u32>,
    right: Option<u32>,
}

impl Pairs {
    /// The rows of a join of this kind; none if there are none.
    #[inline(always)]
    pub fn of(kind: JoinKind, sides: Sides) -> Option<Pairs> {
        let yields = match (sides.left.is_empty(), sides.right.is_empty()) {
            (false, false) => true,
            (false, true) => kind.keeps_left(),
            (true, false) => kind.keeps_right(),
            (true, true) => false,
        };
        let (left, right) = (sides.left.first(), sides.right.first());
        yields.then_some(Pairs { sides, left, right })
    }

    /// The numbers of the next row's records: left by left, and for each the right ones in order of arrival.
    #[inline(always)]
    pub fn next<L: Record, R: Record>(
        &mut self,
        lefts: &Log<L>,
        rights: &Log<R>,
    ) -> Option<(Option<u32>, Option<u32>)> {
        let Sides { left: left_run, right: right_run } = self.sides;
        match (self.left, self.right) {
            (Some(left), Some(right)) => {
                self.right = rights.after(right, right_run);
                if self.right.is_none() {
                    self.left = lefts.after(left, left_run);
                    self.right = self.left.and(right_run.first());
                }
                Some((Some(left), Some(right)))
            }
            (Some(left), None) => {
                self.left = lefts.after(left, left_run);
                Some((Some(left), None))
            }
            (None, Some(right)) => {
                self.right = rights.after(right, right_run);
                Some((None, Some(right)))
            }
            (None, None) => None,
        }
    }
}
