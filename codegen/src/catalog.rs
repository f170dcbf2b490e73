//! The operators: name, arguments, what they need before them. Every pass reads its facts here; none matches on names.

use crate::ir::{Hook, Stateless};

/// One operator.
#[derive(Debug)]
pub struct Operator {
    /// Its name.
    pub name: &'static str,
    /// Its arguments, in order.
    pub args: &'static [Arg],
    /// How to call it, for messages.
    pub usage: &'static str,
    /// What it is.
    pub kind: Kind,
}

/// What an argument must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg {
    /// A closure of so many parameters, or the path of a function.
    Closure(usize),
    /// Any expression.
    Value,
    /// A stream.
    Stream,
    /// The name of a side.
    Side,
}

/// An aggregate of §3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AggregateKind {
    /// Its name in the language and its constructor in the runtime.
    pub name: &'static str,
    /// What one record adds.
    pub adds: Adds,
    /// Exact, commutative and associative whatever the types: floats are told apart by type, in the runtime.
    pub combines: bool,
}

/// What an aggregate adds per record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adds {
    /// Nothing but that there was one.
    Unit,
    /// What its closure returns.
    Value,
    /// The record.
    Record,
    /// What its closure returns, and the record.
    ValueAndRecord,
}

/// What an operator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One record in, none or some out, no state.
    Stateless(Stateless),
    /// The same, with a closure that returns a `Result`.
    Fallible(Stateless),
    /// Hands the next closure the record itself.
    Owned,
    /// Splits in two.
    Partition,
    /// Merges two streams.
    Union,
    /// Partitions by key.
    KeyBy,
    /// Another exchange.
    Exchange(ExchangeKind),
    /// `partition_by`: the user says which task.
    PartitionBy,
    /// Takes timestamps; `watermarks` must follow.
    EventTime,
    /// Completes `event_time`.
    Watermarks,
    /// Completes `event_time` where records bring watermarks themselves.
    Punctuated,
    /// Processing time from here on.
    ProcessingTime,
    /// Windows per key.
    Window,
    /// Windows over all keys.
    WindowAll,
    /// `offset`, `allowed_lateness`.
    WindowOption,
    /// `late_to`.
    LateTo,
    /// `gap` of a dynamic session.
    Gap,
    /// One aggregate.
    Aggregate(AggregateKind),
    /// Several aggregates as an expression.
    AggregateExpression,
    /// `reduce`.
    Reduce,
    /// `fold`.
    Fold,
    /// `async_map`.
    AsyncMap,
    /// A word behind `async_map`.
    AsyncOption,
    /// `trigger`, `evictor` and their kin.
    Firing(FiringWord),
    /// `apply`.
    Apply,
    /// `process`.
    Process,
    /// `on_event`, `on_timer`, `on_end`.
    ProcessHook(Hook),
    /// `dedup`.
    Dedup,
    /// `connect`.
    Connect,
    /// `broadcast_by`.
    BroadcastBy,
    /// `errors_to`.
    ErrorsTo,
    /// `or_skip`.
    OrSkip,
    /// `uid`, `name`, `parallelism`, `ttl`, `buffer_timeout`.
    Modifier,
    /// `join` and its kin: `on` and a bound must follow.
    Join(JoinKind),
    /// `on`.
    On,
    /// `within`.
    Within,
    /// `as_of`.
    AsOf,
    /// `late_left_to`, `late_right_to`: the number of the side.
    LateSide(usize),
    /// `apply` behind `co_group`.
    ApplyGroups,
    /// The end.
    Sink,
}

/// What is said of a window's trigger and evictor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FiringWord {
    /// `trigger`.
    Trigger,
    /// `delta_trigger`.
    DeltaTrigger,
    /// `purging`, behind it.
    Purging,
    /// `evictor`.
    Evictor,
    /// `delta_evictor`.
    DeltaEvictor,
}

/// Which rows a join yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// Pairs.
    Inner,
    /// Pairs, and left records without a partner.
    Left,
    /// Pairs, and right records without a partner.
    Right,
    /// Pairs, and records of either side without a partner.
    Full,
    /// Whatever its function makes of both sides of a key.
    CoGroup,
}

/// Exchanges without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeKind {
    /// In turn.
    Rebalance,
    /// Every record to every task.
    Broadcast,
    /// Every record to task 0.
    Global,
}

use Arg::{Closure, Side, Stream, Value};

const fn op(name: &'static str, args: &'static [Arg], usage: &'static str, kind: Kind) -> Operator {
    Operator { name, args, usage, kind }
}

const fn aggregate(
    name: &'static str,
    args: &'static [Arg],
    usage: &'static str,
    adds: Adds,
    combines: bool,
) -> Operator {
    op(name, args, usage, Kind::Aggregate(AggregateKind { name, adds, combines }))
}

/// All operators, in the order of the manual.
pub const OPERATORS: &[Operator] = &[
    op("map", &[Closure(1)], ".map(|x| ..)", Kind::Stateless(Stateless::Map)),
    op("filter", &[Closure(1)], ".filter(|x| ..)", Kind::Stateless(Stateless::Filter)),
    op("filter_map", &[Closure(1)], ".filter_map(|x| ..)", Kind::Stateless(Stateless::FilterMap)),
    op("flat_map", &[Closure(1)], ".flat_map(|x| ..)", Kind::Stateless(Stateless::FlatMap)),
    op("inspect", &[Closure(1)], ".inspect(|x| ..)", Kind::Stateless(Stateless::Inspect)),
    op("owned", &[], ".owned()", Kind::Owned),
    op("union", &[Stream], ".union(other)", Kind::Union),
    op("partition", &[Closure(1)], ".partition(|x| ..)", Kind::Partition),
    op("try_map", &[Closure(1)], ".try_map(|x| ..)", Kind::Fallible(Stateless::Map)),
    op(
        "try_filter_map",
        &[Closure(1)],
        ".try_filter_map(|x| ..)",
        Kind::Fallible(Stateless::FilterMap),
    ),
    op("try_flat_map", &[Closure(1)], ".try_flat_map(|x| ..)", Kind::Fallible(Stateless::FlatMap)),
    op("async_map", &[Closure(1)], ".async_map(|x| async move { .. })", Kind::AsyncMap),
    op("ordered", &[], ".ordered()", Kind::AsyncOption),
    op("unordered", &[], ".unordered()", Kind::AsyncOption),
    op("capacity", &[Value], ".capacity(100)", Kind::AsyncOption),
    op("timeout", &[Value], ".timeout(secs(5))", Kind::AsyncOption),
    op("retry", &[Value], ".retry(fixed_delay(3, millis(100)))", Kind::AsyncOption),
    op("cache", &[Value, Value, Closure(1)], ".cache(10_000, mins(5), |x| ..)", Kind::AsyncOption),
    op("errors_to", &[Side], ".errors_to(side)", Kind::ErrorsTo),
    op("or_skip", &[], ".or_skip()", Kind::OrSkip),
    op("key_by", &[Closure(1)], ".key_by(|x| ..)", Kind::KeyBy),
    op("rebalance", &[], ".rebalance()", Kind::Exchange(ExchangeKind::Rebalance)),
    op("rescale", &[], ".rescale()", Kind::Exchange(ExchangeKind::Rebalance)),
    op("broadcast", &[], ".broadcast()", Kind::Exchange(ExchangeKind::Broadcast)),
    op("global", &[], ".global()", Kind::Exchange(ExchangeKind::Global)),
    op("partition_by", &[Closure(1)], ".partition_by(|x| ..)", Kind::PartitionBy),
    op("event_time", &[Closure(1)], ".event_time(|x| ..)", Kind::EventTime),
    op("watermarks", &[Value], ".watermarks(bounded(secs(5)))", Kind::Watermarks),
    op("punctuated", &[Closure(1)], ".punctuated(|x| ..)", Kind::Punctuated),
    op("processing_time", &[], ".processing_time()", Kind::ProcessingTime),
    op("window", &[Value], ".window(tumbling(mins(5)))", Kind::Window),
    op("window_all", &[Value], ".window_all(tumbling(mins(5)))", Kind::WindowAll),
    op("offset", &[Value], ".offset(mins(1))", Kind::WindowOption),
    op("allowed_lateness", &[Value], ".allowed_lateness(mins(1))", Kind::WindowOption),
    op("late_to", &[Side], ".late_to(side)", Kind::LateTo),
    op("trigger", &[Value], ".trigger(trigger::count(100))", Kind::Firing(FiringWord::Trigger)),
    op(
        "delta_trigger",
        &[Value, Closure(2)],
        ".delta_trigger(d, |old, new| ..)",
        Kind::Firing(FiringWord::DeltaTrigger),
    ),
    op("purging", &[], ".purging()", Kind::Firing(FiringWord::Purging)),
    op("evictor", &[Value], ".evictor(evictor::count(100))", Kind::Firing(FiringWord::Evictor)),
    op(
        "delta_evictor",
        &[Value, Closure(2)],
        ".delta_evictor(d, |old, new| ..)",
        Kind::Firing(FiringWord::DeltaEvictor),
    ),
    op("gap", &[Closure(1)], ".gap(|x| ..)", Kind::Gap),
    aggregate("count", &[], ".count()", Adds::Unit, true),
    aggregate("sum", &[Closure(1)], ".sum(|x| ..)", Adds::Value, true),
    aggregate("wrapping_sum", &[Closure(1)], ".wrapping_sum(|x| ..)", Adds::Value, true),
    aggregate("avg", &[Closure(1)], ".avg(|x| ..)", Adds::Value, true),
    aggregate("min", &[Closure(1)], ".min(|x| ..)", Adds::Value, true),
    aggregate("max", &[Closure(1)], ".max(|x| ..)", Adds::Value, true),
    aggregate("min_by", &[Closure(1)], ".min_by(|x| ..)", Adds::ValueAndRecord, false),
    aggregate("max_by", &[Closure(1)], ".max_by(|x| ..)", Adds::ValueAndRecord, false),
    aggregate("first", &[], ".first()", Adds::Record, false),
    aggregate("last", &[], ".last()", Adds::Record, false),
    aggregate("to_vec", &[], ".to_vec()", Adds::Record, false),
    aggregate("count_distinct", &[Closure(1)], ".count_distinct(|x| ..)", Adds::Value, true),
    aggregate(
        "approx_count_distinct",
        &[Closure(1)],
        ".approx_count_distinct(|x| ..)",
        Adds::Value,
        true,
    ),
    aggregate("quantile", &[Value, Closure(1)], ".quantile(0.99, |x| ..)", Adds::Value, true),
    aggregate("top", &[Value, Closure(1)], ".top(n, |x| ..)", Adds::ValueAndRecord, false),
    op("aggregate", &[Closure(1)], ".aggregate(|w| ..)", Kind::AggregateExpression),
    op("reduce", &[Closure(2)], ".reduce(|a, b| ..)", Kind::Reduce),
    op("fold", &[Value, Closure(2)], ".fold(init, |acc, x| ..)", Kind::Fold),
    op("apply", &[Closure(3)], ".apply(|w, events, out| ..)", Kind::Apply),
    op("process", &[Value], ".process(State::default)", Kind::Process),
    op("on_event", &[Closure(3)], ".on_event(|state, e, cx| ..)", Kind::ProcessHook(Hook::Event)),
    op("on_timer", &[Closure(3)], ".on_timer(|state, at, cx| ..)", Kind::ProcessHook(Hook::Timer)),
    op("connect", &[Stream], ".connect(other)", Kind::Connect),
    op("broadcast_by", &[Closure(1)], ".broadcast_by(|rule| rule.id)", Kind::BroadcastBy),
    op("on_left", &[Closure(3)], ".on_left(|state, e, cx| ..)", Kind::ProcessHook(Hook::Left)),
    op("on_right", &[Closure(3)], ".on_right(|state, e, cx| ..)", Kind::ProcessHook(Hook::Right)),
    op(
        "on_broadcast",
        &[Closure(3)],
        ".on_broadcast(|rules, rule, cx| ..)",
        Kind::ProcessHook(Hook::Broadcast),
    ),
    op("on_end", &[Closure(2)], ".on_end(|state, cx| ..)", Kind::ProcessHook(Hook::End)),
    op("dedup", &[], ".dedup()", Kind::Dedup),
    op("uid", &[Value], ".uid(\"name\")", Kind::Modifier),
    op("name", &[Value], ".name(\"text\")", Kind::Modifier),
    op("parallelism", &[Value], ".parallelism(n)", Kind::Modifier),
    op("ttl", &[Value], ".ttl(hours(1))", Kind::Modifier),
    op("buffer_timeout", &[Value], ".buffer_timeout(millis(5))", Kind::Modifier),
    op("join", &[Stream], ".join(other)", Kind::Join(JoinKind::Inner)),
    op("left_join", &[Stream], ".left_join(other)", Kind::Join(JoinKind::Left)),
    op("right_join", &[Stream], ".right_join(other)", Kind::Join(JoinKind::Right)),
    op("full_join", &[Stream], ".full_join(other)", Kind::Join(JoinKind::Full)),
    op("co_group", &[Stream], ".co_group(other)", Kind::Join(JoinKind::CoGroup)),
    op("on", &[Closure(1), Closure(1)], ".on(|left| .., |right| ..)", Kind::On),
    op("within", &[Value], ".within(-mins(10)..=mins(0))", Kind::Within),
    op("as_of", &[], ".as_of()", Kind::AsOf),
    op("late_left_to", &[Side], ".late_left_to(side)", Kind::LateSide(0)),
    op("late_right_to", &[Side], ".late_right_to(side)", Kind::LateSide(1)),
    op("sink", &[Value], ".sink(print())", Kind::Sink),
];

/// Aggregates of one's own, in `aggregate(|w| ..)` only: `w.with(MyAggregate, |x| ..)`.
pub const WITH: Operator =
    aggregate("with", &[Value, Closure(1)], ".with(MyAggregate, |x| ..)", Adds::Value, true);

/// `apply` of a `co_group`, which is given two sides.
pub static APPLY_GROUPS: Operator =
    op("apply", &[Closure(4)], ".apply(|w, lefts, rights, out| ..)", Kind::ApplyGroups);

/// Finds an operator.
pub fn find(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name)
}

/// All names.
pub fn names() -> impl Iterator<Item = &'static str> {
    OPERATORS.iter().map(|operator| operator.name)
}

/// Finds an aggregate that `w` can be asked for.
pub fn find_aggregate(name: &str) -> Option<(&'static Operator, AggregateKind)> {
    static OWN: Operator = WITH;
    let operator = if name == WITH.name { &OWN } else { find(name)? };
    match operator.kind {
        Kind::Aggregate(kind) => Some((operator, kind)),
        _ => None,
    }
}

/// The words of windows.
pub const WINDOWS: &[&str] = &[
    "tumbling",
    "sliding",
    "session",
    "dynamic_session",
    "global_window",
    "tumbling_count",
    "sliding_count",
];
