//! What a pipeline function is compiled into.

use super::{Arguments, Parameter};
use crate::plan::Plan;
use crate::task::Failure;

/// Builds a plan from arguments. Runs in every process that needs the plan, so it has no effects of its own.
pub type Build = fn(&mut Plan, &mut Arguments) -> Result<(), Failure>;

/// A pipeline: its names, its parameters, and how its plan is built.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What people call it: `#[pipeline(name = "..")]`, else the function's name.
    pub name: &'static str,
    /// The function's name: how the command line and `[args.<pipeline>]` select it.
    pub function: &'static str,
    /// The function's doc comment, the text above `--help`.
    pub doc: &'static str,
    /// The parameters, in the order of the function's.
    pub parameters: Vec<Parameter>,
    /// Builds the plan.
    pub build: Build,
}

impl Definition {
    /// The parameters, with those of `#[args]` structs in their place.
    pub fn flat_parameters(&self) -> Vec<&Parameter> {
        let mut flat = Vec::new();
        for parameter in &self.parameters {
            parameter.flatten(&mut flat);
        }
        flat
    }

    /// Parameters that cannot be offered: two of one name, or one that a job binary uses itself. One sentence each.
    pub fn conflicts(&self, reserved: &[&str]) -> Vec<String> {
        let mut names: Vec<&str> = self.flat_parameters().iter().map(|p| p.name).collect();
        names.sort_unstable();
        let mut conflicts: Vec<String> = names
            .chunk_by(|left, right| left == right)
            .filter(|equal| equal.len() > 1)
            .map(|equal| {
                let (name, pipeline) = (equal[0], self.function);
                format!(
                    "pipeline `{pipeline}` has {} parameters called `{name}`\n\
                     help: rename all but one; the fields of an #[args] struct count as parameters",
                    equal.len()
                )
            })
            .collect();
        names.dedup();
        conflicts.extend(names.iter().filter(|name| reserved.contains(name)).map(|name| {
            format!(
                "parameter `{name}` of pipeline `{}` has the name of an option that every job has\n\
                 help: rename the parameter",
                self.function
            )
        }));
        conflicts
    }
}

/// What [`main`](crate::main) takes: a pipeline, or a tuple of up to eight.
pub trait Jobs {
    /// The pipelines' definitions.
    fn definitions(&self) -> Vec<Definition>;
}

impl<F: Fn() -> Definition> Jobs for F {
    fn definitions(&self) -> Vec<Definition> {
        vec![self()]
    }
}

macro_rules! tuples_of_jobs {
    ($(($($job:ident)+))+) => { $(
        impl<$($job: Fn() -> Definition),+> Jobs for ($($job,)+) {
            fn definitions(&self) -> Vec<Definition> {
                #[allow(non_snake_case)] // The type's letter doubles as the variable's name.
                let ($($job,)+) = self;
                vec![$($job()),+]
            }
        }
    )+ };
}

tuples_of_jobs! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) }

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> Definition {
        Definition {
            name: "First",
            function: "first",
            doc: "",
            parameters: vec![
                Parameter::of::<String, _>("input", "", "String", None),
                Parameter::of::<u8, _>("parallelism", "", "u8", None),
                Parameter::of::<u8, _>("input", "", "u8", None),
            ],
            build: |_, _| Ok(()),
        }
    }

    #[test]
    fn a_function_and_a_tuple_of_functions_are_jobs() {
        assert_eq!(first.definitions().len(), 1);
        assert_eq!((first, first).definitions().len(), 2);
    }

    #[test]
    fn equal_and_reserved_names_are_conflicts() {
        let conflicts = first().conflicts(&["parallelism"]);
        assert_eq!(conflicts.len(), 2, "{conflicts:?}");
        assert!(conflicts[0].contains("2 parameters called `input`"));
        assert!(conflicts[1].contains("parameter `parallelism`"));
    }
}
