//! The workspace's files, read once.

use std::fs;
use std::path::Path;

/// Names of the files that rules look at end so.
const ENDINGS: [&str; 5] = [".rs", ".md", ".toml", ".sh", ".py"];

/// Where cargo builds by default.
const BUILT: &str = "target";

/// One text file.
pub struct Source {
    /// Path from the root, with `/`.
    pub path: String,
    pub text: String,
}

impl Source {
    #[cfg(test)]
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the file holds nothing but tests, or their input and output.
    pub fn is_test(&self) -> bool {
        let is_in_tests = self.path.split('/').any(|part| part == "tests" || part == "tests.rs");
        is_in_tests || self.path.ends_with(".expanded.rs")
    }

    /// The lines before the unit tests, numbered from 1.
    pub fn lines_without_tests(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self.text.find("\n#[cfg(test)]\nmod tests {");
        let text = &self.text[..tests.map_or(self.text.len(), |at| at + 1)];
        text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// Reads every file below `root`, in order of path.
pub fn read_all(root: &Path) -> Vec<Source> {
    let mut files = Vec::new();
    read_folder(root, "", &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn read_folder(folder: &Path, prefix: &str, files: &mut Vec<Source>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    for entry in entries {
        let entry = entry.unwrap_or_else(|error| panic!("{folder:?}: {error}"));
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        if name.starts_with('.') || name == BUILT {
            continue;
        }
        if path.is_dir() {
            read_folder(&path, &format!("{prefix}{name}/"), files);
        } else if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            files.push(Source { path: format!("{prefix}{name}"), text });
        }
    }
}
