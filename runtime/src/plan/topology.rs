//! Which chains an exchange connects, and whether a plan can be run.

use super::{ChainPlan, Plan};
use crate::exchange::{EdgeId, KeyGroups, Partition};

/// A plan cannot be run.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanError {
    /// There are no chains.
    #[error("the pipeline does nothing\nhelp: end at least one stream in `.sink(..)`")]
    Empty,
    /// Parallelism zero.
    #[error("{of} has parallelism 0\nhelp: give a parallelism of at least 1")]
    NoParallelism {
        /// The chain, or the job.
        of: String,
    },
    /// More tasks than key groups.
    #[error(
        "{of} has parallelism {parallelism}, but there are {groups} key groups\nhelp: lower the parallelism; the number of key groups is fixed when a job starts for the first time"
    )]
    TooParallel {
        /// The chain, or the job.
        of: String,
        /// Its parallelism.
        parallelism: usize,
        /// The key groups there are.
        groups: u32,
    },
    /// An impossible number of key groups.
    #[error("{groups} key groups\nhelp: there may be 1 to 32768")]
    KeyGroups {
        /// How many were asked for.
        groups: u32,
    },
    /// An exchange without one writer and one reader.
    #[error(
        "exchange {edge} has {writers} writing and {readers} reading chains\nhelp: this is a defect of the compiler, please report it"
    )]
    Edge {
        /// The exchange.
        edge: u32,
        /// Chains that write it.
        writers: usize,
        /// Chains that read it.
        readers: usize,
    },
    /// A forward exchange between chains of different parallelism.
    #[error(
        "`{from}` has {from_parallelism} tasks and `{to}` has {to_parallelism}, but records go from each task to the same task\nhelp: give both the same `.parallelism(..)`, or put `.rebalance()` between them"
    )]
    Forward {
        /// The writing chain.
        from: String,
        /// Its parallelism.
        from_parallelism: usize,
        /// The reading chain.
        to: String,
        /// Its parallelism.
        to_parallelism: usize,
    },
    /// Records would go in circles.
    #[error(
        "`{chain}` reads what it writes\nhelp: this is a defect of the compiler, please report it"
    )]
    Cycle {
        /// A chain of the circle.
        chain: String,
    },
}

/// What an exchange connects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct EdgeEnds {
    /// The chains that write it.
    pub(crate) writers: Vec<usize>,
    /// The chain that reads it.
    pub(crate) reader: usize,
}

/// A plan checked for a parallelism.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Topology {
    /// The parallelism of each chain.
    pub(crate) parallelism: Vec<usize>,
    /// The ends of each exchange.
    pub(crate) edges: Vec<EdgeEnds>,
}

impl ChainPlan {
    /// Its operators: `source → filter → key_by`.
    pub fn name(&self) -> String {
        let kinds: Vec<_> = self.spec.operators.iter().map(|operator| operator.kind).collect();
        if kinds.is_empty() { "chain".to_owned() } else { kinds.join(" → ") }
    }

    /// The operator whose text has this line; the shortest of several.
    pub(crate) fn operator_at(&self, file: &str, line: u32) -> Option<String> {
        let operators = self.spec.operators.iter();
        let here = operators.filter(|operator| {
            operator.file == file && (operator.lines.0..=operator.lines.1).contains(&line)
        });
        let shortest = here.min_by_key(|operator| operator.lines.1 - operator.lines.0)?;
        Some(format!("`{}` at {}:{}", shortest.text, shortest.file, shortest.lines.0))
    }
}

impl Topology {
    /// Checks the plan.
    pub(crate) fn new(plan: &Plan, parallelism: usize, groups: u32) -> Result<Topology, PlanError> {
        if plan.chains.is_empty() {
            return Err(PlanError::Empty);
        }
        if !(1..=KeyGroups::MAX).contains(&groups) {
            return Err(PlanError::KeyGroups { groups });
        }
        check_parallelism(|| "the job".to_owned(), parallelism, groups)?;
        let of_chain = |chain: &ChainPlan| chain.spec.parallelism.unwrap_or(parallelism);
        for chain in &plan.chains {
            check_parallelism(|| format!("`{}`", chain.name()), of_chain(chain), groups)?;
        }
        let edges = (0..plan.edges.len() as u32).map(|edge| ends(plan, EdgeId(edge)));
        let topology = Topology {
            parallelism: plan.chains.iter().map(of_chain).collect(),
            edges: edges.collect::<Result<_, _>>()?,
        };
        topology.check_forward(plan)?;
        topology.check_circles(plan)?;
        Ok(topology)
    }

    fn check_forward(&self, plan: &Plan) -> Result<(), PlanError> {
        for (edge, ends) in plan.edges.iter().zip(&self.edges) {
            let to = ends.reader;
            for &from in &ends.writers {
                let (from_parallelism, to_parallelism) =
                    (self.parallelism[from], self.parallelism[to]);
                if edge.partition == Partition::Forward && from_parallelism != to_parallelism {
                    return Err(PlanError::Forward {
                        from: plan.chains[from].name(),
                        from_parallelism,
                        to: plan.chains[to].name(),
                        to_parallelism,
                    });
                }
            }
        }
        Ok(())
    }

    /// Takes away chains that read nothing that is left, until none is left.
    fn check_circles(&self, plan: &Plan) -> Result<(), PlanError> {
        let mut left: Vec<usize> = (0..plan.chains.len()).collect();
        loop {
            let reads_left = |chain: usize| {
                let mut edges = self.edges.iter();
                edges.any(|ends| {
                    ends.reader == chain && ends.writers.iter().any(|writer| left.contains(writer))
                })
            };
            let still: Vec<_> = left.iter().copied().filter(|&chain| reads_left(chain)).collect();
            match still.first() {
                None => return Ok(()),
                Some(&chain) if still.len() == left.len() => {
                    return Err(PlanError::Cycle { chain: plan.chains[chain].name() });
                }
                Some(_) => left = still,
            }
        }
    }
}

fn check_parallelism(
    of: impl Fn() -> String,
    parallelism: usize,
    groups: u32,
) -> Result<(), PlanError> {
    if parallelism == 0 {
        return Err(PlanError::NoParallelism { of: of() });
    }
    if parallelism > groups as usize {
        return Err(PlanError::TooParallel { of: of(), parallelism, groups });
    }
    Ok(())
}

fn ends(plan: &Plan, edge: EdgeId) -> Result<EdgeEnds, PlanError> {
    if plan.is_unused(edge) {
        return Ok(EdgeEnds { writers: Vec::new(), reader: 0 });
    }
    let with = |edges: fn(&ChainPlan) -> &[EdgeId]| -> Vec<usize> {
        let chains = plan.chains.iter().enumerate();
        chains.filter(|(_, chain)| edges(chain).contains(&edge)).map(|(index, _)| index).collect()
    };
    let writers = with(|chain| &chain.spec.outputs);
    let readers = with(|chain| &chain.spec.inputs);
    match readers[..] {
        [reader] if !writers.is_empty() => Ok(EdgeEnds { writers, reader }),
        _ => Err(PlanError::Edge { edge: edge.0, writers: writers.len(), readers: readers.len() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ChainSpec, EdgePlan, OperatorSpec};

    fn plan(edges: &[Partition], chains: &[(&[u32], &[u32], Option<usize>)]) -> Plan {
        let mut plan = Plan::default();
        for &partition in edges {
            plan.edge::<u64>(EdgePlan { partition, label: "u64", key: None });
        }
        for &(inputs, outputs, parallelism) in chains {
            let inputs = inputs.iter().map(|&id| EdgeId(id)).collect();
            let outputs = outputs.iter().map(|&id| EdgeId(id)).collect();
            let spec = ChainSpec { parallelism, ..ChainSpec::new(vec![], inputs, outputs) };
            plan.chain(spec, |_| Ok(|_: &mut crate::task::Turn<'_>| Ok(())));
        }
        plan
    }

    #[test]
    fn plans_that_cannot_run_are_refused() {
        use Partition::{Forward, Key};
        let check = |plan: &Plan, parallelism| Topology::new(plan, parallelism, 128).unwrap_err();
        assert_eq!(check(&plan(&[], &[]), 1), PlanError::Empty);
        let one = plan(&[], &[(&[], &[], None)]);
        assert!(matches!(check(&one, 0), PlanError::NoParallelism { .. }));
        assert!(matches!(check(&one, 129), PlanError::TooParallel { .. }));
        let unread = plan(&[Key], &[(&[], &[0], None)]);
        assert_eq!(check(&unread, 1), PlanError::Edge { edge: 0, writers: 1, readers: 0 });
        let uneven = plan(&[Forward], &[(&[], &[0], Some(2)), (&[0], &[], None)]);
        assert!(matches!(check(&uneven, 1), PlanError::Forward { .. }));
        let circle = plan(&[Key, Key], &[(&[0], &[1], None), (&[1], &[0], None)]);
        assert!(matches!(check(&circle, 1), PlanError::Cycle { .. }));
    }

    #[test]
    fn ends_of_exchanges_are_found() {
        let diamond = plan(
            &[Partition::Key, Partition::Key, Partition::Key],
            &[(&[], &[0, 1], None), (&[0], &[2], Some(3)), (&[1], &[2], None), (&[2], &[], None)],
        );
        let topology = Topology::new(&diamond, 2, 128).unwrap();
        assert_eq!(topology.parallelism, [2, 3, 2, 2]);
        assert_eq!(topology.edges[2], EdgeEnds { writers: vec![1, 2], reader: 3 });
    }

    #[test]
    fn operator_is_found_by_line() {
        const OPERATORS: &[OperatorSpec] = &[
            OperatorSpec {
                kind: "source",
                id: std::borrow::Cow::Borrowed(""),
                text: "source(..)",
                file: "a.rs",
                lines: (1, 9),
                keeps: "",
                has_ttl: false,
            },
            OperatorSpec {
                kind: "map",
                id: std::borrow::Cow::Borrowed(""),
                text: "map(..)",
                file: "a.rs",
                lines: (3, 4),
                keeps: "",
                has_ttl: false,
            },
        ];
        let mut plan = Plan::default();
        let spec = ChainSpec { operators: OPERATORS.to_vec(), ..ChainSpec::default() };
        plan.chain(spec, |_| Ok(|_: &mut crate::task::Turn<'_>| Ok(())));
        let chain = &plan.chains()[0];
        assert_eq!(chain.name(), "source → map");
        assert_eq!(chain.operator_at("a.rs", 4).unwrap(), "`map(..)` at a.rs:3");
        assert_eq!(chain.operator_at("a.rs", 8).unwrap(), "`source(..)` at a.rs:1");
        assert_eq!(chain.operator_at("b.rs", 4), None);
    }
}
