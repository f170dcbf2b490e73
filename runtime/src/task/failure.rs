//! Why a task failed.

use std::fmt;

/// What makes a task, and with it the job, fail: where, and why. One pointer in size, so that the path of records
/// that do not fail stays cheap.
#[derive(Debug)]
pub struct Failure(Box<Reason>);

#[derive(Debug)]
struct Reason {
    /// Operator, for instance `try_map at src/main.rs:12`.
    operator: Option<String>,
    /// Record position, for instance `record 17 of flights.csv`.
    position: Option<String>,
    cause: Box<dyn std::error::Error + Send + Sync>,
}

impl Failure {
    /// A failure of whatever kind.
    #[cold]
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
        Failure(Box::new(Reason { operator: None, position: None, cause: cause.into() }))
    }

    /// A failure of an operator.
    #[cold]
    pub fn of_operator(operator: &str, error: impl fmt::Display) -> Failure {
        let mut failure = Failure::new(error.to_string());
        failure.0.operator = Some(operator.to_owned());
        failure
    }

    /// Adds the record's position if there is none yet.
    #[must_use]
    pub fn at(mut self, position: impl FnOnce() -> String) -> Failure {
        self.0.position.get_or_insert_with(position);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operator) = &self.0.operator {
            write!(out, "{operator}: ")?;
        }
        write!(out, "{}", self.0.cause)?;
        match &self.0.position {
            Some(position) => write!(out, " ({position})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.source()
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Failure {
    #[cold]
    fn from(cause: Box<dyn std::error::Error + Send + Sync>) -> Failure {
        Failure::new(cause)
    }
}
