//! Why a task failed.

use std::fmt;

use crate::connector::{SinkError, SourceError};

/// What is to be done about an error.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The same may work later: something outside is missing or does not answer.
    Retry,
    /// The task is lost; another attempt may get further.
    FailTask,
    /// No attempt can succeed.
    FailJob,
}

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
    /// What the record is called in every attempt, where its position says but where it was in this one.
    record: Option<String>,
    /// Where a panic started.
    panicked_at: Option<(String, u32)>,
    cause: Box<dyn std::error::Error + Send + Sync>,
}

impl Failure {
    /// A failure of whatever kind.
    #[cold]
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
        Failure(Box::new(Reason {
            operator: None,
            position: None,
            record: None,
            panicked_at: None,
            cause: cause.into(),
        }))
    }

    /// A failure of an operator.
    #[cold]
    pub fn of_operator(operator: &str, error: impl fmt::Display) -> Failure {
        let mut failure = Failure::new(error.to_string());
        failure.0.operator = Some(operator.to_owned());
        failure
    }

    /// A panic in user code.
    #[cold]
    pub(crate) fn panicked(message: &str, at: Option<(String, u32)>) -> Failure {
        let cause = match &at {
            Some((file, line)) => format!("panicked at {file}:{line}: {message}"),
            None => format!("panicked: {message}"),
        };
        let mut failure = Failure::new(cause);
        failure.0.panicked_at = at;
        failure
    }

    /// Adds the record's position if there is none yet.
    #[must_use]
    pub fn at(mut self, position: impl FnOnce() -> String) -> Failure {
        self.0.position.get_or_insert_with(position);
        self
    }

    /// Adds a position that other attempts do not share, and what they would call the record, if anything.
    #[must_use]
    pub(crate) fn at_passing(mut self, position: String, record: Option<String>) -> Failure {
        if self.0.position.is_none() {
            // With what was wrong, so that another record of that time is another one.
            self.0.record = Some(record.map_or_else(String::new, |it| format!("{it}: {self}")));
            self.0.position = Some(position);
        }
        self
    }

    /// What tells the record from others in every attempt, if it is known.
    pub(crate) fn record(&self) -> Option<&str> {
        let record = self.0.record.as_deref().or(self.position());
        record.filter(|record| !record.is_empty())
    }

    /// Adds the operator if there is none yet.
    #[must_use]
    pub(crate) fn in_operator(mut self, operator: impl FnOnce() -> Option<String>) -> Failure {
        if self.0.operator.is_none() {
            self.0.operator = operator();
        }
        self
    }

    /// File and line of the panic that this failure comes from.
    pub(crate) fn panicked_at(&self) -> Option<(&str, u32)> {
        self.0.panicked_at.as_ref().map(|(file, line)| (file.as_str(), *line))
    }

    /// The operator that failed, if it is known.
    pub fn operator(&self) -> Option<&str> {
        self.0.operator.as_deref()
    }

    /// The record at which it failed, if it is known.
    pub fn position(&self) -> Option<&str> {
        self.0.position.as_deref()
    }

    /// True if whoever read a sink's output has gone: no failure, but the end of the job.
    pub(crate) fn reader_gone(&self) -> bool {
        self.0.cause.downcast_ref::<SinkError>().is_some_and(|error| error.reader_gone)
    }

    /// Why a sink cannot write this one record, if that is all.
    pub(crate) fn rejected_by_sink(self) -> Result<String, Failure> {
        match self.0.cause.downcast_ref::<SinkError>() {
            Some(error) if error.rejected => Ok(error.what.clone()),
            _ => Err(self),
        }
    }

    /// What is to be done about it: what a connector could not do may work later.
    pub fn severity(&self) -> Severity {
        let outside = self.0.cause.is::<SourceError>() || self.0.cause.is::<SinkError>();
        if outside { Severity::Retry } else { Severity::FailTask }
    }

    /// What was wrong.
    pub fn cause(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.0.cause
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
