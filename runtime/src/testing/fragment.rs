//! Fragments under test.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::Pipeline;
use crate::connector::{
    Discard, OpenSource, Position, Reader, Rejected, Source, SourceError, Split,
};
use crate::connector::{Fill, discard};
use crate::exchange::{Edge, Partition};
use crate::plan::{ChainSpec, EdgePlan, OperatorSpec, Plan};
use crate::record::Record;
use crate::task::{Failure, KitOptions, OpenSegment, Returned, Segment, Step, TaskContext, Turn};
use crate::time::{Timestamp, punctuated};

/// A fragment (`#[operator]`) to be tested by itself.
///
/// ```
/// use thalweg::prelude::*;
/// use thalweg::testing;
///
/// #[operator]
/// fn numbers(lines: Stream<String>, bad: Side<Failed<String>>, least: u64) -> Stream<u64> {
///     lines.try_map(|line| line.parse::<u64>()).errors_to(bad).filter(move |n| n >= least)
/// }
///
/// let mut t = testing::operator(numbers).with((testing::side("bad"), 10)).start();
/// let at = Timestamp::from_millis(5);
/// t.send(at, "12".to_owned()).send(at, "7".to_owned()).send(at, "many".to_owned());
/// assert_eq!(t.output(), [(at, 12)]);
/// assert_eq!(t.results::<Failed<String>>("bad")[0].record, "many");
/// ```
///
/// What a keyed stream (`Keyed<K, T>`) is given are pairs `(K, T)`.
pub fn operator<F, G, R, P>(fragment: F) -> OperatorSetup<F, G, R, P>
where
    F: Fragment<G, R, P>,
{
    OperatorSetup { fragment, types: PhantomData }
}

/// A fragment's function, with the types of what it is given, what it returns, and its parameters behind the stream.
pub trait Fragment<G, R, P> {
    /// Adds its chains to a plan.
    ///
    /// # Errors
    /// If its own statements fail.
    #[doc(hidden)]
    fn add(self, plan: &mut Plan, parameters: P) -> Result<(), Failure>;
}

/// An argument of a fragment as a test gives it: a value, or [`side`] for a `Side<T>`.
pub trait FragmentArgument<P> {
    /// What the fragment's function takes.
    #[doc(hidden)]
    fn give(self, plan: &mut Plan) -> P;
}

/// The arguments of a fragment as a test gives them, as a tuple.
pub trait FragmentArguments<P> {
    /// What the fragment's function takes.
    #[doc(hidden)]
    fn give(self, plan: &mut Plan) -> P;
}

impl<P> FragmentArgument<P> for P {
    fn give(self, _: &mut Plan) -> P {
        self
    }
}

/// A side that a test reads: see [`side`].
#[derive(Clone, Copy, Debug)]
pub struct SideOf(&'static str);

/// The argument for a `Side<T>`: what is sent there is read under this name.
pub fn side(name: &'static str) -> SideOf {
    SideOf(name)
}

impl<T: Record> FragmentArgument<Edge<T>> for SideOf {
    fn give(self, plan: &mut Plan) -> Edge<T> {
        let edge: Edge<T> =
            plan.edge(EdgePlan { partition: Partition::Forward, label: "record", key: None });
        let sink = plan.sink(discard(), self.0);
        let operators = vec![OperatorSpec::new("sink", "side", file!(), line!(), line!())];
        plan.chain(ChainSpec::new(operators, vec![edge.id()], Vec::new()), move |cx| {
            let (input, sink) = (cx.input(edge), cx.sink::<T, Discard>(&sink)?);
            Ok(move |turn: &mut Turn<'_>| {
                let sink = &mut *sink.borrow_mut();
                input.records(turn).try_for_each(|(time, record)| sink.write(time, record))
            })
        });
        edge
    }
}

/// What comes behind the fragment: everything is kept for the test.
#[doc(hidden)]
pub struct Rest<R> {
    sink: Arc<Discard>,
    record: PhantomData<fn() -> R>,
}

type Code<T> = Box<dyn FnMut(&mut Turn<'_>, Step<'_, T>) -> Result<(), Failure>>;

impl<R: Record> OpenSegment<R> for Rest<R> {
    type Code = Code<R>;
    fn open(&self, cx: &mut TaskContext) -> Result<Code<R>, Failure> {
        let sink = cx.sink::<R, Discard>(&self.sink)?;
        Ok(Box::new(move |_, step| match step {
            Step::Record(time, record) => sink.borrow_mut().write(time, record),
            Step::After => Ok(()),
        }))
    }
}

fn rest<R: Record>(plan: &mut Plan) -> Segment<Rest<R>> {
    let sink = plan.sink(discard(), "output");
    let operators = vec![OperatorSpec::new("sink", "output", file!(), line!(), line!())];
    let spec = ChainSpec::new(operators, Vec::new(), Vec::new());
    Segment { spec, open: Rest { sink, record: PhantomData } }
}

/// The chain that the fragment stands in: what the test sends, with its event times.
fn chain<G: Record, S: OpenSegment<G>>(plan: &mut Plan, segment: Segment<S>) {
    let source = plan.source(ByHand::<G>(PhantomData), "input");
    let Segment { spec, open } = segment;
    let first = OperatorSpec::new("source", "input", file!(), line!(), line!());
    let spec = ChainSpec::new(vec![first], Vec::new(), Vec::new()).followed_by(&spec);
    plan.chain(spec, move |cx| {
        let source = cx.source(&source)?;
        let watermarks = cx.watermarks(punctuated());
        let mut next = cx.clocked(&watermarks, |cx| open.open(cx))?;
        Ok(move |turn: &mut Turn<'_>| {
            let mut source = source.borrow_mut();
            for (time, record) in source.read(turn)? {
                next(turn, Step::Record(time, record))?;
            }
            next(turn, Step::After)
        })
    });
}

/// A source that nobody but a test reads.
struct ByHand<G>(PhantomData<fn() -> G>);

impl<G: Record> Source for ByHand<G> {
    type Record = (Timestamp, G);
    type Reader = Nothing<G>;
    fn name(&self) -> String {
        "input".to_owned()
    }
    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        Ok(Vec::new())
    }
    fn open(&self, _: OpenSource<'_>) -> Result<Nothing<G>, SourceError> {
        Ok(Nothing(PhantomData))
    }
}

struct Nothing<G>(PhantomData<fn() -> G>);

impl<G: Record> Reader for Nothing<G> {
    type Record = (Timestamp, G);
    type Batch = Vec<(Timestamp, G)>;
    fn fill(
        &mut self,
        _: &mut Self::Batch,
        _: usize,
        _: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        Ok(Fill::End)
    }
    fn position(&self) -> Position {
        Position(serde_json::Value::Null)
    }
    fn locate(&self, index: usize) -> String {
        format!("record {index}")
    }
}

macro_rules! fragments {
    ($(($($parameter:ident $given:ident)*))*) => { $(
        impl<F, G, R, S, $($parameter),*> Fragment<G, R, ($($parameter,)*)> for F
        where
            F: FnOnce(
                &mut Plan, &str, Returned<R>, Segment<Rest<R>>, $($parameter),*
            ) -> Result<Segment<S>, Failure>,
            G: Record,
            R: Record,
            S: OpenSegment<G>,
        {
            fn add(self, plan: &mut Plan, parameters: ($($parameter,)*)) -> Result<(), Failure> {
                #[allow(non_snake_case)] // A parameter's type doubles as its name.
                let ($($parameter,)*) = parameters;
                let rest = rest(plan);
                let segment = self(plan, "", Returned::new(), rest, $($parameter),*)?;
                chain(plan, segment);
                Ok(())
            }
        }

        impl<$($parameter, $given: FragmentArgument<$parameter>),*>
            FragmentArguments<($($parameter,)*)> for ($($given,)*)
        {
            #[allow(unused_variables, clippy::unused_unit)] // Of a fragment without parameters.
            fn give(self, plan: &mut Plan) -> ($($parameter,)*) {
                #[allow(non_snake_case)] // A parameter's type doubles as its name.
                let ($($given,)*) = self;
                ($($given.give(plan),)*)
            }
        }
    )* };
}

fragments! { () (A X) (A X B Y) (A X B Y C Z) (A X B Y C Z D V) (A X B Y C Z D V E W) }

/// What a fragment is given, what it returns, its parameters behind the stream.
type Types<G, R, P> = PhantomData<fn() -> (G, R, P)>;

/// A fragment under test that was not started yet.
pub struct OperatorSetup<F, G, R, P> {
    fragment: F,
    types: Types<G, R, P>,
}

impl<F, G, R, P> OperatorSetup<F, G, R, P>
where
    F: Fragment<G, R, P>,
    G: Record,
    R: Record,
{
    /// With what it takes behind the stream, as a tuple: values, and [`side`] for sides.
    pub fn with<A: FragmentArguments<P>>(self, arguments: A) -> OperatorReady<F, G, R, P, A> {
        let kit = KitOptions { only_fed_watermarks: true, ..KitOptions::default() };
        OperatorReady { fragment: self.fragment, arguments, kit, types: PhantomData }
    }
}

impl<F, G, R> OperatorSetup<F, G, R, ()>
where
    F: Fragment<G, R, ()>,
    G: Record,
    R: Record,
{
    /// Starts it.
    ///
    /// # Panics
    /// If it cannot be started.
    #[track_caller]
    pub fn start(self) -> Operator<G, R> {
        self.with(()).start()
    }
}

/// A fragment under test with its arguments.
pub struct OperatorReady<F, G, R, P, A> {
    fragment: F,
    arguments: A,
    kit: KitOptions,
    types: Types<G, R, P>,
}

impl<F, G, R, P, A> OperatorReady<F, G, R, P, A>
where
    F: Fragment<G, R, P>,
    G: Record,
    R: Record,
    A: FragmentArguments<P>,
{
    /// Tasks per chain; one if not set.
    #[must_use]
    pub fn parallelism(mut self, parallelism: usize) -> Self {
        self.kit.options.parallelism = parallelism;
        self
    }

    /// Tasks process this many records at a time.
    #[must_use]
    pub fn batch(mut self, records: usize) -> Self {
        self.kit.batch = Some(records.max(1));
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// If it cannot be started.
    #[track_caller]
    pub fn start(self) -> Operator<G, R> {
        let (fragment, arguments) = (self.fragment, self.arguments);
        let plan = Plan::build(|plan| {
            let parameters = arguments.give(plan);
            fragment.add(plan, parameters)
        });
        let plan = plan.unwrap_or_else(|failure| panic!("the fragment cannot be built: {failure}"));
        match Pipeline::new(plan, self.kit) {
            Ok(pipeline) => Operator { pipeline, types: PhantomData },
            Err(error) => panic!("the fragment cannot be started: {error}"),
        }
    }
}

/// A fragment that a test drives. What it does not offer itself is that of a [`Pipeline`], with the source `input` and
/// the sinks `output` and the names of the sides.
pub struct Operator<G, R> {
    pipeline: Pipeline,
    types: PhantomData<fn() -> (G, R)>,
}

impl<G: Record, R: Record> Operator<G, R> {
    /// Sends a record with its event time; [`Timestamp::MIN`] for a stream without.
    #[track_caller]
    pub fn send(&mut self, time: Timestamp, record: G) -> &mut Operator<G, R> {
        self.pipeline.send("input", (time, record));
        self
    }

    /// Sends several records before anything is done with the first.
    #[track_caller]
    pub fn send_all(
        &mut self,
        records: impl IntoIterator<Item = (Timestamp, G)>,
    ) -> &mut Operator<G, R> {
        self.pipeline.send_all("input", records);
        self
    }

    /// Says that nothing with a timestamp at or below `time` will come any more.
    #[track_caller]
    pub fn watermark(&mut self, time: Timestamp) -> &mut Operator<G, R> {
        self.pipeline.watermark("input", time);
        self
    }

    /// What the fragment returned since the last look, with event times.
    #[track_caller]
    pub fn output(&mut self) -> Vec<(Timestamp, R)> {
        self.pipeline.output("output")
    }
}

impl<G, R> Deref for Operator<G, R> {
    type Target = Pipeline;
    fn deref(&self) -> &Pipeline {
        &self.pipeline
    }
}

impl<G, R> DerefMut for Operator<G, R> {
    fn deref_mut(&mut self) -> &mut Pipeline {
        &mut self.pipeline
    }
}
