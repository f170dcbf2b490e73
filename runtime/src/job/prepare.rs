//! From a definition and its arguments to a plan that can be run or shown.

use std::collections::BTreeMap;

use super::{ArgumentError, ArgumentErrors, Arguments, Definition, StartError};
use crate::plan::{OperatorSettings, Plan};

/// Builds the plan and lays the operators' settings over it.
///
/// # Errors
/// If the pipeline's own statements fail, or a setting does not fit the plan.
pub(crate) fn prepare(
    definition: &Definition,
    arguments: &Arguments,
    operators: &BTreeMap<String, OperatorSettings>,
) -> Result<Plan, StartError> {
    let mut plan = Plan::default();
    let mut arguments = arguments.clone();
    let built = (definition.build)(&mut plan, &mut arguments);
    built.map_err(|failure| StartError::Build {
        pipeline: definition.function.to_owned(),
        failure,
    })?;
    plan.configure(operators).map_err(|errors| {
        let errors = errors.into_iter().map(ArgumentError::Other).collect();
        StartError::Arguments(ArgumentErrors(errors))
    })?;
    Ok(plan)
}
