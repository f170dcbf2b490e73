//! Savepoints: copies of a checkpoint that are a person's own, in a directory of their own.
//!
//! A savepoint is self-contained: its manifest, `MANIFEST`, names the files beside it by relative paths, so that it can be
//! moved and copied.

use std::sync::Arc;

use super::surroundings::Surroundings;
use crate::checkpoint::manifest::{Manifest, ManifestError};
use crate::checkpoint::pointer::Retained;
use crate::checkpoint::store::{Place, Store, StoreError, StorePath};

/// The name of a savepoint's manifest.
const MANIFEST: &str = "MANIFEST";
/// Bytes that are copied at once.
const PIECE: u64 = 1 << 20;

/// Makes a savepoint of a checkpoint whose files are in `from`; it appears in `dir`, and is whole once its manifest is
/// there.
pub(super) fn make(
    manifest: &Manifest,
    from: &dyn Store,
    dir: &Place,
    surroundings: &dyn Surroundings,
) -> Result<(Place, Retained), ManifestError> {
    let place = dir.join(&format!("savepoint-{}-{}", manifest.job, manifest.id));
    let to = surroundings.store(&place)?;
    for file in &manifest.files {
        copy(from, &*to, &file.path, file.len)?;
    }
    let retained = manifest.write(&*to, path())?;
    Ok((place, retained))
}

/// Reads a savepoint.
pub(super) fn open(
    place: &Place,
    surroundings: &dyn Surroundings,
) -> Result<(Manifest, Arc<dyn Store>), ManifestError> {
    let store = surroundings.look(place)?;
    let manifest = Manifest::open(&*store, &path())?;
    Ok((manifest, store))
}

fn path() -> StorePath {
    StorePath::parse(MANIFEST).expect("a word is a path")
}

fn copy(from: &dyn Store, to: &dyn Store, path: &StorePath, len: u64) -> Result<(), ManifestError> {
    let mut upload = to.upload(path)?;
    let mut at = 0;
    while at < len {
        let end = (at + PIECE).min(len);
        let bytes = from.read(path, Some(at..end))?;
        let bytes = bytes.filter(|bytes| bytes.len() as u64 == end - at);
        let bytes = bytes.ok_or_else(|| ManifestError::Missing(path.clone()))?;
        upload.write(&bytes)?;
        at = end;
    }
    let finished: Result<(), StoreError> = upload.finish();
    Ok(finished?)
}
