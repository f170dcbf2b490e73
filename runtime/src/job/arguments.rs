//! Arguments: what the parameters were given, and by whom.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Argument, ArgumentError, ArgumentErrors, Arity, Parameter};
use crate::task::Failure;

/// The values of a job's parameters, complete and checked.
#[derive(Clone, Default)]
pub struct Arguments {
    given: BTreeMap<String, Given>,
}

/// What one parameter was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// The texts; more than one for a repeated parameter.
    pub values: Vec<String>,
    /// Where they came from.
    pub origin: Origin,
}

/// What one place gives, by parameter name.
pub type Layer = BTreeMap<String, Given>;

/// Where an argument came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// An option, for instance `--start-date`.
    Option(String),
    /// A variable of the environment.
    Variable(String),
    /// A table of a configuration file.
    File {
        /// The file.
        path: String,
        /// The table: `args` or `args.hot_items`; empty at the top.
        table: String,
    },
    /// The parameter's default.
    Default,
    /// The program that embeds the job.
    Program,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Option(option) => write!(out, "--{option}"),
            Origin::Variable(variable) => out.write_str(variable),
            Origin::File { path, table } if table.is_empty() => out.write_str(path),
            Origin::File { path, table } => write!(out, "[{table}] in {path}"),
            Origin::Default => out.write_str("its default"),
            Origin::Program => out.write_str("the program"),
        }
    }
}

impl Given {
    /// One text.
    pub fn one(value: impl Into<String>, origin: Origin) -> Given {
        Given { values: vec![value.into()], origin }
    }
}

impl Arguments {
    /// Takes each parameter from the first layer that has it, else its default, and checks all of them.
    ///
    /// # Errors
    /// Everything that is missing, wrong or unknown.
    pub fn collect(
        parameters: &[&Parameter],
        layers: &[Layer],
    ) -> Result<Arguments, ArgumentErrors> {
        let mut errors = unknown(parameters, layers);
        let mut arguments = Arguments::default();
        let mut missing = BTreeSet::new();
        for parameter in parameters {
            match find(parameter, layers) {
                Some(given) => {
                    arguments.given.insert(parameter.name.to_owned(), given);
                }
                None if parameter.arity() == Some(Arity::One) => {
                    missing.insert(parameter.name);
                    errors.push(ArgumentError::Missing {
                        name: parameter.name.to_owned(),
                        type_text: parameter.type_text.to_owned(),
                        doc: parameter.doc.to_owned(),
                    });
                }
                None => {}
            }
        }
        for parameter in parameters.iter().filter(|p| !missing.contains(p.name)) {
            if let Err(reason) = parameter.check(&arguments) {
                errors.push(arguments.invalid(parameter, reason));
            }
        }
        if errors.is_empty() { Ok(arguments) } else { Err(ArgumentErrors(errors)) }
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// If it is missing or wrong, which [`collect`](Arguments::collect) finds first, or if a secret has gone since.
    pub fn take<T: Argument<Kind>, Kind>(&self, name: &str) -> Result<T, Failure> {
        T::take(self, name)
            .map_err(|reason| Failure::new(format!("parameter `{name}` is wrong: {reason}")))
    }

    /// The texts that a parameter was given.
    pub(super) fn values(&self, name: &str) -> &[String] {
        self.given.get(name).map_or(&[], |given| &given.values)
    }

    fn invalid(&self, parameter: &Parameter, reason: String) -> ArgumentError {
        let given = self.given.get(parameter.name);
        ArgumentError::Invalid {
            name: parameter.name.to_owned(),
            value: given.filter(|_| !parameter.is_secret()).map(|given| given.values.join("`, `")),
            type_text: parameter.type_text.to_owned(),
            origin: given.map_or(Origin::Default, |given| given.origin.clone()),
            reason,
        }
    }
}

/// The strongest layer's value, else the default.
fn find(parameter: &Parameter, layers: &[Layer]) -> Option<Given> {
    let given = layers.iter().find_map(|layer| layer.get(parameter.name)).cloned();
    given.or_else(|| parameter.default.map(|text| Given::one(text, Origin::Default)))
}

/// What the layers name and no parameter is.
fn unknown(parameters: &[&Parameter], layers: &[Layer]) -> Vec<ArgumentError> {
    let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
    let entries = layers.iter().flatten().filter(|(name, _)| !names.contains(&name.as_str()));
    entries
        .map(|(name, given)| ArgumentError::Unknown {
            name: name.clone(),
            origin: given.origin.clone(),
            nearest: crate::nearest::nearest(name, names.iter().copied()).map(str::to_owned),
        })
        .collect()
}

#[cfg(test)]
mod tests;
