//! Windows with triggers and evictors.

use super::triggers::{Does, Memory, Trigger, distance};
use super::windows::Answer;
use super::{Event, Step};

/// Which windows a record belongs to.
pub enum Assign {
    /// Those that this says of its time.
    Time(Box<dyn Fn(i64) -> Vec<(i64, i64)>>),
    /// A session of this gap.
    Session(i64),
    /// One without an end.
    Global,
    /// The one of this size that the clock is in.
    Clock(i64),
}

/// What stays when a window fires.
#[derive(Clone, Copy)]
pub enum Evictor {
    /// The last records.
    Count(usize),
    /// What is younger than the youngest by less than this.
    Time(i64),
    /// What is less than this from the last in value.
    Delta(i64),
}

/// Windows, and when they fire.
pub struct Windowing {
    /// Which there are.
    pub assign: Assign,
    /// How long they are kept behind their ends.
    pub lateness: i64,
    /// When they fire.
    pub trigger: Trigger,
    /// Whether a firing drops the contents.
    pub purging: bool,
    /// What else it takes out, and whether behind the function.
    pub evictor: Option<(Evictor, bool)>,
}

struct Held<K> {
    key: K,
    start: i64,
    end: i64,
    /// With their places in the order of arrival.
    events: Vec<(usize, Event)>,
    memory: Memory,
}

/// Windows per key. What `results` makes of a firing: of no events, if the evictor took all.
pub fn triggered<K: Ord + Clone, R>(
    script: &[Step],
    key: impl Fn(&Event) -> K,
    windowing: &Windowing,
    results: impl Fn(&K, (i64, i64), &[Event]) -> Vec<R>,
) -> Vec<Answer<R>> {
    let mut all = All { windowing, held: Vec::new(), watermark: i64::MIN, clock: 0 };
    let (mut answers, mut arrived) = (Vec::new(), 0);
    for step in script {
        let mut answer = Answer::default();
        let mut fire = |held: &mut Held<K>, purges| {
            let last = windowing.last(held);
            let results = |events: &[Event]| results(&held.key, (held.start, held.end), events);
            let fired = windowing.fire(&mut held.events, purges, results);
            answer.results.extend(fired.into_iter().map(|result| (last, result)));
        };
        match step {
            Step::Records(side, records) => {
                for event in records {
                    arrived += 1;
                    if !all.add(key(event), (arrived, event), &mut fire) {
                        answer.late.push((*side, event.clone()));
                    }
                }
            }
            Step::Watermarks(times) => times.iter().for_each(|time| all.reach(*time, &mut fire)),
            Step::Clock(time) => all.pass(*time, &mut fire),
        }
        answers.push(answer);
    }
    answers
}

impl Windowing {
    fn last<K>(&self, held: &Held<K>) -> i64 {
        if matches!(self.assign, Assign::Global) { i64::MAX } else { held.end - 1 }
    }

    /// A firing: nothing without events, which evictors take out before or after, and purging after.
    fn fire<R>(
        &self,
        events: &mut Vec<(usize, Event)>,
        purges: bool,
        results: impl Fn(&[Event]) -> Vec<R>,
    ) -> Vec<R> {
        if events.is_empty() {
            return Vec::new();
        }
        let evict = |events: &mut Vec<(usize, Event)>, now: bool| {
            if let Some((evictor, _)) = self.evictor.filter(|(_, after)| *after == now) {
                *events = evictor.stay(events);
            }
        };
        evict(events, false);
        let seen: Vec<Event> = events.iter().map(|(_, event)| event.clone()).collect();
        let results = results(&seen);
        evict(events, true);
        if purges || self.purging {
            events.clear();
        }
        results
    }
}

impl Evictor {
    fn stay(self, events: &[(usize, Event)]) -> Vec<(usize, Event)> {
        let Some((_, last)) = events.last() else { return Vec::new() };
        let youngest = events.iter().map(|(_, event)| event.at.0).fold(last.at.0, i64::max);
        let stays = |(index, event): (usize, &Event)| match self {
            Evictor::Count(count) => index + count >= events.len(),
            Evictor::Time(span) => youngest - event.at.0 < span,
            Evictor::Delta(threshold) => distance(event.value, last.value) < threshold,
        };
        let kept = events.iter().enumerate().filter(|(index, (_, event))| stays((*index, event)));
        kept.map(|(_, event)| event.clone()).collect()
    }
}

/// All windows of all keys.
struct All<'w, K> {
    windowing: &'w Windowing,
    held: Vec<Held<K>>,
    watermark: i64,
    clock: i64,
}

impl<K: Ord + Clone> All<'_, K> {
    /// Adds a record to its windows; false if it is late for all.
    fn add(
        &mut self,
        key: K,
        (arrived, event): (usize, &Event),
        fire: &mut impl FnMut(&mut Held<K>, bool),
    ) -> bool {
        let time = event.at.0;
        let windows = match &self.windowing.assign {
            Assign::Time(assign) => assign(time),
            Assign::Session(gap) => vec![self.merge(&key, (time, time + gap))],
            Assign::Global => vec![(i64::MIN, i64::MAX)],
            Assign::Clock(size) => {
                let start = (0..).map(|n| n * size).take_while(|start| *start <= self.clock).last();
                start.map(|start| (start, start + size)).into_iter().collect()
            }
        };
        let mut accepted = windows.is_empty();
        for (start, end) in windows {
            let of_this =
                |held: &Held<K>| held.key == key && (held.start, held.end) == (start, end);
            let known = self.held.iter().position(of_this);
            let index = known.unwrap_or_else(|| {
                let (events, memory) = (Vec::new(), Memory::default());
                self.held.push(Held { key: key.clone(), start, end, events, memory });
                self.held.len() - 1
            });
            if self.is_over(&self.held[index]) {
                self.held.remove(index);
                continue;
            }
            accepted = true;
            let (watermark, last) = (self.watermark, self.windowing.last(&self.held[index]));
            let held = &mut self.held[index];
            held.events.push((arrived, event.clone()));
            let does = held.memory.on_element(self.windowing.trigger, event, last, watermark);
            carry_out(does, held, fire);
        }
        accepted
    }

    /// The session that a window becomes with all that it touches, which are one from now on.
    fn merge(&mut self, key: &K, (start, end): (i64, i64)) -> (i64, i64) {
        let touches = |held: &Held<K>| held.key == *key && held.start <= end && start <= held.end;
        let (touched, others) = std::mem::take(&mut self.held).into_iter().partition(touches);
        self.held = others;
        let touched: Vec<Held<K>> = touched;
        let start = touched.iter().map(|held| held.start).fold(start, i64::min);
        let end = touched.iter().map(|held| held.end).fold(end, i64::max);
        if !touched.is_empty() {
            let mut events = Vec::new();
            let mut memory = Memory::default();
            for held in touched {
                events.extend(held.events);
                memory.absorb(held.memory, self.windowing.trigger, self.watermark);
            }
            events.sort_by_key(|(arrived, _)| *arrived);
            self.held.push(Held { key: key.clone(), start, end, events, memory });
        }
        (start, end)
    }

    fn is_over(&self, held: &Held<K>) -> bool {
        match self.windowing.assign {
            Assign::Global => false,
            Assign::Clock(_) => held.end <= self.clock,
            _ => (held.end - 1).saturating_add(self.windowing.lateness) <= self.watermark,
        }
    }

    /// The watermark has grown.
    fn reach(&mut self, time: i64, fire: &mut impl FnMut(&mut Held<K>, bool)) {
        let before = std::mem::replace(&mut self.watermark, time);
        for held in &mut self.held {
            let last = self.windowing.last(held);
            let until = last.saturating_add(self.windowing.lateness).min(time);
            while let Some(due) = held.memory.timers.first().copied().filter(|due| *due <= until) {
                held.memory.timers.remove(&due);
                let does = held.memory.on_time(self.windowing.trigger, due);
                carry_out(does, held, fire);
            }
            let memory = &mut held.memory;
            let fires = match self.windowing.trigger {
                Trigger::EventTime => before < last && last <= time,
                Trigger::ProcessingTime | Trigger::EndOfStream => time == i64::MAX,
                Trigger::Early(_) => {
                    let multiple = memory.multiple.unwrap_or(last).min(last);
                    multiple <= time && std::mem::take(&mut memory.changed)
                }
                Trigger::Count(_) | Trigger::Delta(_) | Trigger::Own(_) => false,
            };
            carry_out(Does { fires, purges: false }, held, fire);
        }
        let held = std::mem::take(&mut self.held);
        self.held = held.into_iter().filter(|held| !self.is_over(held)).collect();
    }

    /// Time has passed on the clock.
    fn pass(&mut self, clock: i64, fire: &mut impl FnMut(&mut Held<K>, bool)) {
        self.clock = clock;
        let (over, kept) =
            std::mem::take(&mut self.held).into_iter().partition(|held| self.is_over(held));
        self.held = kept;
        let mut over: Vec<Held<K>> = over;
        over.sort_by_key(|held| held.end);
        for held in &mut over {
            let fires = matches!(self.windowing.trigger, Trigger::ProcessingTime);
            carry_out(Does { fires, purges: false }, held, fire);
        }
    }
}

fn carry_out<K>(does: Does, held: &mut Held<K>, fire: &mut impl FnMut(&mut Held<K>, bool)) {
    if does.fires {
        fire(held, does.purges);
    }
    if does.purges {
        held.events.clear();
    }
}
