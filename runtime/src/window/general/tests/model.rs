//! The model: every key's windows in a list, every timer looked for anew, nothing clever.

use proptest::prelude::*;

use crate::record::Key;
use crate::time::Span;
use crate::window::evictor::{self, Evictor};

/// Event time, window, key, values.
pub type Result = (i64, (i64, i64), u64, Vec<u64>);

#[derive(Clone, Debug)]
pub enum Event {
    /// Time and key; its value is its number.
    Element(i64, u64),
    Watermark(i64),
    Clock(i64),
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Assign {
    /// Size, offset.
    Tumbling(i64, i64),
    /// Size, slide, offset.
    Sliding(i64, i64, i64),
    Session(i64),
    /// The gap is `1 + value % 10`.
    Dynamic,
    Global,
    TumblingCount(u64),
    SlidingCount(u64, u64),
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum TriggerKind {
    /// That of count windows.
    Own,
    Time,
    Count(u64),
    Early(i64),
    EndOfStream,
    /// By `new - old` of the values.
    Delta(i64),
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spec {
    pub assign: Assign,
    pub lateness: i64,
    pub processing: bool,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub spec: Spec,
    pub trigger: TriggerKind,
    pub purging: bool,
    pub evictor: Option<Evictor>,
    pub delta_evictor: Option<i64>,
    pub events: Vec<Event>,
}

pub fn tumbling() -> BoxedStrategy<Assign> {
    (1i64..30, -40i64..40).prop_map(|(size, offset)| Assign::Tumbling(size, offset % size)).boxed()
}

pub fn sliding() -> BoxedStrategy<Assign> {
    (1i64..30, 1i64..20, -40i64..40)
        .prop_map(|(size, slide, offset)| Assign::Sliding(size, slide, offset % slide))
        .boxed()
}

pub fn sessions() -> BoxedStrategy<Assign> {
    prop_oneof![3 => (1i64..20).prop_map(Assign::Session), 1 => Just(Assign::Dynamic)].boxed()
}

pub fn any_time() -> BoxedStrategy<Assign> {
    prop_oneof![tumbling(), sliding(), (1i64..20).prop_map(Assign::Session)].boxed()
}

pub fn global() -> BoxedStrategy<Assign> {
    Just(Assign::Global).boxed()
}

pub fn counts() -> BoxedStrategy<Assign> {
    prop_oneof![
        (1u64..6).prop_map(Assign::TumblingCount),
        (1u64..6, 1u64..6).prop_map(|(n, s)| Assign::SlidingCount(n, s)),
    ]
    .boxed()
}

fn evictors() -> impl Strategy<Value = Option<Evictor>> {
    let one = prop_oneof![
        (1u64..5).prop_map(evictor::count),
        (1i64..20).prop_map(|span| evictor::time(Span(span))),
    ];
    prop_oneof![
        2 => Just(None),
        1 => (one, any::<bool>()).prop_map(|(one, after)| Some(if after { one.after() } else { one })),
    ]
}

fn triggers(assign: Assign) -> BoxedStrategy<TriggerKind> {
    let count = (1u64..5).prop_map(TriggerKind::Count);
    let early = (1i64..25).prop_map(TriggerKind::Early);
    let delta = (0i64..5).prop_map(TriggerKind::Delta);
    match assign {
        Assign::TumblingCount(_) | Assign::SlidingCount(..) => Just(TriggerKind::Own).boxed(),
        Assign::Global => prop_oneof![
            count,
            early,
            delta,
            Just(TriggerKind::Time),
            Just(TriggerKind::EndOfStream)
        ]
        .boxed(),
        Assign::Session(_) | Assign::Dynamic => {
            prop_oneof![2 => Just(TriggerKind::Time), 1 => count, 2 => early].boxed()
        }
        _ => prop_oneof![2 => Just(TriggerKind::Time), 1 => count, 2 => early, 1 => delta].boxed(),
    }
}

pub fn cases(assign: BoxedStrategy<Assign>) -> impl Strategy<Value = Case> {
    let event = prop_oneof![
        6 => (-60i64..100, 0u64..4).prop_map(|(time, key)| Event::Element(time, key)),
        2 => (-60i64..120).prop_map(Event::Watermark),
        1 => (-50i64..100).prop_map(Event::Clock),
    ];
    let events = prop::collection::vec(event, 1..40);
    let lateness = prop_oneof![Just(0i64), 0i64..40];
    assign.prop_flat_map(move |assign| {
        let delta_evictor = prop_oneof![4 => Just(None), 1 => (-3i64..6).prop_map(Some)];
        let timed =
            !matches!(assign, Assign::Global | Assign::TumblingCount(_) | Assign::SlidingCount(..));
        let processing = prop_oneof![4 => Just(false), 1 => Just(timed)];
        (
            triggers(assign),
            any::<bool>(),
            evictors(),
            delta_evictor,
            events.clone(),
            lateness.clone(),
            processing,
        )
            .prop_map(
                move |(trigger, purging, evictor, delta_evictor, events, lateness, processing)| {
                    let own = trigger == TriggerKind::Own;
                    Case {
                        spec: Spec { assign, lateness, processing },
                        trigger,
                        purging,
                        evictor: evictor.filter(|_| !own),
                        delta_evictor: delta_evictor.filter(|_| !own),
                        events,
                    }
                },
            )
    })
}

#[derive(Clone, Default, Debug)]
struct Live {
    key: u64,
    window: (i64, i64),
    /// Arrival, time.
    elements: Vec<(u64, i64)>,
    counted: u64,
    /// The element that fired last.
    reference: Option<u64>,
    early: Option<i64>,
    changed: bool,
    event_timers: Vec<i64>,
    processing_timers: Vec<i64>,
}

pub struct Model {
    case: Case,
    live: Vec<Live>,
    watermark: i64,
    clock: i64,
    arrivals: u64,
    pub fired: Vec<Result>,
    pub late: Vec<u64>,
}

impl Model {
    pub fn new(case: Case) -> Model {
        let (live, fired, late) = (Vec::new(), Vec::new(), Vec::new());
        let (watermark, clock) = (i64::MIN, -60);
        Model { case, live, watermark, clock, arrivals: 0, fired, late }
    }

    pub fn run(&mut self) {
        for event in self.case.events.clone() {
            match event {
                Event::Element(time, key) => self.element(time, key),
                Event::Watermark(to) => self.advance(to),
                Event::Clock(to) => self.tick(to),
            }
        }
        self.tick(i64::MAX);
        self.advance(i64::MAX);
    }

    fn ends(&self) -> bool {
        !matches!(
            self.case.spec.assign,
            Assign::Global | Assign::TumblingCount(_) | Assign::SlidingCount(..)
        )
    }

    fn last(&self, window: (i64, i64)) -> i64 {
        if self.ends() { window.1 - 1 } else { i64::MAX }
    }

    fn cleanup(&self, window: (i64, i64)) -> i64 {
        let lateness = if self.case.spec.processing { 0 } else { self.case.spec.lateness };
        if self.ends() { window.1 - 1 + lateness } else { i64::MAX }
    }

    fn windows(&self, time: i64, value: u64) -> Vec<(i64, i64)> {
        let slides = |size: i64, slide: i64, offset: i64| {
            // As in Flink, a record comes first to the window that starts last.
            let starts = (time - size + 1..=time).rev();
            let aligned = starts.filter(|start| (start - offset).rem_euclid(slide) == 0);
            aligned.map(|start| (start, start + size)).collect()
        };
        match self.case.spec.assign {
            Assign::Tumbling(size, offset) => slides(size, size, offset),
            Assign::Sliding(size, slide, offset) => slides(size, slide, offset),
            Assign::Session(gap) => vec![(time, time + gap)],
            Assign::Dynamic => vec![(time, time + 1 + (value % 10) as i64)],
            _ => vec![(i64::MIN, i64::MAX)],
        }
    }

    fn element(&mut self, time: i64, key: u64) {
        let value = self.arrivals;
        self.arrivals += 1;
        let time = if self.case.spec.processing { self.clock } else { time };
        let windows = self.windows(time, value);
        let merges = matches!(self.case.spec.assign, Assign::Session(_) | Assign::Dynamic);
        let mut accepted = windows.is_empty();
        for mut window in windows {
            if merges {
                window = self.merge(window, key);
            }
            let is_known = self.live.iter().any(|live| live.key == key && live.window == window);
            let is_late =
                !self.case.spec.processing && self.ends() && self.cleanup(window) <= self.watermark;
            if is_late && !(merges && is_known) {
                continue;
            }
            accepted = true;
            if !is_known {
                self.live.push(Live { key, window, ..Live::default() });
            }
            let at = self.live.iter().position(|live| live.key == key && live.window == window);
            self.add(at.unwrap(), value, time);
        }
        if !accepted {
            self.late.push(value);
        }
    }

    /// Merges the sessions of a key that overlap or touch; the merged window, or the one given.
    fn merge(&mut self, window: (i64, i64), key: u64) -> (i64, i64) {
        let (mut near, rest): (Vec<Live>, Vec<Live>) =
            std::mem::take(&mut self.live).into_iter().partition(|live| {
                live.key == key && live.window.0 <= window.1 && window.0 <= live.window.1
            });
        self.live = rest;
        if near.is_empty() {
            return window;
        }
        let start = near.iter().map(|live| live.window.0).min().unwrap().min(window.0);
        let end = near.iter().map(|live| live.window.1).max().unwrap().max(window.1);
        let cover = (start, end);
        if near.len() == 1 && near[0].window == cover {
            self.live.append(&mut near);
            return cover;
        }
        let mut merged = Live { key, window: cover, ..Live::default() };
        let last = self.last(cover);
        for live in &near {
            merged.elements.extend(&live.elements);
            merged.counted += live.counted;
            if let TriggerKind::Early(d) = self.case.trigger
                && let Some(early) = live.early
            {
                let behind = if live.changed { early - 1 } else { self.watermark };
                let next = boundary(behind, d).min(last);
                merged.early = Some(merged.early.map_or(next, |other| other.min(next)));
                merged.changed = true;
            }
        }
        merged.elements.sort();
        match self.case.trigger {
            TriggerKind::Time if self.case.spec.processing => merged.processing_timers = vec![last],
            TriggerKind::Time | TriggerKind::Early(_) if last > self.watermark => {
                merged.event_timers = vec![last];
            }
            _ => {}
        }
        merged.event_timers.extend(merged.early.filter(|early| *early != last));
        self.live.push(merged);
        cover
    }

    fn add(&mut self, at: usize, value: u64, time: i64) {
        let (watermark, last) = (self.watermark, self.last(self.live[at].window));
        let trigger = self.case.trigger;
        let processing = self.case.spec.processing;
        let own = self.case.spec.assign;
        let live = &mut self.live[at];
        live.elements.push((value, time));
        let set = |timers: &mut Vec<i64>, at: i64| {
            if !timers.contains(&at) {
                timers.push(at);
            }
        };
        let fires = match trigger {
            TriggerKind::Time if processing => {
                set(&mut live.processing_timers, last);
                false
            }
            TriggerKind::Time if last > watermark => {
                set(&mut live.event_timers, last);
                false
            }
            TriggerKind::Time => true,
            TriggerKind::Own | TriggerKind::Count(_) => {
                let n = match (trigger, own) {
                    (TriggerKind::Count(n), _) => n,
                    (_, Assign::TumblingCount(n)) => n,
                    (_, Assign::SlidingCount(_, s)) => s,
                    _ => unreachable!(),
                };
                live.counted += 1;
                let fires = live.counted == n.max(1) || live.counted > n;
                if fires {
                    live.counted = 0;
                }
                fires
            }
            TriggerKind::Early(_) if last <= watermark => {
                live.changed = false;
                true
            }
            TriggerKind::Early(d) => {
                set(&mut live.event_timers, last);
                if !live.changed {
                    let from = if live.early.is_some() { watermark } else { time };
                    let next = boundary(from, d).min(last);
                    set(&mut live.event_timers, next);
                    (live.early, live.changed) = (Some(next), true);
                }
                false
            }
            TriggerKind::EndOfStream => {
                set(&mut live.event_timers, i64::MAX);
                false
            }
            TriggerKind::Delta(d) => match live.reference {
                None => {
                    live.reference = Some(value);
                    false
                }
                Some(old) if value as i64 - old as i64 > d => {
                    live.reference = Some(value);
                    true
                }
                Some(_) => false,
            },
        };
        if fires {
            self.fire(at);
        }
    }

    fn fire(&mut self, at: usize) {
        let (evictor, delta) = (self.case.evictor, self.case.delta_evictor);
        let live = &mut self.live[at];
        if live.elements.is_empty() {
            return;
        }
        if let Some(evictor) = evictor.filter(|evictor| !evictor.after) {
            evict(&mut live.elements, evictor);
        }
        if let Assign::SlidingCount(n, _) = self.case.spec.assign {
            evict(&mut live.elements, evictor::count(n));
        }
        if let (Some(delta), Some((last, _))) = (delta, live.elements.last().copied()) {
            live.elements.retain(|(value, _)| (last as i64 - *value as i64) < delta);
        }
        let values = live.elements.iter().map(|(value, _)| *value).collect();
        let (key, window) = (live.key, live.window);
        if let Some(evictor) = evictor.filter(|evictor| evictor.after) {
            evict(&mut live.elements, evictor);
        }
        if self.case.purging && self.case.trigger != TriggerKind::Own
            || matches!(self.case.spec.assign, Assign::TumblingCount(_))
        {
            live.elements.clear();
        }
        self.fired.push((self.last(window), window, key, values));
    }

    fn advance(&mut self, to: i64) {
        if to <= self.watermark {
            return;
        }
        self.watermark = to;
        self.pass(to, false);
    }

    fn tick(&mut self, to: i64) {
        self.clock = self.clock.max(to);
        // At the end the clock has passed everything.
        self.pass(if to == i64::MAX { i64::MAX } else { self.clock - 1 }, true);
    }

    /// Passes timers and the ends of windows, one by one, in order.
    fn pass(&mut self, to: i64, processing: bool) {
        loop {
            let by_this = self.case.spec.processing == processing;
            let next = self.live.iter().enumerate().flat_map(|(at, live)| {
                let timers = if processing { &live.processing_timers } else { &live.event_timers };
                let end = (by_this && self.ends()).then(|| self.cleanup(live.window));
                let times = timers.iter().copied().chain(end).filter(|time| *time <= to);
                times.map(move |time| (time, u64::key_hash(live.key), live.window, at))
            });
            let Some((time, _, window, at)) = next.min() else { return };
            let (last, cleanup) = (self.last(window), self.cleanup(window));
            let live = &mut self.live[at];
            let timers =
                if processing { &mut live.processing_timers } else { &mut live.event_timers };
            let was_set = timers.contains(&time);
            timers.retain(|timer| *timer != time);
            let fires = was_set
                && match self.case.trigger {
                    TriggerKind::Time => processing || time == last,
                    TriggerKind::EndOfStream => true,
                    TriggerKind::Early(_) => {
                        let due = live.changed && (time == last || live.early == Some(time));
                        live.changed &= !due;
                        due
                    }
                    _ => false,
                };
            if fires {
                self.fire(at);
            }
            if by_this && self.ends() && time == cleanup {
                self.live.remove(at);
            }
        }
    }
}

/// The first multiple of `every` behind a point in time.
fn boundary(time: i64, every: i64) -> i64 {
    (i128::from(time).div_euclid(i128::from(every)) as i64 + 1) * every
}

fn evict(elements: &mut Vec<(u64, i64)>, evictor: Evictor) {
    match evictor.keeps {
        evictor::Keeps::Count(n) => {
            let surplus = elements.len().saturating_sub(n as usize);
            elements.drain(..surplus);
        }
        evictor::Keeps::Time(span) => {
            let youngest = elements.iter().map(|(_, time)| *time).max().unwrap_or(0);
            elements.retain(|(_, time)| *time > youngest - span.0);
        }
    }
}
