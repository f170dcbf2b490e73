//! Alignment of barriers over the channels of a task.
//!
//! The first barrier of a checkpoint blocks its channel; when every open channel has brought it, the snapshot is taken
//! and all are read again. So a record is in a checkpoint if and only if it precedes the barrier on its channel
//! (Carbone et al. 2015, "Lightweight Asynchronous Snapshots for Distributed Dataflows", alg. 1).

/// What a barrier, a cancellation or a channel's end leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Aligned {
    /// Every open channel has brought the barrier: take the snapshot, hand the barrier on.
    Barrier(u64),
    /// The checkpoint was given up: hand that on.
    Cancel(u64),
}

/// Which channels have brought the pending barrier.
#[derive(Clone, Debug)]
pub(crate) struct Aligner {
    pending: Option<u64>,
    brought: Vec<bool>,
    closed: Vec<bool>,
    /// Barriers up to this one were dealt with.
    done: u64,
}

impl Aligner {
    pub(crate) fn new(channels: usize) -> Aligner {
        Aligner {
            pending: None,
            brought: vec![false; channels],
            closed: vec![false; channels],
            done: 0,
        }
    }

    /// True if the channel must not be read until the others have caught up.
    #[inline]
    pub(crate) fn is_blocked(&self, channel: usize) -> bool {
        self.pending.is_some() && self.brought[channel]
    }

    /// The checkpoint whose barriers are waited for.
    #[inline]
    pub(crate) fn pending(&self) -> Option<u64> {
        self.pending
    }

    pub(crate) fn barrier(&mut self, channel: usize, id: u64) -> Option<Aligned> {
        let outdated = id <= self.done || self.pending.is_some_and(|pending| id < pending);
        if outdated || self.closed[channel] {
            return None;
        }
        if self.pending != Some(id) {
            // A newer checkpoint takes the place of an older one.
            self.brought.fill(false);
            self.pending = Some(id);
        }
        self.brought[channel] = true;
        self.complete()
    }

    pub(crate) fn cancel(&mut self, id: u64) -> Option<Aligned> {
        if id <= self.done || self.pending.is_some_and(|pending| id < pending) {
            return None;
        }
        self.pending = None;
        self.done = id;
        Some(Aligned::Cancel(id))
    }

    /// A closed channel counts as if it had brought the pending barrier and all later ones.
    pub(crate) fn close(&mut self, channel: usize) -> Option<Aligned> {
        self.closed[channel] = true;
        self.complete()
    }

    fn complete(&mut self) -> Option<Aligned> {
        let id = self.pending?;
        let all =
            self.brought.iter().zip(&self.closed).all(|(&brought, &closed)| brought || closed);
        all.then(|| {
            self.pending = None;
            self.done = id;
            Aligned::Barrier(id)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn barrier_waits_for_every_open_channel() {
        let mut aligner = Aligner::new(3);
        assert_eq!(aligner.barrier(0, 7), None);
        assert!(aligner.is_blocked(0) && !aligner.is_blocked(1));
        assert_eq!(aligner.close(2), None);
        assert_eq!(aligner.barrier(1, 7), Some(Aligned::Barrier(7)));
        assert!(!aligner.is_blocked(0));
        assert_eq!(aligner.barrier(0, 7), None, "a repeated barrier is dropped");
        assert!(!aligner.is_blocked(0));
    }

    #[test]
    fn newer_barrier_takes_the_place_of_an_older_one() {
        let mut aligner = Aligner::new(2);
        assert_eq!(aligner.barrier(0, 1), None);
        assert_eq!(aligner.barrier(1, 2), None);
        assert!(!aligner.is_blocked(0) && aligner.is_blocked(1));
        assert_eq!(aligner.barrier(0, 1), None, "older than the pending one");
        assert_eq!(aligner.barrier(0, 2), Some(Aligned::Barrier(2)));
    }

    #[test]
    fn cancelled_barrier_is_dropped_when_it_comes() {
        let mut aligner = Aligner::new(2);
        assert_eq!(aligner.barrier(0, 4), None);
        assert_eq!(aligner.cancel(4), Some(Aligned::Cancel(4)));
        assert_eq!(aligner.barrier(1, 4), None);
        assert!(!aligner.is_blocked(0) && !aligner.is_blocked(1));
        assert_eq!(aligner.barrier(1, 5), None);
        assert_eq!(aligner.barrier(0, 5), Some(Aligned::Barrier(5)));
    }

    #[test]
    fn closing_the_last_missing_channel_completes() {
        let mut aligner = Aligner::new(2);
        assert_eq!(aligner.barrier(0, 4), None);
        assert_eq!(aligner.close(1), Some(Aligned::Barrier(4)));
        assert_eq!(aligner.barrier(0, 5), Some(Aligned::Barrier(5)));
    }
}
