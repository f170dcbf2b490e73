//! Why a store cannot do what it was asked for.

use std::error::Error;
use std::fmt;
use std::io;

type Cause = Box<dyn Error + Send + Sync>;

/// Something cannot be written, read, listed or deleted.
#[derive(Debug)]
pub(crate) struct StoreError {
    /// What is the matter.
    pub(crate) fault: Fault,
    /// What was being done: `create`, `read`.
    doing: &'static str,
    /// With what: a path as the user knows it.
    place: String,
    cause: Option<Cause>,
    is_outcome_unknown: bool,
}

/// What is the matter with a store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// The disk, or the quota, is full.
    NoSpace,
    /// The user that runs the job may not.
    Denied,
    /// The disk is read-only, or the store was opened to look only.
    ReadOnly,
    /// It does not answer, or not in time.
    Unreachable,
    /// Another process writes to it: `pid 123`, if it is known.
    InUse(Option<String>),
    /// There is an object of that path, and none was expected.
    Taken,
    /// The store cannot create an object only if it is absent.
    CannotCreate,
    /// Something else stands there: a file where a folder is wanted.
    NotFolder,
    /// What was being written was given up, by a crash that a test has asked for.
    GivenUp,
    /// Anything else: the cause says what.
    Other,
}

impl StoreError {
    /// `doing` went wrong with `place`.
    #[cold]
    pub(crate) fn new(fault: Fault, doing: &'static str, place: impl fmt::Display) -> StoreError {
        let place = place.to_string();
        StoreError { fault, doing, place, cause: None, is_outcome_unknown: false }
    }

    /// What a file system says.
    #[cold]
    pub(super) fn io(
        cause: io::Error,
        doing: &'static str,
        place: impl fmt::Display,
    ) -> StoreError {
        use io::ErrorKind as Kind;
        let fault = match cause.kind() {
            Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => Fault::NoSpace,
            Kind::PermissionDenied => Fault::Denied,
            Kind::ReadOnlyFilesystem => Fault::ReadOnly,
            Kind::NotADirectory | Kind::IsADirectory => Fault::NotFolder,
            Kind::TimedOut
            | Kind::NetworkDown
            | Kind::NetworkUnreachable
            | Kind::HostUnreachable
            | Kind::StaleNetworkFileHandle => Fault::Unreachable,
            Kind::Unsupported | Kind::TooManyLinks => Fault::CannotCreate,
            _ => Fault::Other,
        };
        StoreError { cause: Some(cause.into()), ..StoreError::new(fault, doing, place) }
    }

    /// Adds what the store says.
    #[cfg(any(feature = "s3", feature = "hdfs"))]
    #[must_use]
    pub(super) fn because(mut self, cause: impl Into<Cause>) -> StoreError {
        self.cause = Some(cause.into());
        self
    }

    /// It may have been done all the same.
    #[must_use]
    pub(crate) fn outcome_unknown(mut self) -> StoreError {
        self.is_outcome_unknown = true;
        self
    }

    /// True if it may have been done all the same: only asking again tells.
    pub(crate) fn is_outcome_unknown(&self) -> bool {
        self.is_outcome_unknown
    }

    fn help(&self) -> &'static str {
        match self.fault {
            Fault::NoSpace => "free some space, or keep the checkpoints on another disk",
            Fault::Denied => "give the user that runs the job the right to read and write there",
            Fault::ReadOnly => "keep the checkpoints where they can be written",
            Fault::Unreachable => "see whether the storage is up; the job goes on where it stood",
            Fault::InUse(_) => "stop that process, or name another directory for this one",
            Fault::Taken => "nothing of that name should be there: move away what does not belong",
            Fault::CannotCreate => {
                "keep the checkpoints on a file system that knows hard links, such as ext4 or xfs, \
                 or in a store that honours If-None-Match"
            }
            Fault::NotFolder => "move it away, or keep the checkpoints in another directory",
            Fault::GivenUp => "take the checkpoint again",
            Fault::Other => "check the path and the disk",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Fault::InUse(Some(by)) => {
                write!(out, "another process ({by}) is running this job from `{}`", self.place)?;
            }
            Fault::InUse(None) => {
                write!(out, "another process is running this job from `{}`", self.place)?;
            }
            _ => write!(out, "cannot {} `{}`", self.doing, self.place)?,
        }
        match (&self.cause, &self.fault) {
            (Some(cause), _) => write!(out, ": {cause}")?,
            (None, Fault::ReadOnly) => write!(out, ": it was opened to look only")?,
            (None, Fault::Taken) => write!(out, ": it is there already")?,
            (None, Fault::NoSpace) => write!(out, ": no space is left")?,
            (None, Fault::Unreachable) => write!(out, ": it does not answer")?,
            (None, _) => {}
        }
        if self.is_outcome_unknown {
            write!(out, " (it may have been done all the same)")?;
        }
        write!(out, "\nhelp: {}", self.help())
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().and_then(|cause| cause.source())
    }
}
