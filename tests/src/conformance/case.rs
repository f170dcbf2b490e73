//! Recorded cases.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;

/// A script and the recorded answer to it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The file that it stands in, without ending.
    pub group: String,
    /// For messages.
    pub id: String,
    /// Operator, window, trigger, function and their numbers.
    pub config: Value,
    /// What is fed.
    pub steps: Vec<Value>,
    /// What came out.
    pub output: Vec<Value>,
    /// Whether the order is determined.
    pub ordered: bool,
    /// What was thrown, in a case about errors.
    pub error: Option<String>,
}

impl Case {
    fn new(group: &str, mut line: Value) -> Case {
        let mut list = |name: &str| match line[name].take() {
            Value::Array(list) => list,
            _ => Vec::new(),
        };
        let (steps, output) = (list("steps"), list("output"));
        Case {
            group: group.to_owned(),
            id: line["id"].as_str().unwrap_or_default().to_owned(),
            steps,
            output,
            ordered: line["ordered"].as_bool().unwrap_or(false),
            error: line["error"].as_str().map(str::to_owned),
            config: line["config"].take(),
        }
    }

    /// A word of the configuration, empty if it is not there.
    pub fn word(&self, name: &str) -> &str {
        self.config[name].as_str().unwrap_or_default()
    }

    /// A number of the configuration, if it is there.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.config[name].as_i64()
    }

    /// Whether the configuration says so.
    pub fn is(&self, name: &str) -> bool {
        self.config[name].as_bool().unwrap_or(false)
    }
}

/// The cases of all `.jsonl` and `.jsonl.gz` files of a folder, file by file.
///
/// # Errors
/// If the folder or a file cannot be read, or a line is no JSON.
pub fn cases_of(folder: &Path) -> Result<Vec<Case>, Box<dyn Error>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (plain, packed) = (name.strip_suffix(".jsonl"), name.strip_suffix(".jsonl.gz"));
        let Some(group) = plain.or(packed) else { continue };
        let file = File::open(&path)?;
        let text: Box<dyn Read> =
            if plain.is_some() { Box::new(file) } else { Box::new(GzDecoder::new(file)) };
        for line in BufReader::new(text).lines() {
            let line: Value =
                serde_json::from_str(&line?).map_err(|error| format!("{name}: {error}"))?;
            if line["id"].is_string() {
                cases.push(Case::new(group, line));
            }
        }
    }
    Ok(cases)
}
