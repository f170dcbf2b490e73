//! The watermark of several channels.
//!
//! The combined watermark is the least over the channels that are active and *aligned*, and never goes back. A channel
//! that turns idle stops holding back time; active again behind the combined watermark, it takes part only once it has
//! caught up, because what it holds back has been told already. This is Flink's `StatusWatermarkValve`.
//!
//! ```text
//!   channel 0  active   12  ─┐
//!   channel 1  idle      7   ├─▶ min(12, 15) = 12
//!   channel 2  active   15  ─┤
//!   channel 3  active    9   ┘   woke up behind 12: not aligned until it reports 12 or more
//! ```
//!
//! Invariants: reported watermarks only grow, from the floor on; `Idle` and `Active` alternate.

use super::Timestamp;

/// What a channel reports and what a valve answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeEvent {
    /// No more elements with a timestamp at or below this one will come.
    Watermark(Timestamp),
    /// Stops holding back time until `Active`.
    Idle,
    /// Takes part in time again.
    Active,
}

/// Up to two events in order.
pub type TimeEvents = [Option<TimeEvent>; 2];

const NOTHING: TimeEvents = [None, None];

#[derive(Clone, Copy, Debug)]
struct ChannelTime {
    watermark: Timestamp,
    idle: bool,
    aligned: bool,
    /// Holds back nothing, and lets nothing go either: time ends when all channels have ended, not before one that is
    /// idle has.
    ended: bool,
}

/// Combines the watermarks and idle marks of channels.
#[derive(Clone, Debug)]
pub struct WatermarkValve {
    channels: Vec<ChannelTime>,
    watermark: Timestamp,
    idle: bool,
}

impl WatermarkValve {
    /// A valve over `channels` channels, all active and without a watermark, that never reports less than `floor`.
    pub fn new(channels: usize, floor: Timestamp) -> WatermarkValve {
        let channel =
            ChannelTime { watermark: Timestamp::MIN, idle: false, aligned: true, ended: false };
        WatermarkValve { channels: vec![channel; channels], watermark: floor, idle: false }
    }

    /// The combined watermark.
    pub fn watermark(&self) -> Timestamp {
        self.watermark
    }

    /// True if all channels are idle.
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// True if `channel` is idle.
    pub(crate) fn is_channel_idle(&self, channel: usize) -> bool {
        self.channels[channel].idle
    }

    /// Takes what `channel` reports; answers what changed.
    ///
    /// # Panics
    /// If there is no such channel.
    pub fn report(&mut self, channel: usize, event: TimeEvent) -> TimeEvents {
        match event {
            TimeEvent::Watermark(time) => [self.advance(channel, time), None],
            TimeEvent::Idle => self.pause(channel),
            TimeEvent::Active => [self.resume(channel), None],
        }
    }

    /// `channel` has reached the end of its data. The end of the last one is the end of all time.
    ///
    /// # Panics
    /// If there is no such channel.
    pub fn end(&mut self, channel: usize) -> TimeEvents {
        let before = self.channels[channel];
        self.channels[channel].ended = true;
        if self.channels.iter().all(|channel| channel.ended) {
            let status = std::mem::take(&mut self.idle).then_some(TimeEvent::Active);
            return [status, self.reach(Timestamp::MAX)];
        }
        if before.idle { NOTHING } else { self.leave(before.watermark) }
    }

    fn advance(&mut self, channel: usize, time: Timestamp) -> Option<TimeEvent> {
        let reached = self.watermark;
        let channel = &mut self.channels[channel];
        if channel.idle || time <= channel.watermark {
            return None;
        }
        channel.watermark = time;
        channel.aligned |= time >= reached;
        self.combine()
    }

    fn pause(&mut self, channel: usize) -> TimeEvents {
        if self.channels[channel].idle || self.channels[channel].ended {
            return NOTHING;
        }
        self.channels[channel].idle = true;
        self.channels[channel].aligned = false;
        self.leave(self.channels[channel].watermark)
    }

    /// A channel that was at `watermark` does not hold back time any more.
    fn leave(&mut self, watermark: Timestamp) -> TimeEvents {
        let open = self.channels.iter().filter(|channel| !channel.ended);
        if !open.clone().all(|channel| channel.idle) {
            return [self.combine(), None];
        }
        // The last one to leave held back the others: nothing does any more.
        let held = watermark == self.watermark;
        let greatest = open.map(|channel| channel.watermark).max();
        self.idle = true;
        [greatest.filter(|_| held).and_then(|time| self.reach(time)), Some(TimeEvent::Idle)]
    }

    fn resume(&mut self, channel: usize) -> Option<TimeEvent> {
        let reached = self.watermark;
        let channel = &mut self.channels[channel];
        if channel.idle {
            channel.idle = false;
            channel.aligned = channel.watermark >= reached || cfg!(bug_03);
        }
        std::mem::take(&mut self.idle).then_some(TimeEvent::Active)
    }

    fn combine(&mut self) -> Option<TimeEvent> {
        let taking_part = self
            .channels
            .iter()
            .filter(|channel| !channel.idle && !channel.ended && channel.aligned);
        let least = taking_part.map(|channel| channel.watermark).min()?;
        self.reach(least)
    }

    fn reach(&mut self, time: Timestamp) -> Option<TimeEvent> {
        (time > self.watermark).then(|| {
            self.watermark = time;
            TimeEvent::Watermark(time)
        })
    }
}

#[cfg(test)]
mod tests;
