//! Alignment of barriers over the channels of a task.
//!
//! The first barrier of a checkpoint blocks its channel; when every open channel has brought it, the snapshot is taken
//! and all are read again. So a record is in a checkpoint if and only if it precedes the barrier on its channel
//! (Carbone et al. 2015, "Lightweight Asynchronous Snapshots for Distributed Dataflows", alg. 1).
//!
//! At least once, no channel is ever blocked, and the snapshot is still taken when the last one has brought the barrier.
//! So every record before the barrier is in the checkpoint, and some behind it may be too: those are seen again.

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
    /// Channels that have brought the barrier wait for the others.
    blocks: bool,
    pending: Option<u64>,
    brought: Vec<bool>,
    closed: Vec<bool>,
    /// Barriers up to this one were dealt with.
    done: u64,
}

impl Aligner {
    pub(crate) fn new(channels: usize, blocks: bool) -> Aligner {
        Aligner {
            blocks,
            pending: None,
            brought: vec![false; channels],
            closed: vec![false; channels],
            done: 0,
        }
    }

    /// True if the channel must not be read until the others have caught up.
    #[inline]
    pub(crate) fn is_blocked(&self, channel: usize) -> bool {
        self.blocks && self.pending.is_some() && self.brought[channel]
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
            if !cfg!(bug_16) {
                self.brought.fill(false);
            }
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
        if cfg!(bug_17) { None } else { self.complete() }
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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn barrier_waits_for_every_open_channel() {
        let mut aligner = Aligner::new(3, true);
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
        let mut aligner = Aligner::new(2, true);
        assert_eq!(aligner.barrier(0, 1), None);
        assert_eq!(aligner.barrier(1, 2), None);
        assert!(!aligner.is_blocked(0) && aligner.is_blocked(1));
        assert_eq!(aligner.barrier(0, 1), None, "older than the pending one");
        assert_eq!(aligner.barrier(0, 2), Some(Aligned::Barrier(2)));
    }

    #[test]
    fn cancelled_barrier_is_dropped_when_it_comes() {
        let mut aligner = Aligner::new(2, true);
        assert_eq!(aligner.barrier(0, 4), None);
        assert_eq!(aligner.cancel(4), Some(Aligned::Cancel(4)));
        assert_eq!(aligner.barrier(1, 4), None);
        assert!(!aligner.is_blocked(0) && !aligner.is_blocked(1));
        assert_eq!(aligner.barrier(1, 5), None);
        assert_eq!(aligner.barrier(0, 5), Some(Aligned::Barrier(5)));
    }

    #[test]
    fn closing_the_last_missing_channel_completes() {
        let mut aligner = Aligner::new(2, true);
        assert_eq!(aligner.barrier(0, 4), None);
        assert_eq!(aligner.close(1), Some(Aligned::Barrier(4)));
        assert_eq!(aligner.barrier(0, 5), Some(Aligned::Barrier(5)));
    }

    #[test]
    fn at_least_once_waits_for_every_channel_and_blocks_none() {
        let mut aligner = Aligner::new(2, false);
        assert_eq!(aligner.barrier(0, 7), None);
        assert!(!aligner.is_blocked(0) && !aligner.is_blocked(1));
        assert_eq!(
            (aligner.barrier(0, 7), aligner.pending()),
            (None, Some(7)),
            "a repeated barrier"
        );
        assert_eq!(aligner.barrier(1, 7), Some(Aligned::Barrier(7)));
        assert_eq!(aligner.barrier(0, 8), None);
        assert_eq!(aligner.barrier(0, 9), None, "8 was given up");
        assert_eq!(aligner.barrier(1, 8), None);
        assert_eq!(aligner.barrier(1, 9), Some(Aligned::Barrier(9)));
    }

    /// The same by its definition: the pending checkpoint is the greatest that any channel has brought.
    #[derive(Debug)]
    struct Reference {
        blocks: bool,
        /// The greatest barrier of each channel.
        brought: Vec<u64>,
        closed: Vec<bool>,
        done: u64,
    }

    impl Reference {
        fn pending(&self) -> Option<u64> {
            self.brought.iter().copied().max().filter(|id| *id > self.done)
        }

        fn is_blocked(&self, channel: usize) -> bool {
            self.blocks && self.pending() == Some(self.brought[channel])
        }

        fn cancel(&mut self, id: u64) -> Option<Aligned> {
            let is_new = id > self.done && self.pending().is_none_or(|pending| pending <= id);
            is_new.then(|| {
                self.done = id;
                Aligned::Cancel(id)
            })
        }

        fn complete(&mut self) -> Option<Aligned> {
            let id = self.pending()?;
            let mut channels = self.brought.iter().zip(&self.closed);
            channels.all(|(brought, closed)| *closed || *brought == id).then(|| {
                self.done = id;
                Aligned::Barrier(id)
            })
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Event {
        Barrier(usize, u64),
        Cancel(usize, u64),
        /// Not by a channel, which may be blocked.
        GiveUp(u64),
        Close(usize),
    }

    fn events() -> impl Strategy<Value = (usize, Vec<Event>)> {
        (1..5usize).prop_flat_map(|channels| {
            let (channel, id) = (0..channels, 1..9u64);
            let event = prop_oneof![
                8 => (channel.clone(), id.clone()).prop_map(|(on, id)| Event::Barrier(on, id)),
                1 => (channel.clone(), id.clone()).prop_map(|(on, id)| Event::Cancel(on, id)),
                1 => id.prop_map(Event::GiveUp),
                1 => channel.prop_map(Event::Close),
            ];
            (Just(channels), prop::collection::vec(event, 0..40))
        })
    }

    /// Both given the same, as far as channels are read; what is answered is the same.
    fn run(channels: usize, blocks: bool, events: &[Event]) -> (Aligner, Reference) {
        let mut aligner = Aligner::new(channels, blocks);
        let (brought, closed) = (vec![0; channels], vec![false; channels]);
        let mut reference = Reference { blocks, brought, closed, done: 0 };
        for event in events {
            let (found, expected) = match *event {
                Event::Barrier(on, _) | Event::Cancel(on, _) | Event::Close(on)
                    if reference.is_blocked(on) || reference.closed[on] =>
                {
                    continue;
                }
                Event::Barrier(on, id) => {
                    reference.brought[on] = reference.brought[on].max(id);
                    (aligner.barrier(on, id), reference.complete())
                }
                Event::Cancel(_, id) | Event::GiveUp(id) => {
                    (aligner.cancel(id), reference.cancel(id))
                }
                Event::Close(on) => {
                    reference.closed[on] = true;
                    (aligner.close(on), reference.complete())
                }
            };
            assert_eq!(found, expected, "{event:?}, {reference:?}");
            assert_eq!(aligner.pending(), reference.pending(), "{event:?}");
            for channel in 0..channels {
                assert_eq!(aligner.is_blocked(channel), reference.is_blocked(channel));
                assert!(blocks || !aligner.is_blocked(channel), "{channel} is blocked");
            }
        }
        (aligner, reference)
    }

    proptest! {
        #[test]
        fn bug_16_barriers_and_cancellations_come_in_any_order((channels, events) in events()) {
            run(channels, true, &events);
        }

        #[test]
        fn at_least_once_no_channel_is_ever_blocked((channels, events) in events()) {
            run(channels, false, &events);
        }

        /// Whatever else there is, and wherever a channel ends, the others need not wait for it.
        #[test]
        fn bug_17_a_channel_that_ends_keeps_nobody_waiting(
            (channels, events) in events(),
            blocks in any::<bool>(),
        ) {
            for behind in 0..=events.len() {
                let mut closing = events[..behind].to_vec();
                // Those that are blocked are read again when the others have ended.
                for _ in 0..channels {
                    closing.extend((0..channels).map(Event::Close));
                }
                let (aligner, reference) = run(channels, blocks, &closing);
                prop_assert!(reference.closed.iter().all(|closed| *closed));
                prop_assert_eq!(aligner.pending(), None);
            }
        }
    }
}
