//! Paths in a store. They are read from manifests, which may come from anywhere.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The path of an object, relative to the store: segments of `[a-zA-Z0-9._-]` between slashes, none of which begins
/// with a dot. So it cannot climb, and cannot name what a store hides.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct StorePath(String);

/// Not a path of a store.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{}` is not the path of an object in a store\n\
     help: paths are relative, of letters, digits, `.`, `_`, `-` and `/`, and no part begins with a dot",
    .0.escape_debug()
)]
pub(crate) struct InvalidPath(String);

impl InvalidPath {
    /// It begins so.
    pub(crate) fn new(text: &str) -> InvalidPath {
        InvalidPath(text.chars().take(100).collect())
    }
}

impl StorePath {
    /// As long as any store allows: S3 takes 1024 bytes, a file system 255 for a segment.
    const LEN_MAX: usize = 1024;
    const SEGMENT_LEN_MAX: usize = 255;

    /// Reads a path.
    ///
    /// # Errors
    /// If it is not one.
    pub(crate) fn parse(text: impl Into<String>) -> Result<StorePath, InvalidPath> {
        let text = text.into();
        let is_valid = text.len() <= Self::LEN_MAX && text.split('/').all(is_segment);
        if is_valid { Ok(StorePath(text)) } else { Err(InvalidPath::new(&text)) }
    }

    /// The path as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Its parts: at least one.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// True if it lies in `folder`, or in a folder of it.
    pub(crate) fn is_in(&self, folder: &StorePath) -> bool {
        self.0.strip_prefix(&folder.0).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// True if a file of that name can be an object.
pub(super) fn is_segment(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= StorePath::SEGMENT_LEN_MAX
        && !text.starts_with('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// A number as it is written in paths: digits without leading zeros, so that each has one name.
pub(crate) fn number(text: &str) -> Option<u64> {
    let value: u64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

/// Two numbers, as in `3-17`.
pub(crate) fn pair(text: &str) -> Option<(u64, u64)> {
    let (first, second) = text.split_once('-')?;
    Some((number(first)?, number(second)?))
}

impl fmt::Display for StorePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for StorePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<StorePath> for String {
    fn from(path: StorePath) -> String {
        path.0
    }
}

impl TryFrom<String> for StorePath {
    type Error = InvalidPath;
    fn try_from(text: String) -> Result<StorePath, InvalidPath> {
        StorePath::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for good in ["a", "chk-1/2-3/MANIFEST", "a.b_C-9/x..y", &"a".repeat(255)] {
            assert_eq!(StorePath::parse(good).unwrap().as_str(), good);
        }
        let long = "a/".repeat(600) + "a";
        for bad in [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/.hidden",
            "a\\b",
            "a\0",
            "a b",
            "ä",
            "%2e%2e",
            "c:",
            &"a".repeat(256),
            &long,
        ] {
            let error = StorePath::parse(bad).unwrap_err();
            assert!(error.to_string().contains("help: "), "{error}");
            let json = serde_json::to_string(bad).unwrap();
            assert!(serde_json::from_str::<StorePath>(&json).is_err(), "{bad}");
        }
    }

    #[test]
    fn folders_are_not_prefixes() {
        let path = |text: &str| StorePath::parse(text).unwrap();
        assert!(path("chk-1/a/b").is_in(&path("chk-1")));
        assert!(!path("chk-12/a").is_in(&path("chk-1")));
        assert!(!path("chk-1").is_in(&path("chk-1")));
    }

    #[test]
    fn numbers_have_one_name() {
        assert_eq!(pair("0-18446744073709551615"), Some((0, u64::MAX)));
        for bad in ["00-1", "1-01", "+1-2", "1--2", "1-", "1", "1-2-3", "18446744073709551616-0"] {
            assert_eq!(pair(bad), None, "{bad}");
        }
    }
}
