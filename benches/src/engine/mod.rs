//! Each query as a Thalweg pipeline, found by name.

mod pipelines;

use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};

use thalweg::job::Definition;
use thalweg::plan::Plan;
use thalweg::task::{Control, Options, run};

use crate::nexmark::{Checksum, Input, Query};

/// Runs one query over its input with a number of tasks, and returns the answer's checksum.
pub type Run = fn(Input, parallelism: usize) -> Checksum;

/// The queries that have a pipeline.
const PIPELINES: &[(Query, Run)] = &[
    (Query::Q0, |input, parallelism| job(pipelines::q0, input, parallelism)),
    (Query::Q1, |input, parallelism| job(pipelines::q1, input, parallelism)),
    (Query::Q2, |input, parallelism| job(pipelines::q2, input, parallelism)),
    (Query::Kc, |input, parallelism| job(pipelines::kc, input, parallelism)),
    (Query::Kcb, |input, parallelism| job(pipelines::kcb, input, parallelism)),
    (Query::Q5, |input, parallelism| job(pipelines::q5, input, parallelism)),
    (Query::Q7, |input, parallelism| job(pipelines::q7, input, parallelism)),
    (Query::Q8, |input, parallelism| job(pipelines::q8, input, parallelism)),
    (Query::Q11, |input, parallelism| job(pipelines::q11, input, parallelism)),
];

/// What the pipelines of a run read and answer: a job's parameters are text, its sources are not.
static RUN: LazyLock<Mutex<(Option<Input>, Checksum)>> = LazyLock::new(Mutex::default);

/// The input of the run under way.
pub(crate) fn input() -> Input {
    RUN.lock().unwrap_or_else(PoisonError::into_inner).0.expect("a run has begun")
}

/// Adds a task's rows to the answer.
pub(crate) fn answer(rows: Checksum) {
    RUN.lock().unwrap_or_else(PoisonError::into_inner).1.merge(rows);
}

/// A query that has no pipeline yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBuilt(pub Query);

impl fmt::Display for NotBuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not built yet for the engine `thalweg`", self.0)
    }
}

impl std::error::Error for NotBuilt {}

/// Runs a pipeline without arguments to its end, on pinned slots.
pub(crate) fn run_to_end(pipeline: fn() -> Definition, parallelism: usize) {
    let mut plan = Plan::default();
    (pipeline().build)(&mut plan, &mut Default::default()).expect("no arguments are needed");
    let options = Options { parallelism, pin: true, ..Options::default() };
    run(plan, &options, &Control::default()).expect("the pipeline runs");
}

/// Runs a query. One at a time: the input is the process's.
fn job(pipeline: fn() -> Definition, input: Input, parallelism: usize) -> Checksum {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    *RUN.lock().unwrap_or_else(PoisonError::into_inner) = (Some(input), Checksum::default());
    run_to_end(pipeline, parallelism);
    RUN.lock().unwrap_or_else(PoisonError::into_inner).1
}

/// The pipeline of `query`.
///
/// # Errors
///
/// If the query has none.
pub fn find(query: Query) -> Result<Run, NotBuilt> {
    let found = PIPELINES.iter().find(|(name, _)| *name == query);
    found.map(|(_, run)| *run).ok_or(NotBuilt(query))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hand;

    #[test]
    fn pipelines_answer_as_the_loops_do() {
        for (query, _) in PIPELINES {
            let input = Input::materialise(*query, 5, 60_000);
            let expected = hand::find(*query)(input, 1);
            for parallelism in [1, 2] {
                let answer = find(*query).unwrap()(input, parallelism);
                assert_eq!(answer, expected, "{query} at parallelism {parallelism}");
            }
        }
    }
}
