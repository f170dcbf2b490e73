//! Parameters: what a job can be told when it is started.

use super::argument::Shape;
use super::{Argument, Arguments};

/// A parameter of a job: its name and text for people, and what its type asks for.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// As written in the pipeline: `start_date`.
    pub name: &'static str,
    /// Its doc comment.
    pub doc: &'static str,
    /// Its type as written.
    pub type_text: &'static str,
    /// The text that is parsed if none is given.
    pub default: Option<&'static str>,
    shape: Shape,
    check: fn(&Arguments, &str) -> Result<(), String>,
}

/// How many values a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arity {
    /// Exactly one, unless there is a default.
    One,
    /// One or none.
    Optional,
    /// Any number.
    Many,
    /// None: being there means true.
    Flag,
}

impl Parameter {
    /// A parameter of type `T`. The second type is always `_`: rustc finds out which kind of argument `T` is.
    pub fn of<T: Argument<Kind>, Kind>(
        name: &'static str,
        doc: &'static str,
        type_text: &'static str,
        default: Option<&'static str>,
    ) -> Parameter {
        Parameter {
            name,
            doc,
            type_text,
            default,
            shape: T::shape(),
            check: |arguments, name| T::take(arguments, name).map(drop),
        }
    }

    /// How many values it takes; `None` for a group.
    pub fn arity(&self) -> Option<Arity> {
        match &self.shape {
            Shape::Value { arity, .. } => Some(*arity),
            Shape::Group(_) => None,
        }
    }

    /// True if its value must not be shown and is given by reference.
    pub fn is_secret(&self) -> bool {
        matches!(self.shape, Shape::Value { secret: true, .. })
    }

    /// Its option on the command line, without the dashes: `start-date`.
    pub fn option(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Its variable in the environment: `THALWEG_START_DATE`.
    pub fn variable(&self) -> String {
        format!("THALWEG_{}", self.name.to_uppercase())
    }

    /// Itself, or the parameters of its group.
    pub(super) fn flatten<'a>(&'a self, into: &mut Vec<&'a Parameter>) {
        match &self.shape {
            Shape::Value { .. } => into.push(self),
            Shape::Group(parameters) => {
                for parameter in parameters {
                    parameter.flatten(into);
                }
            }
        }
    }

    /// Parses what was given and says what is wrong with it.
    pub(super) fn check(&self, arguments: &Arguments) -> Result<(), String> {
        (self.check)(arguments, self.name)
    }
}
