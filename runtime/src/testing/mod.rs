//! Testing pipelines: fed and read by hand, on the test's own thread, with a clock that stands still.
//!
//! [`pipeline`] starts a pipeline's real chains, at any parallelism, without threads: records, watermarks and idleness
//! come from the test instead of the sources, what would be written comes back to it instead of going to the sinks, and
//! processing time goes on when the test says so. Every call runs until nothing is left to do, so that a test sees what
//! its last step led to, the same on every machine.
//!
//! ```
//! use thalweg::prelude::*;
//! use thalweg::testing;
//!
//! #[record]
//! #[derive(Debug, PartialEq)]
//! struct Order { customer: u64, price: u64, at: Timestamp }
//!
//! #[pipeline]
//! fn revenue(input: String) {
//!     let orders: Stream<Order> = source(files(input).csv());
//!     let late = side();
//!     let sums = orders
//!         .event_time(|order| order.at)
//!         .watermarks(bounded(secs(5)))
//!         .key_by(|order| order.customer)
//!         .window(tumbling(mins(1)))
//!         .late_to(late)
//!         .sum(|order| order.price);
//!     sums.map(|sum| (sum.key, sum.value)).sink(print());
//!     late.sink(print());
//! }
//!
//! let at = Timestamp::from_millis;
//! let mut t = testing::pipeline(revenue).arg("input", "not read").start();
//! t.send("orders", Order { customer: 7, price: 30, at: at(10_000) });
//! t.send("orders", Order { customer: 7, price: 12, at: at(59_999) });
//! assert_eq!(t.output::<(u64, u64)>("sums"), [], "the minute is not over");
//!
//! t.watermark("orders", at(60_000));
//! assert_eq!(t.output::<(u64, u64)>("sums"), [(at(59_999), (7, 42))]);
//!
//! t.send("orders", Order { customer: 7, price: 1, at: at(0) });
//! assert_eq!(t.results::<Order>("late").len(), 1);
//! assert_eq!(t.state("sums/window/0").entries, 0);
//! ```
//!
//! # Names
//! A source is called what its `.name(..)` says, else its `.uid(..)`, else the binding that its statement makes (`let
//! orders = source(..)`), else `source`. A sink is called what the `.name(..)` or `.uid(..)` of the operator before it
//! says, else the stream or side that its statement starts from (`late.map(..).sink(..)`), else `sink`. The second of a
//! kind with the same name is `sink/1`, the third `sink/2`. A wrong name is answered with those that there are. States
//! are addressed by the ids that `plan` shows.
//!
//! # Time
//! The pipeline's own watermarks work as in production, and [`watermark`](Pipeline::watermark) lets a source's reach a
//! point whatever its records say; with [`only_fed_watermarks`](Setup::only_fed_watermarks) nothing else does.
//! Processing time starts at the epoch, or where [`processing_time`](Setup::processing_time) says, and
//! [`advance`](Pipeline::advance) lets it pass: timers fire one after the other, each at its own time. Futures of
//! `async_map` run as in production, and every call waits for their answers.
//!
//! # Checkpoints and crashes
//! [`checkpoint`](Pipeline::checkpoint) takes a snapshot as in production: barriers go through the real tasks, which save
//! and later restore their state by the same code, only that it is kept in memory. [`crash_and_restore`] throws all tasks
//! away and goes on from there, [`rescale`](Pipeline::rescale) with another parallelism.
//!
//! ```
//! # use thalweg::prelude::*;
//! # use thalweg::testing;
//! # #[pipeline]
//! # fn totals() {
//! let numbers: Stream<(u64, u64)> = source(collection(Vec::<(u64, u64)>::new()));
//! let sums = numbers.key_by(|(key, _)| key).sum(|(_, n)| n);
//! sums.map(|sum| (sum.key, sum.value)).sink(discard());
//! # }
//! let mut t = testing::pipeline(totals).start();
//! t.send("numbers", (1u64, 10u64)).checkpoint();
//! t.send("numbers", (1u64, 5u64));
//! assert_eq!(t.results::<(u64, u64)>("sums"), [(1, 10), (1, 15)]);
//!
//! t.crash_and_restore();
//! assert_eq!(t.results::<(u64, u64)>("sums"), [], "the 15 was computed again, and written once");
//! t.rescale(4).send("numbers", (1u64, 1u64));
//! assert_eq!(t.results::<(u64, u64)>("sums"), [(1, 16)]);
//! ```
//!
//! The pipeline is tested with sources that can be read again and sinks that write exactly once. What the test has sent
//! since the checkpoint is sent again, and what it has said of time, and the passing of processing time, which goes back to
//! the checkpoint. What a sink was given since then is lost and is given again; the test reads it once, so that a test
//! reads the same whether there is a crash or not, and wherever it is: crashes can be put anywhere into a test that there
//! is. For that it must be given again: a record that the test has read, no checkpoint had, and that does not come again
//! is told as a failure.
//!
//! Not the same are counters and other metrics, which count what is processed again or begin anew with the tasks,
//! [`late`](Pipeline::late) among them, and how long the splits of a source were silent that are to be idle then. A split
//! that became active again holds back time behind a crash, even if it was behind the others: as after a restart in
//! production.
//!
//! # Many runs
//! [`explore`] runs a test again and again, each time with checkpoints and crashes elsewhere, and [`simulation`] runs
//! whole jobs, connectors included, with everything that can go wrong.
//!
//! [`crash_and_restore`]: Pipeline::crash_and_restore

mod explore;
mod fragment;
mod log;
mod pipeline;
mod place;
mod restore;
mod setup;
pub mod simulation;

pub use crate::task::StateSize;
pub use explore::{Explorer, explore};
pub use fragment::{
    Fragment, FragmentArgument, FragmentArguments, Operator, OperatorReady, OperatorSetup, SideOf,
    operator, side,
};
pub use pipeline::Pipeline;
pub use place::Place;
pub use setup::{Setup, pipeline};
