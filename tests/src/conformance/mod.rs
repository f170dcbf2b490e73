//! Conformance with Apache Flink: scripts of events, and what Flink's own operators answered to them.
//!
//! A case is a configuration, steps and the recorded output. It is replayed through a pipeline that does the same, run by
//! `thalweg::testing`: each step is fed by hand, and what it led to is compared with what Flink recorded for that step:
//! watermarks and idle marks in their order, records as a multiset between them, in order where the case says that its
//! order is determined.
//!
//! What may differ has a name: see [`differences`]. Nothing depends on a case's id.

mod case;
mod compare;
pub mod differences;
mod lenient;
mod pipelines;
mod replay;
mod report;

pub use case::{Case, cases_of};
pub use report::{Report, Verdict, judge, run_folder};
