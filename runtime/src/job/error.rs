//! What can be wrong with a job's arguments.

use std::fmt;

use super::Origin;
use crate::error::JobError;
use crate::task::Failure;

/// One thing that is wrong with an argument; always names the parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArgumentError {
    /// It is needed and was not given.
    Missing {
        /// The parameter.
        name: String,
        /// Its type as written.
        type_text: String,
        /// Its doc comment.
        doc: String,
    },
    /// What was given does not fit.
    Invalid {
        /// The parameter.
        name: String,
        /// What was given; `None` if it must not be shown.
        value: Option<String>,
        /// Its type as written.
        type_text: String,
        /// Where the value came from.
        origin: Origin,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such parameter.
    Unknown {
        /// What was written.
        name: String,
        /// Where.
        origin: Origin,
        /// A parameter with a similar name.
        nearest: Option<String>,
    },
    /// Something else, already in words.
    Other(String),
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArgumentError::Missing { name, type_text, doc } => {
                write!(out, "parameter `{name}` ({type_text}) is missing")?;
                if let Some(summary) = doc.lines().next().filter(|line| !line.is_empty()) {
                    write!(out, ": {}", summary.trim_end_matches('.'))?;
                }
                let (option, variable) = (name.replace('_', "-"), name.to_uppercase());
                write!(
                    out,
                    "\nhelp: give --{option} VALUE, set THALWEG_{variable}, or write `{name} = ..` under [args] in \
                     job.toml"
                )
            }
            ArgumentError::Invalid { name, value, type_text, origin, reason } => {
                write!(out, "parameter `{name}` ({type_text}) is wrong")?;
                if let Some(value) = value {
                    write!(out, ": `{value}`")?;
                }
                write!(out, " from {origin}: {reason}")
            }
            ArgumentError::Unknown { name, origin, nearest } => {
                write!(out, "there is no parameter `{name}`, given by {origin}")?;
                match nearest {
                    Some(nearest) => write!(out, "\nhelp: did you mean `{nearest}`?"),
                    None => write!(out, "\nhelp: --help lists the parameters"),
                }
            }
            ArgumentError::Other(text) => out.write_str(text),
        }
    }
}

impl std::error::Error for ArgumentError {}

/// All that is wrong with a job's arguments, found at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArgumentErrors(pub Vec<ArgumentError>);

impl fmt::Display for ArgumentErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                out.write_str("\n")?;
            }
            write!(out, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ArgumentErrors {}

/// Why a job did not run to its end.
#[derive(Debug)]
pub enum RunError {
    /// Something is wrong with its arguments or its configuration.
    Arguments(ArgumentErrors),
    /// Something is wrong with the pipeline itself, whatever its arguments: a sentence each.
    Definition(Vec<String>),
    /// The pipeline's own statements failed.
    Build {
        /// The pipeline's function.
        pipeline: String,
        /// What they said.
        failure: Failure,
    },
    /// It could not be started, or failed.
    Job(JobError),
}

impl fmt::Display for RunError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Arguments(errors) => write!(out, "{errors}"),
            RunError::Definition(errors) => out.write_str(&errors.join("\n")),
            RunError::Build { pipeline, failure } => {
                write!(out, "pipeline `{pipeline}` cannot be built: {failure}")
            }
            RunError::Job(error) => write!(out, "{error}"),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            RunError::Build { failure, .. } => failure.source(),
            RunError::Job(error) => error.source(),
            RunError::Arguments(_) | RunError::Definition(_) => None,
        }
    }
}
