//! What a task receives: its channels, their time, their alignment, and the batch being read.

use std::collections::VecDeque;

use crate::exchange::{Aligned, Aligner, Batch, Channel, Frame};
use crate::time::{TimeEvent, Timestamp, WatermarkValve};

/// A control frame that a task owes its outputs, behind everything that it leads to itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    /// Time of the chain's input.
    Time(TimeEvent),
    /// Time that the generators of this index made.
    Generated(usize, TimeEvent),
    /// Every channel has brought this barrier.
    Barrier(u64),
    /// This checkpoint was given up.
    Cancel(u64),
    /// Everything written so far is handed on: to other tasks, and by sinks too.
    Flush { sinks: bool },
    /// The input has ended.
    End { drain: bool },
}

impl Action {
    /// Which partial aggregates must not be overtaken: those of panes that end by this point in time.
    ///
    /// They are those that a watermark may fire, and those that are late already by what was `told`, which others may hold
    /// back still. The rest can wait, since time downstream is not ahead of what this task told.
    pub(crate) fn flushes(self, told: Timestamp) -> Timestamp {
        match self {
            Action::Time(TimeEvent::Watermark(time))
            | Action::Generated(_, TimeEvent::Watermark(time)) => time.max(told),
            Action::Flush { sinks: false } => told,
            _ => Timestamp::MAX,
        }
    }

    /// How far time may come downstream behind this: to its end once this task was idle, because it goes on without it
    /// until it has caught up.
    pub(crate) fn tells(self) -> Timestamp {
        match self {
            Action::Time(TimeEvent::Watermark(time))
            | Action::Generated(_, TimeEvent::Watermark(time)) => time,
            Action::Time(TimeEvent::Idle) | Action::Generated(_, TimeEvent::Idle) => Timestamp::MAX,
            _ => Timestamp::MIN,
        }
    }
}

impl From<Aligned> for Action {
    fn from(aligned: Aligned) -> Action {
        match aligned {
            Aligned::Barrier(id) => Action::Barrier(id),
            Aligned::Cancel(id) => Action::Cancel(id),
        }
    }
}

/// A batch that was received.
pub(crate) struct Current {
    pub(crate) channel: usize,
    pub(crate) input: usize,
    pub(crate) batch: Batch,
}

/// The receiving side of a task.
pub(crate) struct Inbox {
    /// Each with the index of its input.
    channels: Vec<(usize, Channel)>,
    /// Where to look first: channels take turns.
    first: usize,
    valve: WatermarkValve,
    aligner: Aligner,
    /// Set at a channel's end of data: whether it drained.
    ended: Vec<Option<bool>>,
    pub(crate) current: Option<Current>,
}

impl Inbox {
    /// Channels are blocked while barriers are waited for, if `aligns`.
    pub(crate) fn new(channels: Vec<(usize, Channel)>, aligns: bool) -> Inbox {
        let n = channels.len();
        Inbox {
            channels,
            first: 0,
            valve: WatermarkValve::new(n, Timestamp::MIN),
            aligner: Aligner::new(n, aligns),
            ended: vec![None; n],
            current: None,
        }
    }

    /// Channels that could be read and had nothing.
    pub(crate) fn silent(&self) -> impl Iterator<Item = usize> + '_ {
        let open = (0..self.channels.len()).filter(|&channel| self.ended[channel].is_none());
        open.filter(|&channel| !self.aligner.is_blocked(channel))
    }

    pub(crate) fn has_ended(&self, channel: usize) -> bool {
        self.ended[channel].is_some()
    }

    /// The checkpoint whose barriers are waited for.
    pub(crate) fn pending_checkpoint(&self) -> Option<u64> {
        self.aligner.pending()
    }

    /// Waits no longer for the barriers of a checkpoint.
    pub(crate) fn give_up(&mut self, checkpoint: u64, actions: &mut VecDeque<Action>) {
        let aligned = self.aligner.cancel(checkpoint);
        actions.extend(aligned.map(Action::from));
    }

    /// Time does not go back behind where it was.
    pub(crate) fn restore(&mut self, floor: Timestamp) {
        self.valve = WatermarkValve::new(self.channels.len(), floor);
    }

    /// Gives the batch being read back to its producer.
    pub(crate) fn give_back(&mut self, current: Current) {
        self.channels[current.channel].1.give_back(current.batch);
    }

    /// Takes the next frame of the channels that may be read, in turn: a batch becomes `current`, what a control
    /// frame leads to is added to `actions`. Answers the channel.
    pub(crate) fn receive(&mut self, actions: &mut VecDeque<Action>) -> Option<usize> {
        let n = self.channels.len();
        for step in 0..n {
            let channel = (self.first + step) % n;
            if self.aligner.is_blocked(channel) {
                continue;
            }
            if let Some(frame) = self.channels[channel].1.receive() {
                self.first = (channel + 1) % n;
                self.take(channel, frame, actions);
                return Some(channel);
            }
        }
        None
    }

    fn take(&mut self, channel: usize, frame: Frame, actions: &mut VecDeque<Action>) {
        let aligned = match frame {
            Frame::Records(batch) => {
                assert!(
                    self.ended[channel].is_none(),
                    "records behind the end of channel {channel}"
                );
                let input = self.channels[channel].0;
                self.current = Some(Current { channel, input, batch });
                return;
            }
            Frame::Watermark(time) => {
                return self.time(channel, TimeEvent::Watermark(time), actions);
            }
            Frame::Idle => return self.time(channel, TimeEvent::Idle, actions),
            Frame::Active => return self.time(channel, TimeEvent::Active, actions),
            Frame::EndOfData { drain } => return self.end(channel, drain, actions),
            Frame::Barrier { id } => self.aligner.barrier(channel, id),
            Frame::Cancel { id } => self.aligner.cancel(id),
            Frame::EndOfChannel => self.aligner.close(channel),
        };
        actions.extend(aligned.map(Action::from));
    }

    fn time(&mut self, channel: usize, event: TimeEvent, actions: &mut VecDeque<Action>) {
        let combined = self.valve.report(channel, event);
        let events = if cfg!(bug_14) { [Some(event), None] } else { combined };
        actions.extend(events.into_iter().flatten().map(Action::Time));
    }

    fn end(&mut self, channel: usize, drain: bool, actions: &mut VecDeque<Action>) {
        let before = self.ended[channel].replace(drain);
        assert!(before.is_none(), "channel {channel} ended twice");
        let all: Option<Vec<bool>> = self.ended.iter().copied().collect();
        if let Some(all) = all {
            let drain = all.iter().all(|&drained| drained);
            // The end of time goes with the end of data.
            actions.push_back(Action::End { drain });
        } else if drain {
            let events = self.valve.end(channel);
            actions.extend(events.into_iter().flatten().map(Action::Time));
        }
    }
}
