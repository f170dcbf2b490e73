//! Where streams end.

use super::Stream;
use super::base::not_run;
use crate::connector::Sink;
use crate::record::Record;

impl<T: Record> Stream<T> {
    /// Ends a stream: writes each record to the sink, which has to take records of this type.
    ///
    /// Each parallel task writes its own part, in its order. Nothing may follow. Flink: `sinkTo`.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines.sink(print());
    /// lines.map(|line| line.len() as u64).sink(discard());
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0277
    /// # use thalweg::prelude::*;
    /// # fn example(lines: Stream<String>) {
    /// lines.sink("out.txt"); // error: `&str` is not a sink of `String`
    /// # }
    /// ```
    pub fn sink<S: Sink<T>>(self, sink: S) {
        not_run(sink)
    }
}
