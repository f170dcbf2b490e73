//! Reading `job.toml`, and everything that can be wrong with it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use toml::{Table, Value};

use super::{Parallelism, Pause};
use crate::job::{ArgumentError, Given, Layer, Origin};
use crate::nearest::nearest;
use crate::plan::OperatorSettings;

/// What a file says.
#[derive(Default)]
pub(crate) struct JobFile {
    /// Options that every job has, by name.
    pub(crate) options: Layer,
    /// Parameters of every pipeline.
    pub(crate) args: Layer,
    /// Parameters of single pipelines.
    pub(crate) pipeline_args: BTreeMap<String, Layer>,
    /// Settings of single operators, by uid.
    pub(crate) operators: BTreeMap<String, OperatorSettings>,
}

/// The most bytes of a file that are read: a configuration is far smaller, a wrong path may not be.
const FILE_BYTES_MAX: u64 = 1 << 20;
const TABLES: [&str; 4] = ["args", "checkpoint", "operator", "state"];
const OPERATOR_KEYS: [&str; 4] = ["parallelism", "name", "ttl", "buffer_timeout"];

impl JobFile {
    /// Reads a file. `options` are the options that may stand at its top, `pipelines` the functions of the binary.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub(crate) fn read(
        path: &Path,
        options: &[&str],
        pipelines: &[&str],
    ) -> Result<JobFile, Vec<ArgumentError>> {
        let name = path.display().to_string();
        let one = |error: String| vec![ArgumentError::Other(error)];
        let unreadable = |error: &dyn Display| {
            one(format!(
                "cannot read the configuration {name}: {error}\nhelp: --config and THALWEG_CONFIG name it"
            ))
        };
        let length = fs::metadata(path).map_err(|error| unreadable(&error))?.len();
        if length > FILE_BYTES_MAX {
            return Err(unreadable(&format!("it is larger than {FILE_BYTES_MAX} bytes")));
        }
        let text = fs::read_to_string(path).map_err(|error| unreadable(&error))?;
        JobFile::parse(&text, &name, options, pipelines)
    }

    /// Parses a file's text; `name` is for messages.
    pub(crate) fn parse(
        text: &str,
        name: &str,
        options: &[&str],
        pipelines: &[&str],
    ) -> Result<JobFile, Vec<ArgumentError>> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let offset = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
            vec![ArgumentError::Other(format!("{name}:{line}: {}", error.message()))]
        })?;
        let mut reader =
            FileReader { name, options, pipelines, file: JobFile::default(), errors: Vec::new() };
        for (key, value) in table {
            reader.top(&key, value);
        }
        if reader.errors.is_empty() { Ok(reader.file) } else { Err(reader.errors) }
    }
}

/// Walks the tables and collects what is wrong.
struct FileReader<'a> {
    name: &'a str,
    options: &'a [&'a str],
    pipelines: &'a [&'a str],
    file: JobFile,
    errors: Vec<ArgumentError>,
}

impl FileReader<'_> {
    fn top(&mut self, key: &str, value: Value) {
        match (key, value) {
            ("args", Value::Table(table)) => self.args(table),
            ("operator", Value::Table(table)) => {
                for (uid, settings) in table {
                    self.operator(&uid, settings);
                }
            }
            ("checkpoint" | "state", Value::Table(table)) => self.options(key, table),
            (key, _) if TABLES.contains(&key) => {
                self.error(&format!("`{key}` is a table: write [{key}]"));
            }
            (key, value) if self.options.contains(&key.replace('-', "_").as_str()) => {
                if let Some(given) = self.given(key, "", value) {
                    self.file.options.insert(key.replace('-', "_"), given);
                }
            }
            (key, _) => {
                let known = self.options.iter().copied().chain(TABLES).collect::<Vec<_>>();
                self.unknown("", key, &known);
            }
        }
    }

    fn args(&mut self, table: Table) {
        for (key, value) in table {
            match value {
                Value::Table(inner) if self.pipelines.contains(&key.as_str()) => {
                    let place = format!("args.{key}");
                    let layer = self.layer(&place, inner);
                    self.file.pipeline_args.insert(key, layer);
                }
                Value::Table(_) => {
                    let help = help_nearest(&key, self.pipelines);
                    self.error(&format!("[args.{key}] names no pipeline of this job{help}"));
                }
                value => {
                    if let Some(given) = self.given(&key, "args", value) {
                        self.file.args.insert(key.replace('-', "_"), given);
                    }
                }
            }
        }
    }

    fn layer(&mut self, place: &str, table: Table) -> Layer {
        let mut layer = Layer::new();
        for (key, value) in table {
            if let Some(given) = self.given(&key, place, value) {
                layer.insert(key.replace('-', "_"), given);
            }
        }
        layer
    }

    /// The texts of a value, as they would stand on the command line.
    fn given(&mut self, key: &str, table: &str, value: Value) -> Option<Given> {
        let values = match value {
            Value::Array(items) => items.into_iter().map(text).collect::<Option<Vec<_>>>(),
            value => text(value).map(|text| vec![text]),
        };
        if values.is_none() {
            self.error(&format!(
                "`{key}` must be a text, a number, true or false, or a list of those"
            ));
        }
        let origin = Origin::File { path: self.name.to_owned(), table: table.to_owned() };
        Some(Given { values: values?, origin })
    }

    fn operator(&mut self, uid: &str, settings: Value) {
        let place = format!("operator.\"{uid}\"");
        let Value::Table(table) = settings else {
            return self.error(&format!("`{place}` is a table: write [{place}]"));
        };
        let mut read = OperatorSettings::default();
        for (key, value) in table {
            let path = format!("{place}.{key}");
            match key.as_str() {
                "parallelism" => {
                    read.parallelism = self.parsed(&path, value).map(|Parallelism(n)| n);
                }
                "name" => read.name = self.parsed(&path, value),
                "ttl" => read.ttl = self.pause(&path, value),
                "buffer_timeout" => read.buffer_timeout = self.pause(&path, value),
                _ => self.unknown(&format!("{place}."), &key, &OPERATOR_KEYS),
            }
        }
        self.file.operators.insert(uid.to_owned(), read);
    }

    /// A table of options whose names begin with its own.
    fn options(&mut self, place: &str, table: Table) {
        let prefix = format!("{place}_");
        let options = self.options.iter();
        let known: Vec<&str> = options.filter_map(|option| option.strip_prefix(&*prefix)).collect();
        for (key, value) in table {
            if !known.contains(&key.replace('-', "_").as_str()) {
                self.unknown(&format!("{place}."), &key, &known);
            } else if let Some(given) = self.given(&key, place, value) {
                self.file.options.insert(format!("{prefix}{}", key.replace('-', "_")), given);
            }
        }
    }

    fn pause(&mut self, path: &str, value: Value) -> Option<Duration> {
        self.parsed(path, value).map(|Pause(duration)| duration)
    }

    fn parsed<T: FromStr<Err: Display>>(&mut self, path: &str, value: Value) -> Option<T> {
        let shown = value.to_string();
        let parsed = text(value).ok_or("a text or a number is needed".to_owned());
        match parsed.and_then(|text| text.parse().map_err(|error: T::Err| error.to_string())) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.error(&format!("`{path} = {shown}` is wrong: {reason}"));
                None
            }
        }
    }

    fn unknown(&mut self, place: &str, key: &str, known: &[&str]) {
        let help = help_nearest(key, known);
        self.error(&format!("there is no setting `{place}{key}`{help}"));
    }

    fn error(&mut self, text: &str) {
        self.errors.push(ArgumentError::Other(format!("{}: {text}", self.name)));
    }
}

fn help_nearest(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("\nhelp: did you mean `{nearest}`?"),
        None => format!("\nhelp: there is {}", known.join(", ")),
    }
}

/// A plain value as one would write it on the command line.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::Datetime(time) => Some(time.to_string()),
        Value::Array(_) | Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests;
