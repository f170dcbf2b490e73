//! The panes of sliding windows: the intervals between two borders of any windows.
//!
//! Where the size is a multiple of the slide, a pane is a slide. Else each slide has two, since windows end inside it:
//!
//! ```text
//!   windows   ├──────────────────┤           size = 2 slides and a bit
//!                    ├──────────────────┤
//!                           ├──────────────────┤
//!   panes     ├─1─┼2─┼─1─┼2─┼─1─┼2─┼─1─┼2─┼─1─┤
//! ```
//!
//! ("On-the-fly sharing for streamed aggregation", Krishnamurthy et al. 2006.) So a window has at most twice as many panes
//! as slides, however odd its size. Where the slide is longer, every other pane is a gap, of which nothing is kept.

use super::tumbling::cut;
use super::{Assigner, InvalidWindow, Sliding, Time};
use crate::time::{Span, Timestamp, Window};

/// The panes of sliding windows, as if they were windows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlidePanes(pub(super) Sliding);

impl SlidePanes {
    /// The pane of a point in time; none if it is a gap.
    pub(super) fn pane_of(&self, time: Timestamp) -> Option<Window> {
        let (size, slide) = (self.0.size(), self.0.slide());
        let start = self.0.start_before(i128::from(time.0));
        let first = if size < slide { size } else { size % slide };
        if first == 0 {
            Some(cut(start, start + slide))
        } else if i128::from(time.0) < start + first {
            Some(cut(start, start + first))
        } else {
            (size > slide).then(|| cut(start + first, start + slide))
        }
    }
}

impl Assigner for SlidePanes {
    const SINGLE: bool = true;
    type At = Timestamp;
    type Windows = std::option::IntoIter<Window>;

    fn windows_of(&self, time: Timestamp) -> Self::Windows {
        self.pane_of(time).into_iter()
    }
    fn time(&self) -> Time {
        self.0.time()
    }
    fn lateness(&self) -> Span {
        self.0.lateness()
    }
    fn meaning(&self) -> String {
        format!("panes of {}", self.0.meaning())
    }
    fn mistake(&self) -> Option<InvalidWindow> {
        self.0.mistake()
    }
    /// When the newest window is over that the pane is part of.
    fn cleanup(&self, pane: Window) -> Timestamp {
        let newest = newest_window(&self.0, pane.start);
        self.0.cleanup(cut(newest, newest + self.0.size()))
    }
}

/// The start of the newest window that a pane is part of.
pub(super) fn newest_window(spec: &Sliding, pane: Timestamp) -> i128 {
    spec.start_before(i128::from(pane.0))
}
