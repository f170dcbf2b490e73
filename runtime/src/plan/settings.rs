//! Settings of single operators, which override the modifiers in the pipeline: `[operator."uid"]` in `job.toml`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{ChainSpec, OperatorSpec, Plan};
use crate::nearest::nearest;
use crate::time::Span;

/// What `[operator."uid"]` says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OperatorSettings {
    /// How many parallel copies its chain has.
    pub parallelism: Option<usize>,
    /// What plans call it.
    pub name: Option<String>,
    /// How long its state is kept after the last write, in place of the length that its `.ttl(..)` gives: in the same
    /// time, of the clock or of events.
    pub ttl: Option<Duration>,
    /// How long its chain's output may wait for more.
    pub buffer_timeout: Option<Duration>,
}

impl Plan {
    /// Overrides the plan's modifiers by `settings`, by uid.
    ///
    /// # Errors
    /// If a setting names an operator that the plan has not, or two disagree about one chain: a sentence each.
    pub fn configure(
        &mut self,
        settings: &BTreeMap<String, OperatorSettings>,
    ) -> Result<(), Vec<String>> {
        let mut errors = Vec::new();
        let mut timed: BTreeMap<usize, Duration> = BTreeMap::new();
        let mut decided: BTreeMap<usize, (&str, usize)> = BTreeMap::new();
        for (uid, settings) in settings {
            let Some(chain) = chain_of(self, uid) else {
                errors.push(unknown(self, uid));
                continue;
            };
            if let Some(ttl) = settings.ttl
                && let Err(error) = set_ttl(&mut self.chains[chain].spec, uid, ttl)
            {
                errors.push(error);
            }
            if let Some(timeout) = settings.buffer_timeout {
                let shortest = timed.entry(chain).or_insert(timeout);
                *shortest = timeout.min(*shortest);
                self.chains[chain].spec.buffer_timeout = Some(*shortest);
            }
            let Some(parallelism) = settings.parallelism else { continue };
            match decided.insert(chain, (uid, parallelism)) {
                Some((other, different)) if different != parallelism => {
                    errors.push(format!(
                        "operators `{other}` and `{uid}` run in one chain, but the configuration gives them \
                         parallelism {different} and {parallelism}\n\
                         help: give it to one of them; `plan` shows the chains"
                    ));
                }
                _ => self.chains[chain].spec.parallelism = Some(parallelism),
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// Whether an operator forgets, and in which time, is part of its code; for how long is not.
fn set_ttl(spec: &mut ChainSpec, uid: &str, ttl: Duration) -> Result<(), String> {
    let has_ttl = |operator: &OperatorSpec| operator.id == uid && operator.has_ttl;
    if !spec.operators.iter().any(has_ttl) {
        return Err(format!(
            "the configuration gives operator `{uid}` a ttl, but it has none in the pipeline\n\
             help: write `.ttl(hours(1))` behind it, whose length the configuration may then change"
        ));
    }
    let millis = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    if millis == 0 {
        return Err(format!(
            "the configuration gives operator `{uid}` a ttl of nothing\nhelp: give a duration such as `1h`"
        ));
    }
    spec.ttls.insert(uid.to_owned(), Span(millis));
    Ok(())
}

/// The chain with the operator `uid`.
fn chain_of(plan: &Plan, uid: &str) -> Option<usize> {
    let has = |operators: &[OperatorSpec]| operators.iter().any(|o| o.id == uid);
    plan.chains().iter().position(|chain| has(&chain.spec.operators))
}

fn unknown(plan: &Plan, uid: &str) -> String {
    let operators = plan.chains().iter().flat_map(|chain| &chain.spec.operators);
    let ids: Vec<&str> = operators.map(|o| &*o.id).filter(|id| !id.is_empty()).collect();
    let help = match nearest(uid, ids.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if ids.is_empty() => {
            "no operator of it has a uid; give one with `.uid(\"..\")`".to_owned()
        }
        None => format!("it has {}", ids.join(", ")),
    };
    format!("the configuration names an operator `{uid}`, which the pipeline has not\nhelp: {help}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Turn;

    fn spec() -> ChainSpec {
        let operator = |kind, id: &str| OperatorSpec {
            kind,
            id: id.to_owned().into(),
            text: "",
            file: "",
            lines: (0, 0),
            keeps: "",
            has_ttl: kind == "dedup",
        };
        let operators = [("map", ""), ("window", "hot/window"), ("dedup", "seen"), ("sink", "out")];
        let operators = operators.map(|(kind, id)| operator(kind, id)).into();
        ChainSpec::new(operators, vec![], vec![])
    }

    fn check(settings: &[(&str, usize)], expected: Result<Option<usize>, &[&str]>) {
        let mut plan = Plan::default();
        plan.chain(spec(), |_| Ok(|_: &mut Turn<'_>| Ok(())));
        let with = |n| OperatorSettings { parallelism: Some(n), ..Default::default() };
        let settings = settings.iter().map(|(uid, n)| ((*uid).to_owned(), with(*n))).collect();
        match (plan.configure(&settings), expected) {
            (Ok(()), Ok(parallelism)) => assert_eq!(plan.chains()[0].spec.parallelism, parallelism),
            (Err(errors), Err(texts)) => {
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
    fn the_shortest_timeout_of_a_chain_holds() {
        let mut plan = Plan::default();
        plan.chain(spec(), |_| Ok(|_: &mut Turn<'_>| Ok(())));
        let with = |ms| OperatorSettings {
            buffer_timeout: Some(Duration::from_millis(ms)),
            ..Default::default()
        };
        let settings = [("hot/window", 5), ("out", 2)];
        let settings = settings.map(|(uid, ms)| (uid.to_owned(), with(ms))).into_iter().collect();
        plan.configure(&settings).unwrap();
        assert_eq!(plan.chains()[0].spec.buffer_timeout, Some(Duration::from_millis(2)));
    }

    #[test]
    fn a_time_to_live_is_changed_where_there_is_one() {
        let with = |uid: &str, ms| {
            let ttl = Some(Duration::from_millis(ms));
            let settings = OperatorSettings { ttl, ..Default::default() };
            let mut plan = Plan::default();
            plan.chain(spec(), |_| Ok(|_: &mut Turn<'_>| Ok(())));
            plan.configure(&BTreeMap::from([(uid.to_owned(), settings)]))?;
            Ok::<_, Vec<String>>(plan.chains()[0].spec.ttls.get(uid).copied())
        };
        assert_eq!(with("seen", 5), Ok(Some(Span(5))));
        let refused = |uid, ms| with(uid, ms).unwrap_err().remove(0);
        assert!(refused("seen", 0).contains("a ttl of nothing"), "{}", refused("seen", 0));
        assert!(refused("out", 5).contains("it has none"), "{}", refused("out", 5));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        check(
            &[("hot/windo", 3), ("else", 1)],
            Err(&[
                "the configuration names an operator `else`, which the pipeline has not\nhelp: it has hot/window, seen, out",
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
