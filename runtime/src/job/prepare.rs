//! From a definition and its arguments to a plan that can be run or shown.

use std::collections::BTreeMap;

use super::{ArgumentError, ArgumentErrors, Arguments, Definition, RunError};
use crate::plan::{OperatorSettings, Plan};
use crate::task::guarded;

/// Builds the plan and lays the operators' settings over it.
///
/// # Errors
/// If the pipeline's own statements fail, or a setting does not fit the plan.
pub(crate) fn prepare(
    definition: &Definition,
    arguments: &Arguments,
    operators: &BTreeMap<String, OperatorSettings>,
) -> Result<Plan, RunError> {
    let mut arguments = arguments.clone();
    let built = guarded(|| Plan::build(|plan| (definition.build)(plan, &mut arguments)));
    let pipeline = definition.function.to_owned();
    let mut plan = built.map_err(|failure| RunError::Build { pipeline, failure })?;
    plan.configure(operators).map_err(|errors| {
        let errors = errors.into_iter().map(ArgumentError::Other).collect();
        RunError::Arguments(ArgumentErrors(errors))
    })?;
    Ok(plan)
}
