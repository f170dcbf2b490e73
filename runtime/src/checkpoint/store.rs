//! Where checkpoints are kept: objects by path, created whole and never changed.
//!
//! What is asked of a store is what a directory, S3 and HDFS all have: an object appears at once and whole, can be
//! created only if it is not there, and whoever reads or lists afterwards sees it. There is no overwriting, and nothing
//! is renamed.

mod error;
#[cfg(feature = "hdfs")]
mod hdfs;
pub(crate) mod local;
pub(crate) mod memory;
mod path;
mod place;
#[cfg(any(feature = "s3", feature = "hdfs"))]
mod remote;
#[cfg(feature = "s3")]
mod s3;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::ops::Range;

pub(crate) use error::{Fault, StoreError};
pub(crate) use path::{InvalidPath, StorePath, number, pair};
pub(crate) use place::{NoPlace, Place};

/// Objects by path.
///
/// All of it may be called from several threads; a call returns when its effect is durable. Whatever was created before
/// a call begins is seen by it, in lists as well.
pub(crate) trait Store: Send + Sync + Debug {
    /// Creates an object, if there is none of that path.
    ///
    /// # Errors
    /// If it cannot be written; it was not, unless the error's outcome is unknown. Then asking again tells.
    fn create(&self, path: &StorePath, bytes: &[u8]) -> Result<Created, StoreError>;

    /// Begins an object that is written bit by bit.
    ///
    /// # Errors
    /// If nothing can be written.
    fn upload(&self, path: &StorePath) -> Result<Box<dyn Upload>, StoreError>;

    /// The bytes of an object, or of a range of it: fewer if it ends before. `None` if there is no such object.
    ///
    /// # Errors
    /// If it cannot be read.
    fn read(
        &self,
        path: &StorePath,
        range: Option<Range<u64>>,
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// The length of an object, in bytes. `None` if there is no such object.
    ///
    /// # Errors
    /// If it cannot be found out.
    fn size(&self, path: &StorePath) -> Result<Option<u64>, StoreError>;

    /// The objects in a folder and its folders, or all, sorted.
    ///
    /// # Errors
    /// If they cannot be listed.
    fn list(&self, folder: Option<&StorePath>) -> Result<Vec<StorePath>, StoreError>;

    /// Deletes an object; it may be gone already.
    ///
    /// # Errors
    /// If it cannot be deleted.
    fn delete(&self, path: &StorePath) -> Result<(), StoreError>;
}

/// What came of creating an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Created {
    /// It is there now.
    New,
    /// One of that path was there, and is as it was. It is durable.
    Exists,
}

/// An object that is being written. If it is dropped before it is finished, nothing is to be seen of it.
pub(crate) trait Upload: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// If they cannot be written: the upload is to be given up.
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError>;

    /// Makes the object visible and durable.
    ///
    /// # Errors
    /// If it cannot be, or if there is one of that path already.
    fn finish(self: Box<Self>) -> Result<(), StoreError>;
}
