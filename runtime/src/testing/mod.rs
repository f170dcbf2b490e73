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

mod fragment;
mod pipeline;
mod place;
mod setup;

pub use crate::task::StateSize;
pub use fragment::{
    Fragment, FragmentArgument, FragmentArguments, Operator, OperatorReady, OperatorSetup, SideOf,
    operator, side,
};
pub use pipeline::Pipeline;
pub use place::Place;
pub use setup::{Setup, pipeline};
