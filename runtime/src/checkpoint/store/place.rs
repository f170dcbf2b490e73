//! Places where checkpoints and savepoints are kept, as people write them: a directory, or a URL.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::local::LocalStore;
use super::{Store, StoreError};

/// A directory, or what the URL of an object store names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) enum Place {
    Directory(PathBuf),
    Remote(String),
}

/// No place for checkpoints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum NoPlace {
    #[error(
        "`{0}` is no place for checkpoints\n\
         help: name a directory, or write file:///path/of/it, s3://bucket/path or hdfs://host:port/path"
    )]
    Text(String),
    #[error(
        "the URL of a bucket holds a user or a key, which is not read there and would be shown\n\
         help: write s3://bucket/path, and name the key in the environment: AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY, or files of them: AWS_SECRET_ACCESS_KEY_FILE"
    )]
    Credentials,
    #[error(
        "`{place}` is no place for checkpoints: this job was built without the feature `{feature}`\n\
         help: switch it on: thalweg = {{ version = \"..\", features = [\"{feature}\"] }}"
    )]
    Feature { place: String, feature: &'static str },
}

impl Place {
    /// Reads what a person wrote.
    ///
    /// # Errors
    /// If it is no place, or one that this build knows nothing of.
    pub(crate) fn parse(text: &str) -> Result<Place, NoPlace> {
        let wrong = || Err(NoPlace::Text(text.to_owned()));
        let remote = |is_on: bool, feature| match text.split_once("://") {
            Some((_, rest)) if rest.starts_with('/') || rest.is_empty() => wrong(),
            _ if is_on => Ok(Place::Remote(text.trim_end_matches('/').to_owned())),
            _ => Err(NoPlace::Feature { place: text.to_owned(), feature }),
        };
        match text.split_once("://") {
            Some(("file", path)) if path.starts_with('/') => Ok(Place::Directory(path.into())),
            Some(("s3", rest)) if rest.split('/').next().is_some_and(|it| it.contains('@')) => {
                Err(NoPlace::Credentials)
            }
            Some(("s3", _)) => remote(cfg!(feature = "s3"), "s3"),
            Some(("hdfs", _)) => remote(cfg!(feature = "hdfs"), "hdfs"),
            None if !text.is_empty() => Ok(Place::Directory(text.into())),
            _ => wrong(),
        }
    }

    /// The store there, to write to; nobody else can write to a directory until it is dropped.
    ///
    /// # Errors
    /// If it cannot be written, or if another process writes to it.
    pub(crate) fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Place::Directory(path) => Ok(Arc::new(LocalStore::open(path)?)),
            Place::Remote(url) => remote(url, true),
        }
    }

    /// The store there, to look at while others may write to it.
    ///
    /// # Errors
    /// If there is no such store.
    pub(crate) fn look(&self) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Place::Directory(path) => Ok(Arc::new(LocalStore::look(path))),
            Place::Remote(url) => remote(url, false),
        }
    }

    /// The directory, if it is one.
    pub(crate) fn directory(&self) -> Option<&Path> {
        match self {
            Place::Directory(path) => Some(path),
            Place::Remote(_) => None,
        }
    }

    /// A place in it.
    pub(crate) fn join(&self, name: &str) -> Place {
        match self {
            Place::Directory(path) => Place::Directory(path.join(name)),
            Place::Remote(url) => Place::Remote(format!("{url}/{name}")),
        }
    }

    /// The same for a process that stands in another directory.
    pub(crate) fn absolute(self) -> Place {
        match self {
            Place::Directory(path) => Place::Directory(std::path::absolute(&path).unwrap_or(path)),
            remote @ Place::Remote(_) => remote,
        }
    }
}

#[cfg(any(feature = "s3", feature = "hdfs"))]
fn remote(url: &str, writes: bool) -> Result<Arc<dyn Store>, StoreError> {
    use super::remote::RemoteStore;
    let store = match url.split_once("://") {
        #[cfg(feature = "s3")]
        Some(("s3", _)) => RemoteStore::open(url, super::s3::connect)?,
        #[cfg(feature = "hdfs")]
        Some(("hdfs", _)) => RemoteStore::open(url, super::hdfs::connect)?,
        _ => unreachable!("a place was parsed"),
    };
    if writes {
        store.probe()?;
    }
    Ok(Arc::new(store))
}

#[cfg(not(any(feature = "s3", feature = "hdfs")))]
fn remote(_: &str, _: bool) -> Result<Arc<dyn Store>, StoreError> {
    unreachable!("a place was parsed")
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Directory(path) => path.display().fmt(out),
            Place::Remote(url) => out.write_str(url),
        }
    }
}

impl From<Place> for String {
    fn from(place: Place) -> String {
        place.to_string()
    }
}

impl TryFrom<String> for Place {
    type Error = NoPlace;
    fn try_from(text: String) -> Result<Place, NoPlace> {
        Place::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_and_urls_are_told_apart() {
        for (text, shown) in [("a/b", "a/b"), ("file:///a", "/a"), ("/a b", "/a b")] {
            let place = Place::parse(text).unwrap();
            assert!(place.directory().is_some());
            assert_eq!(place.to_string(), shown);
        }
        for wrong in ["", "file://a", "s3:///a", "s3://", "ftp://a/b", "hdfs:///x"] {
            let error = Place::parse(wrong).unwrap_err();
            assert_eq!(error, NoPlace::Text(wrong.to_owned()));
        }
        let error = Place::parse("s3://key:hunter2@bucket/a").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        for (feature, is_on) in [("s3", cfg!(feature = "s3")), ("hdfs", cfg!(feature = "hdfs"))] {
            match Place::parse(&format!("{feature}://a/b/")) {
                Ok(place) => {
                    assert!(is_on && place.join("c").to_string() == format!("{feature}://a/b/c"))
                }
                Err(error) => {
                    assert!(!is_on && error.to_string().contains("built without"), "{error}")
                }
            }
        }
    }
}
