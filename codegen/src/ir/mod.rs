//! The intermediate representation: a graph of operators, and its printed form, the test language of every pass.

mod graph;
mod print;

pub use graph::{
    AggregateCall, AggregateResult, Aggregation, AsyncMap, Binding, Condition, Graph, Modifiers,
    Node, NodeId, OnError, Op, Site, Stateless, Step,
};
pub use print::print;
