//! Why a source or sink cannot go on: what and where, how to mend it, what the system said.

use std::error::Error;
use std::fmt;

use super::OpenSource;

type Cause = Box<dyn Error + Send + Sync>;

/// A source cannot be listed, opened or read.
#[derive(Debug)]
pub struct SourceError {
    /// What went wrong, where.
    pub what: String,
    /// What to do about it.
    pub help: String,
    /// What the system said.
    pub cause: Option<Cause>,
}

/// A sink cannot be opened or written.
#[derive(Debug)]
pub struct SinkError {
    /// What went wrong, where.
    pub what: String,
    /// What to do about it.
    pub help: String,
    /// What the system said.
    pub cause: Option<Cause>,
    /// True if whoever read the output has gone (`job | head`): the job ends, quietly, and that is no failure.
    pub reader_gone: bool,
    /// True if it is about this record only, and the sink goes on: what `.errors_to(side)` sends there.
    pub rejected: bool,
}

impl SourceError {
    /// An error that says what went wrong where, and what to do about it.
    #[cold]
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> SourceError {
        SourceError { what: what.into(), help: help.into(), cause: None }
    }

    /// A split or position that another source, or another version of it, has made.
    #[cold]
    pub(crate) fn foreign(open: &OpenSource<'_>) -> SourceError {
        let position = match open.position {
            Some(position) => format!(" at position {}", position.0),
            None => String::new(),
        };
        SourceError::new(
            format!("cannot go on reading split `{}`{position}: not of this source", open.split.id),
            "restore with the source that the snapshot was taken with",
        )
    }

    /// Adds what the system said.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> SourceError {
        self.cause = Some(cause.into());
        self
    }
}

impl SinkError {
    /// An error that says what went wrong where, and what to do about it.
    #[cold]
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> SinkError {
        SinkError {
            what: what.into(),
            help: help.into(),
            cause: None,
            reader_gone: false,
            rejected: false,
        }
    }

    /// Adds what the system said.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> SinkError {
        self.cause = Some(cause.into());
        self
    }

    /// This record cannot be written; the sink goes on. Only for a sink that was told so, by `.errors_to(side)`.
    #[cold]
    pub fn rejected(why: impl Into<String>) -> SinkError {
        let help = "map it to what the sink can hold";
        SinkError { rejected: true, ..SinkError::new(why, help) }
    }

    /// Whoever read the output has gone: nothing more needs to be written.
    #[cold]
    pub fn reader_gone(what: impl Into<String>) -> SinkError {
        SinkError { reader_gone: true, ..SinkError::new(what, "nothing to do") }
    }
}

macro_rules! errors {
    ($($type:ty)*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.what)?;
                if let Some(cause) = &self.cause {
                    write!(out, ": {cause}")?;
                }
                write!(out, "\nhelp: {}", self.help)
            }
        }
        impl Error for $type {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                self.cause.as_ref().and_then(|cause| cause.source())
            }
        }
    )*};
}

errors!(SourceError SinkError);
