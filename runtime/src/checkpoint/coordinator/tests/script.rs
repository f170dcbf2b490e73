//! Scripts: files of `[law]`, then lines of `seconds event => actions`.

use std::fmt::Write;

use super::*;

#[test]
fn checkpoints() {
    run(include_str!("../scripts/checkpoints.txt"));
}

#[test]
fn ends() {
    run(include_str!("../scripts/ends.txt"));
}

/// Runs each law; reports all lines of a law that went otherwise.
fn run(script: &str) {
    let mut wrong = String::new();
    let mut machine = Machine::new(options(), start(2));
    for (index, line) in script.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            machine = Machine::new(options(), start(2));
        } else if !line.is_empty() && !line.starts_with('#') {
            let (event, expected) = line.split_once("=>").unwrap();
            let (seconds, event) = event.trim().split_once(' ').unwrap();
            let now = Duration::from_secs_f64(seconds.parse().unwrap());
            let actions: Vec<_> = machine.step(now, parse(event)).iter().map(print).collect();
            let actions = if actions.is_empty() { "-".to_owned() } else { actions.join(", ") };
            if actions != expected.trim() {
                writeln!(wrong, "{}: {line}\n    but: {actions}", index + 1).unwrap();
            }
            assert!(machine.deadline().is_none_or(|deadline| deadline > now));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn parse(event: &str) -> Event<String, String> {
    let words: Vec<_> = event.split_whitespace().collect();
    let id = || CheckpointId(words[1].parse().unwrap());
    let task = |word: usize| TaskId(words[word].parse().unwrap());
    let texts = |from: usize| words[from..].iter().map(|word| (*word).to_owned()).collect();
    let fence = FENCE;
    let declined =
        |why, prepared| Event::Declined { id: id(), task: task(2), fence, why, prepared };
    match words[0] {
        "tick" => Event::Tick,
        "run" => Event::Running { task: task(1), fence },
        "final" => Event::AwaitsFinal { task: task(1), fence },
        "gone" => Event::Lost { task: task(1), fence },
        "ack" => {
            let snapshot = format!("{}-{}", words[1], words[2]);
            Event::Acked { id: id(), task: task(2), fence, snapshot, prepared: texts(3) }
        }
        "decline" => declined(Decline::Snapshot(words[3].to_owned()), texts(4)),
        "unprepared" => declined(Decline::Prepare("disk".to_owned()), Vec::new()),
        "written" => Event::Written { id: id(), result: Ok(retained(id())) },
        "unwritten" => Event::Written { id: id(), result: Err("full".to_owned()) },
        "won" => Event::Published(Outcome::Won),
        "lost" => Event::Published(Outcome::Lost),
        "unknown" => Event::Published(Outcome::Unknown),
        "failed" => Event::Published(Outcome::Failed("full".to_owned())),
        "confirm" => Event::Confirmed { id: id(), task: task(2), fence },
        "ask" => {
            let kind = match words[2] {
                "savepoint" => Kind::Savepoint,
                "stop" => Kind::Stop,
                "drain" => Kind::Drain,
                other => panic!("{other}"),
            };
            Event::Requested { request: RequestId(words[1].parse().unwrap()), kind }
        }
        other => panic!("{other}"),
    }
}

fn list(items: impl IntoIterator<Item = String>, nothing: &str) -> String {
    let items: Vec<_> = items.into_iter().collect();
    if items.is_empty() { nothing.to_owned() } else { items.join(" ") }
}

fn prepared(all: &[Prepared<String>]) -> String {
    let one = |it: &Prepared<String>| format!("{}.{}:{}", it.checkpoint, it.task.0, it.committable);
    list(all.iter().map(one), "nothing")
}

fn word(kind: Kind) -> String {
    format!("{kind:?}").to_lowercase()
}

fn print(action: &Action<String, String>) -> String {
    match action {
        Action::Trigger { id, kind } => format!("trigger {id} {}", word(*kind)),
        Action::Abort { id, why } => format!("abort {id} {}", why.name()),
        Action::Discard { id, snapshots, manifest } => {
            let manifest = if manifest.is_some() { " and its manifest" } else { "" };
            format!("discard {id} of {}{manifest}", list(snapshots.clone(), "nothing"))
        }
        Action::Write { id, kind, request, snapshots, prepared: all } => {
            let request = request.map_or(String::new(), |request| format!(" for {}", request.0));
            let tasks = list(snapshots.iter().map(|(task, _)| task.0.to_string()), "nobody");
            format!("write {id} {}{request} of {tasks} with {}", word(*kind), prepared(all))
        }
        Action::Publish(Publication { checkpoints, finished, .. }) => {
            let ids = list(checkpoints.iter().map(|it| it.id.to_string()), "nothing");
            format!("publish {ids}{}", if *finished { " finished" } else { "" })
        }
        Action::Settle => "settle".to_owned(),
        Action::Subsume(gone) => {
            format!("subsume {}", list(gone.iter().map(|it| it.id.to_string()), "nothing"))
        }
        Action::Complete { id, last, tasks, prepared: all } => {
            let tasks = list(tasks.iter().map(|task| task.0.to_string()), "nobody");
            let close = if *last { " and close" } else { "" };
            format!("complete {id}{close} by {tasks} with {}", prepared(all))
        }
        Action::Drain => "drain".to_owned(),
        Action::Answer { request, result: Ok(taken) } => {
            format!("answer {} with {}", request.0, taken.id)
        }
        Action::Answer { request, result: Err(_) } => format!("refuse {}", request.0),
        Action::Ended { finished } => {
            if *finished { "ended, finished" } else { "ended" }.to_owned()
        }
        Action::Fail(Failure::TooManyAborts { count, .. }) => format!("fail {count} in a row"),
        Action::Fail(Failure::OutputLost { task, .. }) => format!("fail output of {}", task.0),
        Action::StandDown => "stand down".to_owned(),
    }
}
