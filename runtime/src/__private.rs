//! What emitted code needs. Not for users: anything here may change in any version.

// Records (`#[record]`).
pub use crate::record::{
    Arena, Element, Emit, Key, KeyBytes, Layout, Ranked, Record, Root, SliceView, Validator, View,
    check_field, check_tag, unknown_tag,
};
pub use {rkyv, serde};

// Jobs (`#[pipeline]`, `#[args]`).
pub use crate::exchange::Partition;
pub use crate::job::{Args, Arguments, Definition, Parameter};
pub use crate::operator::Aggregate;
pub use crate::plan::{ChainSpec, EdgePlan, OperatorSpec, Plan};
pub use crate::record::apply;
pub use crate::task::{Failure, TaskContext, Turn};
pub use crate::time::Timestamp;
