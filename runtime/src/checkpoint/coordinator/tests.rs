//! Scripts, and random orders of everything against a model.

mod random;
mod script;

use super::super::store::StorePath;
use super::super::{Attempt, Digest, Epoch, Folder};
use super::*;

const FENCE: Fence = Fence { epoch: Epoch(1), attempt: Attempt(2) };
const OLD: Fence = Fence { epoch: Epoch(1), attempt: Attempt(1) };

fn retained(id: CheckpointId) -> Retained {
    let manifest = Folder { id, fence: FENCE }.manifest();
    Retained { id, manifest, len: 10, digest: Digest::of(b""), commits: false }
}

fn start(tasks: u32) -> Start {
    let (next_id, id_high) = (CheckpointId(1), CheckpointId(IDS));
    Start { fence: FENCE, tasks, next_id, id_high, retained: Vec::new(), finished: false }
}

fn options() -> Options {
    Options {
        interval: Some(Duration::from_secs(10)),
        timeout: Duration::from_secs(60),
        retained: 2,
        ..Options::default()
    }
}

type Machine = Coordinator<String, String>;

fn running(tasks: u32, options: Options) -> Machine {
    let mut machine = Machine::new(options, start(tasks));
    for task in 0..tasks {
        machine.step(Duration::ZERO, Event::Running { task: TaskId(task), fence: FENCE });
    }
    machine
}

fn acked(id: u64, task: u32, fence: Fence) -> Event<String, String> {
    let (snapshot, prepared) = ("s".to_owned(), vec!["p".to_owned()]);
    Event::Acked { id: CheckpointId(id), task: TaskId(task), fence, snapshot, prepared }
}

#[test]
fn bug_28_messages_of_an_earlier_attempt_change_nothing() {
    let mut machine = running(2, options());
    let now = Duration::from_secs(10);
    let triggered = machine.step(now, Event::Tick);
    assert!(matches!(triggered[..], [Action::Trigger { id: CheckpointId(1), .. }]));
    let (task, fence, id) = (TaskId(0), OLD, CheckpointId(1));
    let why = || Decline::Prepare("disk".to_owned());
    for event in [
        Event::Running { task, fence },
        Event::AwaitsFinal { task, fence },
        Event::Lost { task, fence },
        acked(1, 0, OLD),
        acked(900, 0, OLD),
        Event::Declined { id, task, fence, why: why(), prepared: Vec::new() },
        Event::Confirmed { id, task, fence },
    ] {
        assert_eq!(machine.step(now, event.clone()), [], "{event:?}");
    }
    assert_eq!(machine.counts().obsolete, 7);
    assert_eq!(machine.step(now, acked(1, 0, FENCE)), []);
    let written = machine.step(now, acked(1, 1, FENCE));
    assert!(matches!(&written[..], [Action::Write { prepared, .. }] if prepared.len() == 2));
}

#[test]
fn bug_27_nothing_is_triggered_while_a_task_restores() {
    let mut machine = Machine::new(options(), start(2));
    let running = |task| Event::Running { task: TaskId(task), fence: FENCE };
    assert_eq!(machine.step(Duration::ZERO, running(0)), []);
    let request = Event::Requested { request: RequestId(1), kind: Kind::Savepoint };
    assert_eq!(machine.step(Duration::from_secs(50), request), []);
    let triggered = machine.step(Duration::from_secs(60), running(1));
    assert!(matches!(triggered[..], [Action::Trigger { kind: Kind::Savepoint, .. }]));
}

#[test]
fn bug_32_a_complete_that_is_lost_is_said_again() {
    let mut machine = running(1, options());
    let (mut now, id) = (Duration::from_secs(10), CheckpointId(1));
    machine.step(now, Event::Tick);
    machine.step(now, acked(1, 0, FENCE));
    machine.step(now, Event::Written { id, result: Ok(retained(id)) });
    let complete = machine.step(now, Event::Published(Outcome::Won));
    assert!(matches!(&complete[..], [Action::Complete { prepared, .. }] if prepared.len() == 1));
    for _ in 0..5 {
        now = machine.deadline().expect("it is said again");
        assert_eq!(machine.step(now, Event::Tick), complete);
    }
    assert_eq!(machine.step(now, Event::Confirmed { id, task: TaskId(0), fence: FENCE }), []);
    assert_eq!(machine.deadline(), Some(Duration::from_secs(20)));
}

#[test]
fn answers_that_come_twice_count_once() {
    let mut machine = running(2, options());
    let now = Duration::from_secs(10);
    machine.step(now, Event::Tick);
    for _ in 0..3 {
        assert_eq!(machine.step(now, acked(1, 0, FENCE)), []);
    }
    let written = machine.step(now, acked(1, 1, FENCE));
    assert!(matches!(&written[..], [Action::Write { prepared, .. }] if prepared.len() == 2));
    assert_eq!(machine.step(now, acked(1, 1, FENCE)), []);
    assert_eq!(machine.counts().obsolete, 3);
}

#[test]
fn the_pause_counts_from_the_end() {
    let pause = Duration::from_secs(30);
    let mut machine = running(1, Options { min_pause: pause, ..options() });
    let mut step = |seconds: u64, event| machine.step(Duration::from_secs(seconds), event);
    assert_eq!(step(10, Event::Tick).len(), 1);
    step(19, acked(1, 0, FENCE));
    step(20, Event::Written { id: CheckpointId(1), result: Ok(retained(CheckpointId(1))) });
    assert_eq!(step(21, Event::Published(Outcome::Won)).len(), 1);
    step(21, Event::Confirmed { id: CheckpointId(1), task: TaskId(0), fence: FENCE });
    assert_eq!(step(50, Event::Tick), []);
    assert_eq!(machine.deadline(), Some(Duration::from_secs(51)));
    let triggered = machine.step(Duration::from_secs(51), Event::Tick);
    assert!(matches!(triggered[..], [Action::Trigger { .. }]));
}

#[test]
fn what_is_due_and_not_taken_is_counted_once() {
    let mut machine = running(1, options());
    for second in 10..=55 {
        machine.step(Duration::from_secs(second), Event::Tick);
    }
    assert_eq!(machine.counts().skipped, BTreeMap::from([(Skip::InFlight, 1)]));
}

#[test]
fn ids_are_set_aside_before_they_are_used() {
    let last = CheckpointId(2);
    let mut machine = Machine::new(options(), Start { id_high: last, ..start(1) });
    machine.step(Duration::ZERO, Event::Running { task: TaskId(0), fence: FENCE });
    let mut used = Vec::new();
    let mut high = last;
    for second in (10..100).step_by(10) {
        let now = Duration::from_secs(second);
        let mut actions = machine.step(now, Event::Tick);
        if let [Action::Publish(publication)] = &actions[..] {
            high = publication.id_high;
            assert_eq!(machine.deadline(), None, "nothing happens before the pointer answers");
            assert_eq!(machine.step(now, Event::Tick), []);
            actions = machine.step(now, Event::Published(Outcome::Won));
        }
        let [Action::Trigger { id, .. }] = actions[..] else { panic!("{actions:?}") };
        assert!(id <= high);
        used.push(id.0);
        let why = Decline::Snapshot("full".to_owned());
        let (task, fence, prepared) = (TaskId(0), FENCE, Vec::new());
        machine.failures = 0;
        machine.step(now, Event::Declined { id, task, fence, why, prepared });
    }
    assert_eq!(used, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(high, CheckpointId(3 + IDS));
}

#[test]
fn sinks_that_do_not_confirm_hold_checkpoints_up() {
    let mut machine = running(1, options());
    let mut now = Duration::ZERO;
    let mut triggered = 0;
    for _ in 0..UNCONFIRMED_MAX + 3 {
        now += Duration::from_secs(10);
        let actions = machine.step(now, Event::Tick);
        let Some(Action::Trigger { id, .. }) = actions.last() else { continue };
        triggered += 1;
        machine.step(now, acked(id.0, 0, FENCE));
        machine.step(now, Event::Written { id: *id, result: Ok(retained(*id)) });
        machine.step(now, Event::Published(Outcome::Won));
    }
    assert_eq!(triggered, UNCONFIRMED_MAX);
    assert_eq!(machine.counts().skipped, BTreeMap::from([(Skip::Unconfirmed, 1)]));
    let id = CheckpointId(UNCONFIRMED_MAX as u64);
    let actions = machine.step(now, Event::Confirmed { id, task: TaskId(0), fence: FENCE });
    assert!(matches!(actions[..], [Action::Trigger { .. }]), "{actions:?}");
}

#[test]
fn as_many_wishes_as_can_wait() {
    let mut machine = running(1, options());
    let mut ask = |request: u64| {
        let event = Event::Requested { request: RequestId(request), kind: Kind::Savepoint };
        machine.step(Duration::ZERO, event)
    };
    assert!(matches!(ask(0)[..], [Action::Trigger { .. }]));
    for request in 1..=REQUESTS_MAX as u64 {
        assert_eq!(ask(request), []);
    }
    let refused = Err(Refusal::TooMany(REQUESTS_MAX));
    assert_eq!(ask(99), [Action::Answer { request: RequestId(99), result: refused }]);
}

/// Who is killed behind a drain's checkpoint goes on from there, with input that nobody is to read: the next attempt may
/// not lose that knowledge.
#[test]
fn behind_the_last_checkpoint_nothing_but_the_last_is_taken() {
    let mut machine = Machine::new(options(), Start { finished: true, ..start(1) });
    let (task, fence) = (TaskId(0), FENCE);
    assert_eq!(machine.step(Duration::ZERO, Event::Running { task, fence }), []);
    let stop = Event::Requested { request: RequestId(1), kind: Kind::Stop };
    assert_eq!(machine.step(Duration::from_secs(100), stop), []);
    let last = machine.step(Duration::from_secs(100), Event::AwaitsFinal { task, fence });
    assert!(matches!(last[..], [Action::Trigger { kind: Kind::Final, .. }]), "{last:?}");
}

#[test]
#[should_panic(expected = "committed 1, which is not complete")]
fn nothing_is_committed_before_it_is_the_truth() {
    let mut machine = running(1, options());
    machine.step(Duration::from_secs(10), Event::Tick);
    let id = CheckpointId(1);
    machine.step(Duration::from_secs(10), Event::Confirmed { id, task: TaskId(0), fence: FENCE });
}

#[test]
fn messages_say_what_to_do() {
    let last = Abort::Expired { waiting: vec![TaskId(3)] };
    let text = Failure::TooManyAborts { count: 3, last }.to_string();
    assert!(text.contains("tasks [3] had not answered\nhelp: "), "{text}");
    let why = Abort::Declined { task: TaskId(1), why: "no space is left".to_owned() };
    let text = Refusal::Aborted(why).to_string();
    assert!(text.contains("task 1 declined: no space is left; the job goes on\nhelp: "), "{text}");
    assert!(Abort::Lost { task: TaskId(2) }.to_string().contains("task 2"));
    assert!(Abort::Storage { why: "full".to_owned() }.to_string().contains("full"));
    assert!(!Abort::Failed.to_string().is_empty());
}

/// Where the manifest of a checkpoint lies.
fn manifest_of(path: &StorePath) -> CheckpointId {
    Folder::of(path).unwrap().id
}
