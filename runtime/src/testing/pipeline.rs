//! A pipeline that a test drives.

use std::any::type_name;
use std::collections::BTreeMap;

use super::explore::Trouble;
use super::log::{Log, SplitId};
use super::{Place, StateSize};
use crate::connector::Rejected;
use crate::error::JobError;
use crate::metrics::{JobMetrics, UserValue};
use crate::nearest::nearest;
use crate::record::Record;
use crate::task::{Kit, Mark};
use crate::time::{Span, TimeEvent, Timestamp};

/// A pipeline under test, started by [`Setup::start`](super::Setup::start).
///
/// Every method that feeds it goes on until nothing is left to do.
///
/// # Panics
/// If the pipeline fails ([`failure`](Pipeline::failure) expects that), or if there is no source, sink, state or counter
/// of a name: the message says which there are.
pub struct Pipeline {
    pub(super) kit: Kit,
    pub(super) log: Log,
    /// The seed of a checkpoint that the next step is to take in its midst.
    pub(super) amid: Option<u64>,
    /// What happens that the test does not know of.
    pub(super) trouble: Option<Trouble>,
    /// How many records were sent to each source without saying to which split.
    sent: BTreeMap<String, usize>,
    /// A failure is what the test wants.
    expects: bool,
    failure: Option<JobError>,
}

/// Where a source is: its chain and its splits.
struct Found {
    chain: usize,
    name: String,
    splits: Vec<usize>,
}

impl Pipeline {
    pub(super) fn of(kit: Kit) -> Pipeline {
        let (log, amid, trouble, sent) = Default::default();
        Pipeline { kit, log, amid, trouble, sent, expects: false, failure: None }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Sends a record from a source: from its split 0, from the one that is named (`("orders", 2)`), or, if it was given
    /// several, from one after the other.
    #[track_caller]
    pub fn send<T: Record>(&mut self, source: impl Into<Place>, record: T) -> &mut Pipeline {
        self.send_all(source, [record])
    }

    /// Sends several records before anything is done with the first.
    #[track_caller]
    pub fn send_all<T: Record>(
        &mut self,
        source: impl Into<Place>,
        records: impl IntoIterator<Item = T>,
    ) -> &mut Pipeline {
        let place = source.into();
        for record in records {
            self.put::<T>(&place, Ok(record));
        }
        self.settle()
    }

    /// Sends something that the source cannot decode: what its `.errors_to(side)` or `.or_skip()` is about, and what
    /// fails the task without either.
    #[track_caller]
    pub fn reject<T: Record>(
        &mut self,
        source: impl Into<Place>,
        record: &str,
        error: &str,
    ) -> &mut Pipeline {
        let place = source.into();
        let position = format!("source `{}`", place.name);
        let rejected = Rejected { record: record.to_owned(), error: error.to_owned(), position };
        self.put::<T>(&place, Err(rejected));
        self.settle()
    }

    #[track_caller]
    fn put<T: Record>(&mut self, place: &Place, record: Result<T, Rejected>) {
        let found = self.find(place);
        let turn = self.sent.entry(found.name.clone()).or_default();
        let split = found.splits[*turn % found.splits.len()];
        *turn += 1;
        let place = (found.chain, split);
        assert!(!self.has_ended(place), "split {split} of source `{}` has ended", found.name);
        if !self.log.send(&self.kit, place, record) {
            let sources = self.kit.hands.sources.borrow();
            let source = sources.iter().find(|source| source.chain == found.chain);
            panic!(
                "source `{}` yields records of type `{}`, but one of type `{}` was sent",
                found.name,
                source.map_or("", |source| source.record),
                type_name::<T>()
            );
        }
    }

    fn has_ended(&self, (chain, split): SplitId) -> bool {
        let sources = self.kit.hands.sources.borrow();
        let source = sources.iter().find(|source| source.chain == chain);
        source.is_some_and(|source| source.has_ended(split))
    }

    /// Says that nothing with a timestamp at or below `time` will come any more from a source, or from one of its
    /// splits. What is not later than the watermark that is reached has no effect.
    #[track_caller]
    pub fn watermark(&mut self, source: impl Into<Place>, time: Timestamp) -> &mut Pipeline {
        self.mark(source.into(), Mark::Time(TimeEvent::Watermark(time)))
    }

    /// Says that a source, or one of its splits, is idle: it does not hold back time until [`active`](Pipeline::active)
    /// or its next record.
    #[track_caller]
    pub fn idle(&mut self, source: impl Into<Place>) -> &mut Pipeline {
        self.mark(source.into(), Mark::Time(TimeEvent::Idle))
    }

    /// Says that a source, or one of its splits, takes part in time again.
    #[track_caller]
    pub fn active(&mut self, source: impl Into<Place>) -> &mut Pipeline {
        self.mark(source.into(), Mark::Time(TimeEvent::Active))
    }

    /// Ends a source, or one of its splits.
    #[track_caller]
    pub fn end(&mut self, source: impl Into<Place>) -> &mut Pipeline {
        let place = source.into();
        let found = self.find(&place);
        self.end_splits(&found);
        self.settle()
    }

    /// Ends all sources: windows and timers fire, and sinks finish.
    #[track_caller]
    pub fn finish(&mut self) -> &mut Pipeline {
        for name in self.sources() {
            let found = self.find(&Place::from(&*name));
            self.end_splits(&found);
        }
        self.settle()
    }

    fn end_splits(&mut self, found: &Found) {
        for &split in &found.splits {
            self.log.mark(&mut self.kit, (found.chain, split), Mark::End);
        }
    }

    #[track_caller]
    fn mark(&mut self, place: Place, mark: Mark) -> &mut Pipeline {
        let found = self.find(&place);
        let mut makes_time = false;
        for split in found.splits.into_iter().map(|split| (found.chain, split)) {
            if !self.has_ended(split) {
                makes_time |= self.log.mark(&mut self.kit, split, mark);
            }
        }
        assert!(
            makes_time || self.failure.is_some(),
            "source `{}` has no event time before the first exchange, or has ended: it takes no watermarks and no \
             idleness\nhelp: put `.event_time(..).watermarks(..)` right behind the source",
            found.name
        );
        self.settle()
    }

    /// Lets processing time pass. What is due on the way happens in its order, each at its own time.
    #[track_caller]
    pub fn advance(&mut self, span: Span) -> &mut Pipeline {
        self.amid();
        let done = self.log.advance(&mut self.kit, span);
        self.look_at(done).come_to_trouble();
        self
    }

    /// The processing time.
    pub fn processing_time(&self) -> Timestamp {
        self.kit.processing_time()
    }

    /// What a sink was given since the last look at it, with event times ([`Timestamp::MIN`] without event time). Records
    /// of one task are in their order; tasks follow one another.
    #[track_caller]
    pub fn output<T: Record>(&mut self, sink: &str) -> Vec<(Timestamp, T)> {
        let sinks = self.kit.hands.sinks.borrow();
        let Some(found) = sinks.iter().find(|known| known.name == sink) else {
            panic!("{}", unknown("sink", sink, sinks.iter().map(|sink| &*sink.name)));
        };
        let Some(records) = found.take::<T>() else {
            panic!(
                "sink `{sink}` is given records of type `{}`, not `{}`",
                found.record,
                type_name::<T>()
            );
        };
        records
    }

    /// The same without event times.
    #[track_caller]
    pub fn results<T: Record>(&mut self, sink: &str) -> Vec<T> {
        self.output(sink).into_iter().map(|(_, record)| record).collect()
    }

    /// The names of the sources.
    pub fn sources(&self) -> Vec<String> {
        self.kit.hands.sources.borrow().iter().map(|source| source.name.clone()).collect()
    }

    /// The names of the sinks.
    pub fn sinks(&self) -> Vec<String> {
        self.kit.hands.sinks.borrow().iter().map(|sink| sink.name.clone()).collect()
    }

    /// The watermark that has reached the chain which a sink ends.
    #[track_caller]
    pub fn watermark_at(&mut self, sink: &str) -> Timestamp {
        let chain = self.chain_of_sink(sink);
        self.kit.watermark(chain)
    }

    /// Watermarks and idle marks that have reached the chain which a sink ends since the last look, each behind what it
    /// led to; task by task.
    #[track_caller]
    pub fn time_at(&mut self, sink: &str) -> Vec<TimeEvent> {
        let chain = self.chain_of_sink(sink);
        self.kit.told(chain)
    }

    #[track_caller]
    fn chain_of_sink(&self, sink: &str) -> usize {
        let sinks = self.kit.hands.sinks.borrow();
        match sinks.iter().find(|known| known.name == sink) {
            Some(found) => found.chain,
            None => panic!("{}", unknown("sink", sink, sinks.iter().map(|sink| &*sink.name))),
        }
    }

    /// What an operator keeps, over all of its tasks.
    #[track_caller]
    pub fn state(&self, id: &str) -> StateSize {
        let states = self.kit.states();
        match states.get(id) {
            Some(size) => *size,
            None => panic!("{}", unknown("state", id, states.keys().map(String::as_str))),
        }
    }

    /// What all operators keep, by id.
    pub fn states(&self) -> BTreeMap<String, StateSize> {
        self.kit.states()
    }

    /// What all operators keep together.
    pub fn all_state(&self) -> StateSize {
        self.kit.states().values().fold(StateSize::default(), |sum, size| StateSize {
            entries: sum.entries + size.entries,
            bytes: sum.bytes + size.bytes,
            timers: sum.timers + size.timers,
            late: sum.late + size.late,
            next_timer: [sum.next_timer, size.next_timer].into_iter().flatten().min(),
        })
    }

    /// Records that were late so far, whether they were dropped or went to a side.
    pub fn late(&self) -> u64 {
        self.all_state().late
    }

    /// What a counter of the pipeline says: `counter("seen")`.
    #[track_caller]
    pub fn counter(&mut self, name: &str) -> u64 {
        let metrics = self.metrics().user;
        let counters = metrics.iter().filter_map(|metric| match metric.value {
            UserValue::Counter(value) => Some((&*metric.name, value)),
            _ => None,
        });
        match counters.clone().find(|(known, _)| *known == name) {
            Some((_, value)) => value,
            None => panic!("{}", unknown("counter", name, counters.map(|(name, _)| name))),
        }
    }

    /// Everything that is counted.
    pub fn metrics(&mut self) -> JobMetrics {
        self.kit.metrics()
    }

    /// Runs steps of which one makes the pipeline fail; answers how.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn halves() {
    /// let numbers = source(collection([0u64]));
    /// numbers.try_map(|n| if n % 2 == 0 { Ok(n / 2) } else { Err("odd") }).sink(print());
    /// # }
    /// let mut t = thalweg::testing::pipeline(halves).start();
    /// let failure = t.failure(|t| {
    ///     t.send("numbers", 3u64);
    /// });
    /// assert!(failure.to_string().contains("odd"));
    /// ```
    ///
    /// # Panics
    /// If it does not fail.
    #[track_caller]
    pub fn failure(&mut self, steps: impl FnOnce(&mut Pipeline)) -> JobError {
        self.expects = true;
        steps(self);
        self.expects = false;
        match self.failure.take() {
            Some(failure) => failure,
            None => panic!("the pipeline did not fail"),
        }
    }

    #[track_caller]
    fn settle(&mut self) -> &mut Pipeline {
        self.amid();
        let done = self.log.settle(&mut self.kit);
        self.look_at(done).come_to_trouble();
        self
    }

    #[track_caller]
    pub(super) fn look_at(&mut self, done: Result<(), JobError>) -> &mut Pipeline {
        match done {
            Ok(()) => {
                let blocked = self.kit.blocked();
                assert!(blocked.is_empty(), "tasks wait for one another: {}", blocked.join("; "));
            }
            Err(error) if self.expects => {
                self.failure.get_or_insert(error);
            }
            Err(error) => panic!("the pipeline failed: {error}"),
        }
        self
    }

    #[track_caller]
    pub(super) fn check_source(&self, name: &str) {
        self.find(&Place::from(name));
    }

    #[track_caller]
    fn find(&self, place: &Place) -> Found {
        let sources = self.kit.hands.sources.borrow();
        let Some(source) = sources.iter().find(|source| source.name == place.name) else {
            let names = sources.iter().map(|source| &*source.name);
            panic!("{}", unknown("source", &place.name, names));
        };
        let splits = match place.split {
            None => (0..source.splits).collect(),
            Some(split) if split < source.splits => vec![split],
            Some(split) => panic!(
                "source `{0}` has {1} splits, so no split {split}\nhelp: start the test with `.splits(\"{0}\", {2})`",
                place.name,
                source.splits,
                split + 1
            ),
        };
        Found { chain: source.chain, name: place.name.clone(), splits }
    }
}

/// That there is no such thing, and what there is.
fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let mut all: Vec<&str> = known.clone().filter(|known| !known.is_empty()).collect();
    all.sort_unstable();
    let help = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`? "),
        None => String::new(),
    };
    let all = if all.is_empty() { "none".to_owned() } else { format!("`{}`", all.join("`, `")) };
    format!("the pipeline has no {kind} `{name}`\nhelp: {help}it has {all}")
}
