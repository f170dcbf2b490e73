//! Triggers: what they decide, and what they remember of a window.

use std::collections::BTreeSet;

use super::Event;

/// When a window fires.
#[derive(Clone, Copy)]
pub enum Trigger {
    /// When the watermark reaches its end, and for each record behind that.
    EventTime,
    /// When the clock has passed its end.
    ProcessingTime,
    /// When the input ends.
    EndOfStream,
    /// Every so many records.
    Count(u64),
    /// At multiples of this, where something is new, and at its end.
    Early(i64),
    /// When a value is further than this from that of the record that fired it last, or came first.
    Delta(i64),
    /// As these say.
    Own(Own),
}

/// A trigger that remembers a number and sets timers.
#[derive(Clone, Copy)]
pub struct Own {
    /// A record has come.
    pub on_element: fn(&mut i64, &Event, &mut BTreeSet<i64>) -> Does,
    /// The watermark has reached a timer.
    pub on_time: fn(&mut i64, i64, &mut BTreeSet<i64>) -> Does,
}

/// What a trigger decides: whether the window fires, and whether its contents are dropped.
#[derive(Clone, Copy, Debug, Default)]
pub struct Does {
    /// It fires.
    pub fires: bool,
    /// Its contents are dropped.
    pub purges: bool,
}

/// What a trigger remembers, whichever it is.
#[derive(Default)]
pub(super) struct Memory {
    count: u64,
    /// Something has come since it fired.
    pub(super) changed: bool,
    /// The multiple at which it fires early.
    pub(super) multiple: Option<i64>,
    mark: Option<Event>,
    number: i64,
    pub(super) timers: BTreeSet<i64>,
}

/// How far a value is from another.
pub(super) fn distance(old: i64, new: i64) -> i64 {
    (new - old).abs()
}

impl Memory {
    pub(super) fn on_element(
        &mut self,
        trigger: Trigger,
        event: &Event,
        last: i64,
        watermark: i64,
    ) -> Does {
        let fires = match trigger {
            Trigger::EventTime => last <= watermark,
            Trigger::ProcessingTime | Trigger::EndOfStream => false,
            Trigger::Count(every) => {
                self.count += 1;
                let is_full = self.count >= every;
                self.count = if is_full { 0 } else { self.count };
                is_full
            }
            Trigger::Early(_) if last <= watermark => {
                self.changed = false;
                true
            }
            Trigger::Early(every) => {
                if !self.changed {
                    // Behind the first record, or where it has fired, behind the watermark.
                    let from = self.multiple.map_or(event.at.0, |_| watermark);
                    self.multiple = Some(multiple_behind(from, every));
                }
                self.changed = true;
                false
            }
            Trigger::Delta(threshold) => {
                let old = self.mark.as_ref().map(|old| distance(old.value, event.value));
                if old.is_none_or(|distance| distance > threshold) {
                    self.mark = Some(event.clone());
                }
                old.is_some_and(|distance| distance > threshold)
            }
            Trigger::Own(own) => {
                return (own.on_element)(&mut self.number, event, &mut self.timers);
            }
        };
        Does { fires, purges: false }
    }

    pub(super) fn on_time(&mut self, trigger: Trigger, time: i64) -> Does {
        match trigger {
            Trigger::Own(own) => (own.on_time)(&mut self.number, time, &mut self.timers),
            _ => Does::default(),
        }
    }

    /// Takes in what was remembered of a session that is merged into this one.
    pub(super) fn absorb(&mut self, other: Memory, trigger: Trigger, watermark: i64) {
        self.count += other.count;
        if let (Trigger::Early(every), Some(multiple)) = (trigger, other.multiple) {
            let next = if other.changed { multiple } else { multiple_behind(watermark, every) };
            self.multiple = Some(self.multiple.map_or(next, |known| known.min(next)));
            // What merges them is new.
            self.changed = true;
        }
    }
}

fn multiple_behind(time: i64, every: i64) -> i64 {
    (time.div_euclid(every) + 1).saturating_mul(every)
}
