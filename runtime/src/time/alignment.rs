//! Alignment of watermarks: the splits of a group keep within a bound of the slowest.
//!
//! Each task takes part in its group with the split that it is reading. Whoever reports moves the group's least
//! watermark; those that waited for it are woken. The one that is least never waits, so the group never stands still
//! because of itself: only because the least one has nothing to read, and then idleness takes it out.
//!
//! ```text
//!   task 0  12:00 ──┐
//!   task 1  12:04   ├─▶ least 12:00, drift 3 min: task 1 waits until 12:01 is reached
//!   task 2  idle  ──┘
//! ```

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::Timestamp;

/// The alignment groups of a job.
#[derive(Debug, Default)]
pub(crate) struct Alignments {
    groups: Mutex<BTreeMap<String, Arc<Group>>>,
    /// Tasks that have yet to be opened: until then nobody knows who is slowest.
    opening: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Group {
    members: Mutex<Vec<Option<Place>>>,
    opening: Arc<AtomicUsize>,
}

/// What a group knows of a member.
#[derive(Debug)]
struct Place {
    /// None while the member is idle: nobody waits for it.
    watermark: Option<Timestamp>,
    max_drift: i64,
    waker: Waker,
    waits: bool,
}

/// One task's part in a group; leaves it when dropped.
#[derive(Debug)]
pub(crate) struct Member {
    group: Arc<Group>,
    index: usize,
}

impl Alignments {
    /// The groups of a job of so many tasks.
    pub(crate) fn new(tasks: usize) -> Alignments {
        Alignments { groups: Mutex::default(), opening: Arc::new(AtomicUsize::new(tasks)) }
    }

    /// A new member of `group`, at the start of time.
    pub(crate) fn join(&self, group: &str, max_drift: i64, waker: Waker) -> Member {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let group = groups.entry(group.to_owned()).or_insert_with(|| {
            Arc::new(Group { members: Mutex::default(), opening: self.opening.clone() })
        });
        let group = group.clone();
        let mut members = group.lock();
        let index = members.len();
        let watermark = Some(Timestamp::MIN);
        members.push(Some(Place { watermark, max_drift, waker, waits: false }));
        drop(members);
        Member { group, index }
    }

    /// A task is open: all its members have joined.
    pub(crate) fn opened(&self) {
        let before = self.opening.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |tasks| {
            Some(tasks.saturating_sub(1))
        });
        if before == Ok(1) {
            let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
            groups.values().for_each(|group| group.wake_waiting(&mut group.lock()));
        }
    }
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, Vec<Option<Place>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_complete(&self) -> bool {
        self.opening.load(Ordering::SeqCst) == 0
    }

    /// Wakes those that waited and need not any more.
    fn wake_waiting(&self, members: &mut [Option<Place>]) {
        let least = least(members);
        for place in members.iter_mut().flatten() {
            if place.waits && self.is_complete() && !place.is_ahead_of(least) {
                place.waits = false;
                place.waker.wake_by_ref();
            }
        }
    }
}

/// The watermark of the slowest member that is not idle.
fn least(members: &[Option<Place>]) -> Option<Timestamp> {
    members.iter().flatten().filter_map(|place| place.watermark).min()
}

impl Place {
    fn is_ahead_of(&self, least: Option<Timestamp>) -> bool {
        match (self.watermark, least) {
            (Some(own), Some(least)) => own.0 > least.0.saturating_add(self.max_drift),
            _ => false,
        }
    }
}

impl Member {
    /// The watermark of the split being read; `None` if the split is idle.
    pub(crate) fn report(&self, watermark: Option<Timestamp>) {
        let mut members = self.group.lock();
        if let Some(place) = &mut members[self.index] {
            place.watermark = watermark;
        }
        self.group.wake_waiting(&mut members);
    }

    /// True if the split must not be read now; its waker is called when it may.
    pub(crate) fn must_wait(&self) -> bool {
        let mut members = self.group.lock();
        let least = least(&members);
        let complete = self.group.is_complete();
        let Some(place) = &mut members[self.index] else { return false };
        place.waits = !complete || place.is_ahead_of(least);
        place.waits
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut members = self.group.lock();
        members[self.index] = None;
        self.group.wake_waiting(&mut members);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Bell(AtomicBool);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    fn join(alignments: &Alignments, max_drift: i64) -> (Member, Arc<Bell>) {
        let bell = Arc::new(Bell::default());
        (alignments.join("group", max_drift, bell.clone().into()), bell)
    }

    fn at(time: i64) -> Option<Timestamp> {
        Some(Timestamp(time))
    }

    #[test]
    fn fast_split_waits_for_the_slow_one_and_is_woken() {
        let alignments = Alignments::default();
        let ((fast, bell), (slow, _)) = (join(&alignments, 10), join(&alignments, 10));
        slow.report(at(100));
        fast.report(at(110));
        assert!(!fast.must_wait(), "the bound itself is allowed");
        fast.report(at(111));
        assert!(fast.must_wait() && !slow.must_wait());
        slow.report(at(100));
        assert!(!bell.0.load(Ordering::SeqCst));
        slow.report(at(101));
        assert!(bell.0.load(Ordering::SeqCst) && !fast.must_wait());
    }

    #[test]
    fn who_is_idle_or_has_left_is_not_waited_for() {
        let alignments = Alignments::default();
        let ((fast, bell), (slow, _)) = (join(&alignments, 0), join(&alignments, 0));
        fast.report(at(50));
        assert!(fast.must_wait(), "the other has read nothing yet");
        slow.report(None);
        assert!(bell.0.swap(false, Ordering::SeqCst) && !fast.must_wait());
        slow.report(at(20));
        assert!(fast.must_wait(), "active again");
        drop(slow);
        assert!(bell.0.load(Ordering::SeqCst) && !fast.must_wait());
    }

    #[test]
    fn nobody_runs_ahead_before_all_tasks_are_open() {
        let alignments = Alignments::new(2);
        let (early, bell) = join(&alignments, 0);
        alignments.opened();
        assert!(early.must_wait());
        alignments.opened();
        assert!(bell.0.load(Ordering::SeqCst) && !early.must_wait());
    }

    #[test]
    fn bounds_at_the_ends_of_time_do_not_overflow() {
        let alignments = Alignments::default();
        let ((a, _), (b, _)) = (join(&alignments, i64::MAX), join(&alignments, i64::MAX));
        a.report(at(i64::MAX));
        b.report(at(i64::MAX - 1));
        assert!(!a.must_wait());
        b.report(at(i64::MIN));
        assert!(a.must_wait());
    }
}
