//! Which bugs there are tests for, where these stand, and which bugs are planted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::source::{self, Source};

/// What the sources say about one bug.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Bug {
    /// What has to be built for its tests.
    pub targets: BTreeSet<Target>,
    /// Whether the engine has its `cfg!`.
    pub planted: bool,
}

/// What cargo builds tests from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The engine's unit tests.
    Units,
    /// A file of `tests/tests/`, by name.
    Integration(String),
}

/// The bugs by number, as it is written: two digits.
pub fn bugs(root: &Path) -> BTreeMap<String, Bug> {
    bugs_in(&source::read_all(root))
}

/// The bugs that have a test or a `cfg!`, but not both.
pub fn lonely(bugs: &BTreeMap<String, Bug>) -> Vec<&str> {
    let lonely = bugs.iter().filter(|(_, bug)| bug.targets.is_empty() || !bug.planted);
    lonely.map(|(number, _)| number.as_str()).collect()
}

fn bugs_in(files: &[Source]) -> BTreeMap<String, Bug> {
    let mut bugs: BTreeMap<String, Bug> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let target = target_of(&file.path);
        for line in file.text.lines() {
            if let (Some(number), Some(target)) = (number_behind(line, "fn bug_"), &target) {
                bugs.entry(number).or_default().targets.insert(target.clone());
            }
            let of_engine = file.path.starts_with("runtime/src/");
            if let Some(number) = number_behind(line, "cfg!(bug_").filter(|_| of_engine) {
                bugs.entry(number).or_default().planted = true;
            }
        }
    }
    bugs
}

fn target_of(path: &str) -> Option<Target> {
    if path.starts_with("runtime/src/") {
        return Some(Target::Units);
    }
    let name = path.strip_prefix("tests/tests/")?.strip_suffix(".rs")?;
    Some(Target::Integration(name.to_owned()))
}

fn number_behind(line: &str, word: &str) -> Option<String> {
    let digits = line.split_once(word)?.1.get(..2)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bug_of_the_workspace_has_its_test_and_is_planted() {
        let bugs = bugs(crate::root());
        assert_eq!(lonely(&bugs), Vec::<&str>::new());
        assert!(!bugs.is_empty());
    }

    #[test]
    fn tests_and_bugs_are_found_where_they_stand() {
        let files = [
            Source::new("runtime/src/a.rs", "x || cfg!(bug_03)\nfn bug_03_x() {}"),
            Source::new("tests/tests/b.rs", "    fn bug_03_y(\nfn bug_4(\nfn bug_05_z() {}"),
            Source::new("xtask/src/c.rs", "cfg!(bug_05)"),
        ];
        let bugs = bugs_in(&files);
        let both = [Target::Units, Target::Integration("b".to_owned())].into();
        assert_eq!(bugs["03"], Bug { targets: both, planted: true });
        assert_eq!(bugs.len(), 2);
        assert_eq!(lonely(&bugs), ["05"]);
    }
}
