//! What a chain's factory opens its task with.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use super::asynchronous::{AsyncMap, AsyncOptions, Awaited};
use super::hands::{Hands, Label};
use super::restored::Recovery;
use super::shared::Shared;
use super::signal::{Signal, SourceWaker};
use super::sink_task::AnySink;
use super::snapshot::{Connector, Parameters, SplitSnapshot};
use super::source_task::{AnySource, TaskSplits};
use super::{Failure, Scratch, SinkTask, SourceTask, Stage};
use crate::connector::{Resumed, Sink, Source, SourceError, Split};
use crate::exchange::{AnyOutput, Edge, EdgeId, Input, KeyGroups, Output, OutputEnd};
use crate::record::Record;
use crate::state::{State, Ttl};
use crate::time::{Alignments, Span, Strategy, Timestamp, Watermarks};

/// Something that outlives a turn, shared between the chain and the task's runner; borrowed once per turn.
pub type Handle<T> = Rc<RefCell<T>>;

/// The splits of a job's sources, listed once for all tasks, by chain.
#[derive(Debug, Default)]
pub(crate) struct SplitTable {
    listed: Mutex<BTreeMap<usize, Arc<[Split]>>>,
}

impl SplitTable {
    fn list(
        &self,
        chain: usize,
        list: impl FnOnce() -> Result<Vec<Split>, SourceError>,
    ) -> Result<Arc<[Split]>, SourceError> {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(splits) = listed.get(&chain) {
            return Ok(splits.clone());
        }
        let splits: Arc<[Split]> = list()?.into();
        listed.insert(chain, splits.clone());
        Ok(splits)
    }
}

/// What a task starts with, made before its slot's thread runs.
pub(crate) struct TaskSeed {
    /// The chain's number in the plan.
    pub(crate) chain: usize,
    pub(crate) task: usize,
    pub(crate) parallelism: usize,
    pub(crate) groups: KeyGroups,
    /// The exchanges it reads, in order, and how many channels each has.
    pub(crate) inputs: Vec<(EdgeId, usize)>,
    pub(crate) outputs: BTreeMap<EdgeId, OutputEnd>,
    pub(crate) splits: Arc<SplitTable>,
    pub(crate) signal: Arc<Signal>,
    /// The job's alignment groups.
    pub(crate) alignments: Arc<Alignments>,
    pub(crate) max_record_output: usize,
    /// What it shares with all tasks of the process.
    pub(crate) shared: Shared,
    /// Times to live that the configuration changes, by id.
    pub(crate) ttls: BTreeMap<String, Span>,
    /// What sources and sinks are called.
    pub(crate) labels: Arc<[Label]>,
    pub(crate) recovery: Recovery,
}

/// The splits that a checkpoint has left, for so many tasks.
fn redivided<S: Source>(
    source: &S,
    splits: &[SplitSnapshot],
    parallelism: usize,
) -> Result<Vec<SplitSnapshot>, SourceError> {
    let resumed = |snapshot: &SplitSnapshot| Resumed {
        split: snapshot.split.clone(),
        position: snapshot.position.clone(),
    };
    let divided = source.redivide(splits.iter().map(resumed).collect(), parallelism)?;
    // Of a split that is made of others, nothing more is known than of the one that was least far.
    let generators = splits.iter().map(|split| split.times.len()).max().unwrap_or(0);
    let least = |generator: usize| {
        let times = splits.iter().map(|split| split.times.get(generator).copied());
        times.min().flatten().unwrap_or(Timestamp::MIN)
    };
    let snapshot = |Resumed { split, position }| {
        let known = splits.iter().find(|known| known.split.id == split.id);
        let times = known.map(|known| known.times.clone());
        let times = times.unwrap_or_else(|| (0..generators).map(least).collect());
        SplitSnapshot { split, position, ended: false, times }
    };
    Ok(divided.into_iter().map(snapshot).collect())
}

impl TaskSeed {
    /// This task's share of all splits.
    fn share<T: Clone>(&self, splits: &[T]) -> Vec<T> {
        splits.iter().skip(self.task).step_by(self.parallelism).cloned().collect()
    }
}

/// An output and the watermark generators its time comes from; the chain's input if there are none.
pub(crate) struct TimedOutput {
    pub(crate) output: Handle<dyn AnyOutput>,
    pub(crate) watermarks: Option<usize>,
}

/// States, by their ids; those without any are not kept.
pub(crate) type NamedStates = Vec<(String, Handle<dyn State>)>;

/// The handles that the runner keeps.
#[derive(Default)]
pub(crate) struct Handles {
    pub(crate) source: Option<Handle<dyn AnySource>>,
    pub(crate) outputs: Vec<TimedOutput>,
    pub(crate) sinks: Vec<Handle<dyn AnySink>>,
    pub(crate) states: NamedStates,
    pub(crate) watermarks: Vec<Handle<Watermarks>>,
    /// The `async_map` of the chain: one at most, with nothing before it that fires.
    pub(crate) awaited: Option<Handle<dyn Awaited>>,
}

impl Handles {
    /// The states that checkpoints hold: those with an id.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &(String, Handle<dyn State>)> {
        self.states.iter().filter(|(id, _)| !id.is_empty())
    }
}

/// One task being opened: gives the chain its source, inputs, outputs, sinks, state and watermark generators, and
/// keeps a second handle on each for the runner.
pub struct TaskContext {
    seed: TaskSeed,
    stage: Stage,
    handles: Handles,
    /// The generators that outputs without any of their own follow.
    clock: Option<usize>,
    /// What a test puts in place of sources and sinks.
    hands: Option<Rc<Hands>>,
    /// What they read and write, if that is all there is to know: they are not opened.
    surveyed: Option<Parameters>,
}

impl TaskContext {
    pub(crate) fn new(seed: TaskSeed, stage: Stage, hands: Option<Rc<Hands>>) -> TaskContext {
        let (handles, clock, surveyed) = (Handles::default(), None, None);
        TaskContext { seed, stage, handles, clock, hands, surveyed }
    }

    /// A task that is only to be looked at: nothing is opened outside of it.
    pub(crate) fn surveying(seed: TaskSeed, stage: Stage) -> TaskContext {
        let surveyed = Some(BTreeMap::new());
        TaskContext { surveyed, ..TaskContext::new(seed, stage, None) }
    }

    /// The states that it keeps, and what its source and sinks read and write.
    pub(crate) fn surveyed(self) -> (NamedStates, Parameters) {
        (self.handles.kept().cloned().collect(), self.surveyed.unwrap_or_default())
    }

    pub(crate) fn into_parts(self) -> (TaskSeed, Stage, Handles) {
        (self.seed, self.stage, self.handles)
    }

    /// This task's number among the parallel copies of its chain.
    pub fn task(&self) -> usize {
        self.seed.task
    }

    /// How many parallel copies there are.
    pub fn parallelism(&self) -> usize {
        self.seed.parallelism
    }

    /// How key groups are assigned to the copies.
    pub fn key_groups(&self) -> KeyGroups {
        self.seed.groups
    }

    /// Opens the source: this task reads every `parallelism`-th split.
    ///
    /// # Errors
    /// If the splits cannot be listed, or the chain has a source already.
    pub fn source<S: Source>(&mut self, source: &Arc<S>) -> Result<Handle<SourceTask<S>>, Failure> {
        if self.handles.source.is_some() || !self.seed.inputs.is_empty() {
            return Err(Failure::new(
                "a chain reads either one source or exchanges\nhelp: this is a defect of the compiler, please report it",
            ));
        }
        let name = self.name_of(source, "source");
        if let Some(connectors) = &mut self.surveyed {
            connectors.insert((Connector::Source, name.clone()), source.parameters());
        }
        let seed = &self.seed;
        let fed = self.hands.as_ref().and_then(|hands| {
            let address = Label::address_of(source);
            hands.source::<S::Record>(address, (seed.chain, seed.task), seed.parallelism)
        });
        // A source that a test feeds need not exist.
        if fed.is_none() {
            let described = seed.recovery.describe(Connector::Source, &name, source.parameters());
            described.map_err(Failure::new)?;
        }
        let restored =
            seed.recovery.restored.as_ref().and_then(|restored| restored.sources.get(&name));
        let mine = match (&fed, restored) {
            (None, _) if self.surveyed.is_some() => TaskSplits::New(Vec::new()),
            // The test's own: what the source would read need not exist.
            (Some(_), None) => TaskSplits::New(Vec::new()),
            (Some(fed), Some(splits)) => TaskSplits::Restored(fed.go_on(splits)),
            (None, Some(splits)) => {
                let divided = redivided(&**source, splits, seed.parallelism);
                TaskSplits::Restored(seed.share(&divided.map_err(Failure::new)?))
            }
            (None, None) => {
                let all = seed.splits.list(seed.chain, || source.splits(seed.parallelism));
                TaskSplits::New(seed.share(&all.map_err(Failure::new)?))
            }
        };
        let waker =
            Arc::new(SourceWaker { ready: AtomicBool::new(true), signal: seed.signal.clone() });
        let task = SourceTask::new(source.clone(), name, mine, waker, fed);
        let handle = Rc::new(RefCell::new(task));
        self.handles.source = Some(handle.clone());
        Ok(handle)
    }

    /// What a connector is called: what tests call it, too.
    fn name_of<S>(&self, connector: &Arc<S>, otherwise: &str) -> String {
        let address = Label::address_of(connector);
        let label = self.seed.labels.iter().find(|label| label.address == address);
        label.map_or_else(|| format!("{otherwise}/{}", self.seed.chain), |label| label.name.clone())
    }

    /// Opens the sink's writer.
    ///
    /// # Errors
    /// If the target cannot be opened.
    pub fn sink<T: Record, S: Sink<T>>(
        &mut self,
        sink: &Arc<S>,
    ) -> Result<Handle<SinkTask<T, S>>, Failure> {
        if let Some(hands) = &self.hands {
            let address = Label::address_of(sink);
            if let Some(taken) = hands.sink::<T>(address, (self.seed.chain, self.seed.task)) {
                let blocked = self.stage.blocked.clone();
                let name = self.name_of(sink, "sink");
                let task = SinkTask::new(name, None, blocked, Some(taken));
                let handle = Rc::new(RefCell::new(task));
                self.handles.sinks.push(handle.clone());
                return Ok(handle);
            }
        }
        let name = self.name_of(sink, "sink");
        if let Some(connectors) = &mut self.surveyed {
            connectors.insert((Connector::Sink, name.clone()), sink.parameters());
            return Ok(self.add_sink(name, None));
        }
        let recovery = &self.seed.recovery;
        recovery.describe(Connector::Sink, &name, sink.parameters()).map_err(Failure::new)?;
        if let Some(checkpoints) = &recovery.checkpoints {
            checkpoints.committers.open(&name, sink).map_err(Failure::new)?;
        }
        let writer = sink.open(self.seed.task, self.seed.parallelism).map_err(Failure::new)?;
        Ok(self.add_sink(name, Some(writer)))
    }

    /// Opens the writer of a sink that takes part only if a condition held when the plan was built.
    ///
    /// # Errors
    /// If the target cannot be opened.
    pub fn optional_sink<T: Record, S: Sink<T>>(
        &mut self,
        sink: &Option<Arc<S>>,
    ) -> Result<Handle<SinkTask<T, S>>, Failure> {
        match sink {
            Some(sink) => self.sink(sink),
            None => Ok(self.add_sink(String::new(), None)),
        }
    }

    fn add_sink<T: Record, S: Sink<T>>(
        &mut self,
        name: String,
        writer: Option<S::Writer>,
    ) -> Handle<SinkTask<T, S>> {
        let blocked = self.stage.blocked.clone();
        let handle = Rc::new(RefCell::new(SinkTask::new(name, writer, blocked, None)));
        self.handles.sinks.push(handle.clone());
        handle
    }

    /// The reading end of an exchange.
    ///
    /// # Panics
    /// If the chain's spec does not name it among its inputs.
    pub fn input<T: Record>(&mut self, edge: Edge<T>) -> Input<T> {
        let index = self.seed.inputs.iter().position(|&(id, _)| id == edge.id());
        Input::new(index.unwrap_or_else(|| panic!("{:?} is not among the inputs", edge.id())))
    }

    /// The writing end of an exchange whose time is that of the chain's input.
    ///
    /// # Panics
    /// If the chain's spec does not name it among its outputs, or it was taken already.
    pub fn output<T: Record>(&mut self, edge: Edge<T>) -> Handle<Output<T>> {
        self.add_output(edge, self.clock)
    }

    /// Opens a part of the chain whose outputs follow these generators, unless they have others of their own.
    ///
    /// # Panics
    /// If the generators are another task's.
    pub fn clocked<R>(
        &mut self,
        watermarks: &Handle<Watermarks>,
        open: impl FnOnce(&mut TaskContext) -> R,
    ) -> R {
        let clock = Some(self.index_of(watermarks));
        let outer = std::mem::replace(&mut self.clock, clock);
        let opened = open(self);
        self.clock = outer;
        opened
    }

    fn index_of(&self, watermarks: &Handle<Watermarks>) -> usize {
        let mut known = self.handles.watermarks.iter();
        known.position(|known| Rc::ptr_eq(known, watermarks)).expect("watermarks of this task")
    }

    /// The writing end of an exchange whose time these generators make.
    ///
    /// # Panics
    /// As [`output`](TaskContext::output), or if the generators are another task's.
    pub fn timed_output<T: Record>(
        &mut self,
        edge: Edge<T>,
        watermarks: &Handle<Watermarks>,
    ) -> Handle<Output<T>> {
        self.add_output(edge, Some(self.index_of(watermarks)))
    }

    fn add_output<T: Record>(
        &mut self,
        edge: Edge<T>,
        watermarks: Option<usize>,
    ) -> Handle<Output<T>> {
        let end = self.seed.outputs.remove(&edge.id());
        let end = end.unwrap_or_else(|| panic!("{:?} is not among the outputs", edge.id()));
        let output = Output::new(end, self.seed.task, self.stage.blocked.clone());
        let output = Rc::new(RefCell::new(output));
        self.handles.outputs.push(TimedOutput { output: output.clone(), watermarks });
        output
    }

    /// Watermark generators, one per split of the source or channel of the inputs.
    pub fn watermarks(&mut self, strategy: Strategy) -> Handle<Watermarks> {
        let splits = match &self.handles.source {
            Some(source) => source.borrow().splits(),
            None => self.seed.inputs.iter().map(|&(_, channels)| channels).sum(),
        };
        let mut watermarks = Watermarks::new(strategy, splits);
        if self.hands.as_ref().is_some_and(|hands| hands.only_fed_watermarks()) {
            watermarks.only_raised();
        }
        watermarks.join(&self.seed.alignments, self.seed.signal.clone().into());
        let handle = Rc::new(RefCell::new(watermarks));
        self.handles.watermarks.push(handle.clone());
        handle
    }

    /// The time to live of the operator of this id: as the pipeline says, unless the configuration changes its length.
    pub fn ttl(&self, id: impl AsRef<str>, ttl: Ttl) -> Ttl {
        self.seed.ttls.get(id.as_ref()).map_or(ttl, |span| ttl.lasting(*span))
    }

    /// State under an id that is unique in the pipeline; the empty id for what is never in a snapshot.
    pub fn state<S: State + 'static>(&mut self, id: impl Into<String>, state: S) -> Handle<S> {
        let handle = Rc::new(RefCell::new(state));
        self.handles.states.push((id.into(), handle.clone()));
        handle
    }

    /// The `async_map` of the chain.
    ///
    /// # Errors
    /// If the threads that futures run on cannot be started, or the chain has an `async_map` already.
    pub fn asynchronous<T: Record, R: Record>(
        &mut self,
        id: impl Into<String>,
        options: &AsyncOptions,
    ) -> Result<Handle<AsyncMap<T, R>>, Failure> {
        if self.handles.awaited.is_some() {
            return Err(Failure::new(
                "a chain has one `async_map` at most\nhelp: this is a defect of the compiler, please report it",
            ));
        }
        let seed = &self.seed;
        let runtime =
            seed.shared.runtime.handle().map_err(|error| Failure::new(Box::new(error)))?;
        let (signal, blocked) = (seed.signal.clone(), self.stage.blocked.clone());
        let map = AsyncMap::new(options.clone(), runtime, signal, blocked, seed.max_record_output);
        let handle = self.state(id, map);
        self.handles.awaited = Some(handle.clone());
        Ok(handle)
    }

    /// A scratch batch.
    pub fn scratch<T: Record>(&mut self) -> Handle<Scratch<T>> {
        Rc::new(RefCell::new(Scratch::new(self.seed.max_record_output)))
    }

    /// A scratch batch for what a process function emits: with much in it, the turn goes no further.
    pub fn emissions<T: Record>(&self) -> Scratch<T> {
        Scratch::stopping(self.seed.max_record_output, self.stage.blocked.clone())
    }
}
