//! Jobs started from code: arguments, groups of them, resources, errors.

use std::sync::atomic::{AtomicUsize, Ordering};

use thalweg::job::{CheckpointOptions, Job, RunError};
use thalweg::plan::OperatorSettings;
use thalweg::prelude::*;
use thalweg::task::{Control, Ending};

/// What is counted.
#[args]
struct Range {
    /// Where it ends.
    count: u64,
    #[arg(default = 1)]
    step: u64,
}

#[pipeline]
fn counting(range: Range, only: Vec<u64>, even: bool) {
    let step = range.step;
    source(generate(range.count, move |i| i * step))
        .filter(move |i| !even || i % 2 == 0)
        .filter(move |i| only.is_empty() || only.contains(&i))
        .sink(discard());
}

fn written(job: Job) -> u64 {
    let summary = job.run().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(summary.ending, Ending::Finished);
    summary.metrics.records_out()
}

#[test]
fn arguments_are_given_by_name() {
    let job = Job::new(counting).arg("count", 10);
    assert_eq!(written(job.clone()), 10);
    assert_eq!(written(job.clone().arg("even", true).parallelism(2)), 5);
    assert_eq!(written(job.clone().arg("step", 2).arg("even", true)), 10);
    assert_eq!(written(job.arg("only", 3).arg("only", 4).arg("only", 99)), 2);
}

#[test]
fn wrong_arguments_are_all_told() {
    let error = Job::new(counting).arg("cuont", 10).arg("even", "perhaps").run().err();
    let Some(RunError::Arguments(errors)) = error else { panic!("{error:?}") };
    let text = errors.to_string();
    for part in [
        "no parameter `cuont`",
        "did you mean `count`",
        "`count` (u64) is missing",
        "`even` (bool) is wrong",
    ] {
        assert!(text.contains(part), "{part}\n--- not in ---\n{text}");
    }
    let error = Job::new(counting).arg("count", 1).parallelism(0).run().err();
    assert!(matches!(error, Some(RunError::Arguments(_))), "{error:?}");
}

#[pipeline]
fn keyed() {
    source(generate(10, |i| i)).key_by(|i| i % 2).count().uid("out").sink(discard());
}

#[test]
fn settings_of_operators_reach_the_plan() {
    let with = |uid| {
        let settings = OperatorSettings { parallelism: Some(3), ..OperatorSettings::default() };
        Job::new(keyed).operator(uid, settings)
    };
    assert!(
        with("ou")
            .plan()
            .err()
            .is_some_and(|error| error.to_string().contains("did you mean `out`"))
    );
    let plan = with("out").plan().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plan.chains()[1].spec.parallelism, Some(3));
    assert_eq!(written(with("out")), 10);
}

#[test]
fn a_job_can_be_stopped_from_outside() {
    let control = Control::new();
    control.stop();
    let job = Job::new(counting).arg("count", u64::MAX).control(&control);
    let summary = job.run().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(summary.ending, Ending::Stopped);
}

static OPENED: AtomicUsize = AtomicUsize::new(0);
static CLOSED: AtomicUsize = AtomicUsize::new(0);

struct Offset(u64);

impl Drop for Offset {
    fn drop(&mut self) {
        CLOSED.fetch_add(1, Ordering::SeqCst);
    }
}

fn open(offset: u64) -> Result<Offset, String> {
    OPENED.fetch_add(1, Ordering::SeqCst);
    if offset == 0 { Err("connection refused".to_owned()) } else { Ok(Offset(offset)) }
}

#[pipeline]
fn shifted(offset: u64) {
    let shift = resource(move || open(offset));
    let factor = async_resource(move || async move { Ok::<u64, String>(offset * 2) });
    source(generate(10, |i| i)).map(move |i| (i + shift.0) * *factor).sink(discard());
}

#[test]
fn resources_are_opened_once_for_a_run_and_closed_after_it() {
    let job = Job::new(shifted).arg("offset", 5).parallelism(2);
    drop(job.plan());
    assert_eq!((OPENED.load(Ordering::SeqCst), CLOSED.load(Ordering::SeqCst)), (0, 0));
    assert_eq!(written(job), 10);
    assert_eq!((OPENED.load(Ordering::SeqCst), CLOSED.load(Ordering::SeqCst)), (1, 1));
    let error = Job::new(shifted).arg("offset", 0).run().err().map(|error| error.to_string());
    let error = error.unwrap_or_default();
    assert!(error.contains("resource `shift` cannot be opened: connection refused"), "{error}");
}

#[pipeline]
fn remembering(count: u64) {
    source(generate(count, |i| i)).key_by(|i| i % 100).sum(|i| i).uid("sums").sink(discard());
}

#[test]
fn the_last_checkpoint_and_each_operators_state_are_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = CheckpointOptions::new(dir.path().to_str().expect("UTF-8"));
    let job = Job::new(remembering).arg("count", 10_000).parallelism(2).checkpoints(options);
    let metrics = job.run().unwrap_or_else(|error| panic!("{error}")).metrics;
    let checkpoints = metrics.checkpoints.expect("it takes some");
    let last = checkpoints.last.as_ref().expect("the one at its end");
    assert!(checkpoints.completed > 0 && checkpoints.failed == 0, "{checkpoints:?}");
    assert!(last.id > 0 && last.bytes >= last.bytes_written, "{last:?}");
    let mut states = metrics.chains.iter().flat_map(|chain| &chain.states);
    assert!(states.any(|state| state.operator == "sums"), "{:?}", metrics.chains);
}
