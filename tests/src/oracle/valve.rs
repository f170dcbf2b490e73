//! The watermark of several channels, by their whole history.

/// What a channel says of time, and what comes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// Nothing at or before this will come any more.
    Watermark(i64),
    /// It holds back nothing.
    Idle,
    /// It takes part again.
    Active,
    /// It has ended.
    Ended,
}

#[derive(Clone, Copy, Debug)]
struct Channel {
    watermark: i64,
    active: bool,
    /// Has reached what was told since it became active.
    caught_up: bool,
    ended: bool,
}

/// Combines what channels say.
#[derive(Clone, Debug)]
pub struct Valve {
    channels: Vec<Channel>,
    reached: i64,
    idle: bool,
}

impl Valve {
    /// Of this many channels.
    pub fn new(channels: usize) -> Valve {
        let channel = Channel { watermark: i64::MIN, active: true, caught_up: true, ended: false };
        Valve { channels: vec![channel; channels], reached: i64::MIN, idle: false }
    }

    /// What comes of it that a channel says something.
    pub fn told(&mut self, index: usize, told: Told) -> Vec<Told> {
        let mut events = Vec::new();
        let last = self.channels[index];
        match told {
            Told::Watermark(time) if last.active && time > last.watermark => {
                self.channels[index].watermark = time;
                self.channels[index].caught_up |= time >= self.reached;
            }
            Told::Watermark(_) => return events,
            Told::Idle => self.channels[index].active = false,
            Told::Active => {
                if !last.active {
                    self.channels[index].active = true;
                    self.channels[index].caught_up = last.watermark >= self.reached;
                }
                if self.idle {
                    self.idle = false;
                    events.push(Told::Active);
                }
            }
            Told::Ended => self.channels[index].ended = true,
        }
        let open: Vec<Channel> =
            self.channels.iter().copied().filter(|channel| !channel.ended).collect();
        if open.is_empty() {
            // Time ends with the last channel.
            if std::mem::take(&mut self.idle) {
                events.push(Told::Active);
            }
            if self.reached < i64::MAX {
                self.reached = i64::MAX;
                events.push(Told::Watermark(i64::MAX));
            }
            return events;
        }
        let all_idle = open.iter().all(|channel| !channel.active);
        let time = if all_idle {
            // Only who held the others back lets them go.
            let greatest = open.iter().map(|channel| channel.watermark).max();
            greatest.filter(|_| last.active && last.watermark == self.reached)
        } else if told == Told::Active {
            None
        } else {
            let parts = open.iter().filter(|channel| channel.active && channel.caught_up);
            parts.map(|channel| channel.watermark).min()
        };
        if let Some(time) = time.filter(|&time| time > self.reached) {
            self.reached = time;
            events.push(Told::Watermark(time));
        }
        if all_idle && !self.idle {
            self.idle = true;
            events.push(Told::Idle);
        }
        events
    }
}
