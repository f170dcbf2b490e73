//! Replays cases and says what came of it.

use std::collections::BTreeMap;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::compare::difference;
use super::lenient::Leniency;
use super::pipelines::{Answer, answer};
use super::replay::recorded;
use super::{Case, cases_of, differences};

/// What came of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// As recorded.
    Passed,
    /// Different, as the named difference says: its name, and how.
    Differs(&'static str, String),
    /// Different.
    Failed(String),
    /// There is no pipeline for it.
    NotBuilt,
}

/// What came of many cases.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many were answered as recorded.
    pub passed: usize,
    /// Those that differ on purpose, by the name of the difference: id and how.
    pub differ: BTreeMap<&'static str, Vec<(String, String)>>,
    /// Those that were answered differently: group, id and how.
    pub failed: Vec<(String, String, String)>,
    /// How many have no pipeline, by group.
    pub not_built: BTreeMap<String, usize>,
}

impl Report {
    /// Adds a case.
    pub fn add(&mut self, case: &Case, verdict: Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Differs(name, how) => {
                self.differ.entry(name).or_default().push((case.id.clone(), how));
            }
            Verdict::Failed(how) => self.failed.push((case.group.clone(), case.id.clone(), how)),
            Verdict::NotBuilt => *self.not_built.entry(case.group.clone()).or_default() += 1,
        }
    }
}

/// Replays all cases of a folder.
///
/// # Errors
/// If they cannot be read.
pub fn run_folder(folder: &Path) -> Result<Report, Box<dyn Error>> {
    let mut report = Report::default();
    for case in cases_of(folder)? {
        let verdict = judge(&case);
        report.add(&case, verdict);
    }
    Ok(report)
}

/// Replays a case.
pub fn judge(case: &Case) -> Verdict {
    let answered = catch_unwind(AssertUnwindSafe(|| answer(case)));
    let found = match answered {
        Ok(Answer::NotBuilt) => return Verdict::NotBuilt,
        Ok(Answer::Steps(found)) => vec![found],
        Ok(Answer::Either(one, other)) => vec![one, other],
        Ok(Answer::Whole(how)) => return named(case, how, |_| None),
        Err(panic) => return named(case, Some(text_of(&*panic)), |_| None),
    };
    let how = |lenient| found.iter().find_map(|found| differs(case, found, lenient));
    named(case, how(Leniency::default()), how)
}

/// The verdict on a case that differs somehow: the named difference must explain it, and `rest` says what is different
/// beyond that.
fn named(case: &Case, how: Option<String>, rest: impl Fn(Leniency) -> Option<String>) -> Verdict {
    let Some(how) = how else { return Verdict::Passed };
    let Some(named) = differences::named(case) else { return Verdict::Failed(how) };
    match (named.rest)(case).and_then(rest) {
        Some(rest) => Verdict::Failed(format!("but for {}: {rest}", named.name)),
        None => Verdict::Differs(named.name, how),
    }
}

fn differs(case: &Case, found: &[super::replay::Step], lenient: Leniency) -> Option<String> {
    // The order in which the lists of sessions are merged is the backend's.
    let lists = lenient.lists || case.word("window").starts_with("session");
    difference(case, found, &recorded(case), Leniency { lists, ..lenient })
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
}
