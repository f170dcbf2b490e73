//! How far sliding windows have fired: which window is next, and what no window needs any more.

use std::ops::RangeInclusive;

use super::clock::Clock;
use super::slide_panes::newest_window;
use super::tumbling::cut;
use super::{Assigner, Sliding, Time};
use crate::operator::Aggregate;
use crate::record::{Key, View};
use crate::state::{LoadError, Loader, SnapshotWriter};
use crate::time::{Span, Timestamp, Window};

/// The section of what keys have in panes, wherever it is; and of what a disk does not know, if there is one.
pub(super) const PANES: &str = "panes";
pub(super) const HOT: &str = "hot panes";
/// An entry of these: start of the pane, key, value.
pub(super) type InPane<K, A> = (Timestamp, K, <A as Aggregate>::Acc);
/// How far each task was, under its least hash: the greatest, and the start of the last window that has fired. Tasks
/// are not equally far, in processing time never.
const FRONTIERS: &str = "frontiers";

/// What has fired of the windows of a task.
pub(super) struct Progress {
    pub spec: Sliding,
    pub clock: Clock,
    /// The start of the last window that has fired, or that nothing was in.
    pub frontier: i128,
    /// Keys' hashes, and the start of the last window that has fired for them: what a task brought that was further.
    ahead: Vec<(RangeInclusive<u64>, i128)>,
}

/// What is to be done next.
#[derive(Clone, Copy)]
pub(super) struct Round {
    /// The window that fires, if one does.
    pub fires: Option<Window>,
    /// Panes that start up to this point are dropped, if any are.
    pub forget: Option<Timestamp>,
}

impl Progress {
    pub fn new(spec: Sliding) -> Self {
        let clock = Clock::new(spec.time());
        let mut progress = Progress { spec, clock, frontier: i128::MIN, ahead: Vec::new() };
        // What ends in the first millisecond of all is over before anything comes.
        progress.frontier = progress.last_start(Timestamp::MIN, Span::ZERO);
        progress
    }

    /// The start of the oldest window that a pane is part of.
    pub fn oldest_window(&self, pane: Timestamp) -> i128 {
        self.spec.start_before(i128::from(pane.0) - self.spec.size()) + self.spec.slide()
    }

    /// True if any window of a pane has fired.
    #[inline(always)]
    pub fn has_fired(&self, pane: Timestamp) -> bool {
        i128::from(pane.0) < self.frontier.saturating_add(self.spec.size())
    }

    fn window(&self, start: i128) -> Window {
        cut(start, start + self.spec.size())
    }

    /// The first and the last point in time at which a pane of a window may start.
    pub fn panes_of(&self, start: i128) -> (Timestamp, Timestamp) {
        (clamped(start), clamped(start + self.spec.size() - 1))
    }

    /// The windows that a pane is part of which have fired and are kept, with their starts, later ones first: they fire
    /// again for the key of a record that came to the pane.
    pub fn fired_of(
        &self,
        pane: Timestamp,
        now: Timestamp,
    ) -> impl Iterator<Item = (i128, Window)> + use<'_> {
        let (slide, oldest) = (self.spec.slide(), self.oldest_window(pane));
        let newest = newest_window(&self.spec, pane);
        let starts = std::iter::successors(Some(newest), move |start| Some(start - slide));
        let windows = starts.take_while(move |start| *start >= oldest);
        let windows = windows.map(|start| (start, self.window(start)));
        let kept = windows.take_while(move |(_, window)| self.spec.cleanup(*window) > now);
        kept.filter(|(start, _)| *start <= self.frontier)
    }

    /// True if the window that fires has fired for keys of this hash where they came from.
    pub fn skips(&self, hash: u64) -> bool {
        let mut ahead = self.ahead.iter();
        ahead.any(|(hashes, last)| self.frontier <= *last && hashes.contains(&hash))
    }

    /// True if the window that fires may have fired for some keys.
    pub fn skips_any(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// The window has fired for all keys.
    pub fn fired(&mut self) {
        self.ahead.retain(|(_, last)| *last > self.frontier);
    }

    /// What is to be done at `now`, if anything is. `first` answers which is the first pane with records that starts at a
    /// point in time or behind.
    pub fn next(
        &mut self,
        now: Timestamp,
        first: impl Fn(Timestamp) -> Option<Timestamp>,
    ) -> Option<Round> {
        let (due, over) = (self.last_start(now, Span::ZERO), self.last_start(now, self.lateness()));
        if self.frontier < due {
            let next = self.next_window(&first).filter(|start| *start <= due);
            self.frontier = next.unwrap_or(due);
            if next.is_some() {
                let fires = Some(self.window(self.frontier));
                return Some(Round { fires, forget: self.last_pane(over.min(self.frontier)) });
            }
        }
        let oldest = first(Timestamp::MIN).map(|pane| newest_window(&self.spec, pane));
        let drops = oldest.is_some_and(|newest_window| newest_window <= over);
        drops.then(|| Round { fires: None, forget: self.last_pane(over) })
    }

    /// The last point in time at which a pane starts that no window behind one needs.
    fn last_pane(&self, window: i128) -> Option<Timestamp> {
        let last = window.saturating_add(self.spec.slide() - 1);
        (last >= i128::from(i64::MIN)).then(|| clamped(last))
    }

    /// The start of the next window behind the frontier that has a pane with records.
    pub fn next_window(&self, first: impl Fn(Timestamp) -> Option<Timestamp>) -> Option<i128> {
        // Panes before this one are in no window behind the frontier.
        let behind = self.frontier.saturating_add(self.spec.slide());
        let pane = first(clamped(behind))?;
        let next = self.oldest_window(pane).max(behind);
        (next <= newest_window(&self.spec, pane)).then_some(next)
    }

    /// When the next window ends, where that is not told by watermarks.
    pub fn next_timer(&self, first: impl Fn(Timestamp) -> Option<Timestamp>) -> Option<Timestamp> {
        let next = self.clock.is_processing().then(|| self.next_window(first))?;
        next.map(|start| self.window(start).end)
    }

    /// The start of the last window that ends `lateness` before `now`.
    fn last_start(&self, now: Timestamp, lateness: Span) -> i128 {
        // The ends of the last windows are cut off.
        let cut_off = Timestamp::MAX - Span(1) + lateness;
        if now >= cut_off {
            return i128::MAX;
        }
        let end = i128::from(now.0) + 1 - i128::from(lateness.0);
        self.spec.start_before(end - self.spec.size())
    }

    fn lateness(&self) -> Span {
        match self.spec.time() {
            Time::Event => self.spec.lateness(),
            Time::Processing => Span::ZERO,
        }
    }

    /// Saves how far the task is that has keys of these hashes.
    pub fn save(&self, out: &mut SnapshotWriter, hashes: Option<(u64, u64)>) {
        self.clock.save(out);
        if let Some((first, last)) = hashes {
            out.section::<(u64, i128)>(FRONTIERS).put(first, (last, self.frontier));
        }
    }

    /// Goes on from where the last of the tasks was that had these keys; what came from one that was further does not fire
    /// again.
    pub fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        let furthest = self.clock.load(from);
        self.frontier = self.last_start(furthest, Span::ZERO);
        let mine = from.hashes();
        from.all::<(u64, i128)>(FRONTIERS, |first, (last, frontier)| {
            if first <= *mine.end() && last >= *mine.start() {
                self.ahead.push((first..=last, frontier));
                self.frontier = self.frontier.min(frontier);
            }
        })?;
        self.ahead.retain(|(_, frontier)| *frontier > self.frontier);
        Ok(())
    }
}

/// Calls `each` with what keys have in panes. Of two entries of a key and pane the second one holds: the disk had an
/// older one.
pub(super) fn each_in_panes<K: Key, A: Aggregate>(
    from: &Loader<'_>,
    mut each: impl FnMut(u64, View<'_, InPane<K, A>>),
) -> Result<(), LoadError> {
    from.each::<InPane<K, A>>(PANES, &mut each)?;
    from.each::<InPane<K, A>>(HOT, each)
}

/// The nearest point in time.
fn clamped(time: i128) -> Timestamp {
    Timestamp(time.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
}
