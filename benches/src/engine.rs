//! Each query as a Thalweg pipeline, found by name.

use std::fmt;

use crate::nexmark::{Checksum, Input, Query};

/// Runs one query over its input with a number of tasks, and returns the answer's checksum.
pub type Run = fn(Input, parallelism: usize) -> Checksum;

/// The queries that have a pipeline.
const PIPELINES: &[(Query, Run)] = &[];

/// A query that has no pipeline yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBuilt(pub Query);

impl fmt::Display for NotBuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not built yet for the engine `thalweg`", self.0)
    }
}

impl std::error::Error for NotBuilt {}

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

    #[test]
    fn a_query_without_pipeline_is_named() {
        let without = Query::ALL.into_iter().filter(|query| find(*query).is_err());
        for query in without {
            let error = find(query).unwrap_err().to_string();
            assert_eq!(error, format!("{query}: not built yet for the engine `thalweg`"));
        }
    }
}
