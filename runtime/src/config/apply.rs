//! Laying `[operator."uid"]` over a plan.

use std::collections::BTreeMap;

use super::OperatorSettings;
use crate::job::ArgumentError;
use crate::nearest::nearest;
use crate::plan::Plan;

/// Overrides the plan's modifiers by `settings`.
///
/// # Errors
/// If a setting names an operator that the plan has not, or two disagree about one chain.
pub(crate) fn apply(
    plan: &mut Plan,
    settings: &BTreeMap<String, OperatorSettings>,
) -> Result<(), Vec<ArgumentError>> {
    let mut errors = Vec::new();
    let mut decided: BTreeMap<usize, (&str, usize)> = BTreeMap::new();
    for (uid, settings) in settings {
        let Some(chain) = chain_of(plan, uid) else {
            errors.push(unknown(plan, uid));
            continue;
        };
        let Some(parallelism) = settings.parallelism else { continue };
        match decided.insert(chain, (uid, parallelism)) {
            Some((other, different)) if different != parallelism => {
                errors.push(ArgumentError::Other(format!(
                    "operators `{other}` and `{uid}` run in one chain, but the configuration gives them parallelism \
                     {different} and {parallelism}\nhelp: give it to one of them; `plan` shows the chains"
                )));
            }
            _ => plan.set_parallelism(chain, parallelism),
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The chain with the operator `uid`.
fn chain_of(plan: &Plan, uid: &str) -> Option<usize> {
    let has = |operators: &[crate::plan::OperatorSpec]| operators.iter().any(|o| o.id == uid);
    plan.chains().iter().position(|chain| has(chain.spec.operators))
}

fn unknown(plan: &Plan, uid: &str) -> ArgumentError {
    let operators = plan.chains().iter().flat_map(|chain| chain.spec.operators);
    let ids: Vec<&str> = operators.map(|o| o.id).filter(|id| !id.is_empty()).collect();
    let help = match nearest(uid, ids.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if ids.is_empty() => {
            "no operator of it has a uid; give one with `.uid(\"..\")`".to_owned()
        }
        None => format!("it has {}", ids.join(", ")),
    };
    ArgumentError::Other(format!(
        "the configuration names an operator `{uid}`, which the pipeline has not\nhelp: {help}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ChainSpec, OperatorSpec};
    use crate::task::Turn;

    const CHAIN: &[OperatorSpec] = &[
        OperatorSpec { kind: "map", id: "", text: "", file: "", lines: (0, 0) },
        OperatorSpec { kind: "window", id: "hot/window", text: "", file: "", lines: (0, 0) },
        OperatorSpec { kind: "sink", id: "out", text: "", file: "", lines: (0, 0) },
    ];

    fn check(settings: &[(&str, usize)], expected: Result<Option<usize>, &[&str]>) {
        let mut plan = Plan::default();
        let spec = ChainSpec { operators: CHAIN, ..Default::default() };
        plan.chain(spec, |_| Ok(|_: &mut Turn<'_>| Ok(())));
        let with = |n| OperatorSettings { parallelism: Some(n), ..Default::default() };
        let settings = settings.iter().map(|(uid, n)| ((*uid).to_owned(), with(*n))).collect();
        match (apply(&mut plan, &settings), expected) {
            (Ok(()), Ok(parallelism)) => assert_eq!(plan.chains()[0].spec.parallelism, parallelism),
            (Err(errors), Err(texts)) => {
                let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
                assert_eq!(errors, texts);
            }
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn parallelism_goes_to_the_operators_chain() {
        check(&[], Ok(None));
        check(&[("hot/window", 3)], Ok(Some(3)));
        check(&[("hot/window", 3), ("out", 3)], Ok(Some(3)));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        check(
            &[("hot/windo", 3), ("else", 1)],
            Err(&[
                "the configuration names an operator `else`, which the pipeline has not\nhelp: it has hot/window, out",
                "the configuration names an operator `hot/windo`, which the pipeline has not\n\
                 help: did you mean `hot/window`?",
            ]),
        );
        check(
            &[("hot/window", 3), ("out", 2)],
            Err(&[
                "operators `hot/window` and `out` run in one chain, but the configuration gives them parallelism \
                   3 and 2\nhelp: give it to one of them; `plan` shows the chains",
            ]),
        );
    }
}
