//! The intermediate representation: a graph of operators, and its printed form, the test language of every pass.

mod general;
mod graph;
mod join;
mod print;
mod process;

pub use general::{Evictor, Firing, GeneralOp, Trigger, WindowBody};
pub use graph::{
    AggregateCall, AggregateResult, Aggregation, AsyncMap, Binding, Condition, Graph, Modifiers,
    Node, NodeId, OnError, Op, Site, Stateless, Step,
};
pub use join::{Join, JoinBound};
pub use print::print;
pub use process::{Hook, ProcessInputs, ProcessOp};
