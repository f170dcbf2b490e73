//! An auditor of sessions: what happened between a visitor's first event and thirty minutes of silence.
//!
//! ```text
//! cargo run --release --example session_auditor
//! ```

use thalweg::prelude::*;
use thalweg::window::{Events, Out, WindowCx, WindowFunction};

/// Something that a visitor did.
#[record]
struct Event {
    unique_session_token: String,
    at: Timestamp,
    action: String,
}

/// What there is to say of one session.
#[record]
struct Audit {
    token: String,
    /// The visitor's first session is number 1.
    number: u64,
    /// The first event, in milliseconds since the Unix epoch.
    start: i64,
    /// Thirty minutes after the last event.
    end: i64,
    events: u64,
    failed_logins: u64,
    verdict: String,
}

/// Looks at sessions as a whole, and remembers how many a visitor had before.
struct SessionAuditor {
    /// So many failed logins are guesses.
    guesses: u64,
}

impl WindowFunction for SessionAuditor {
    type Key = String;
    type In = Event;
    type Out = Audit;
    /// Sessions so far.
    type KeyState = u64;
    type WindowState = ();

    fn process(
        &self,
        w: &mut WindowCx<'_, Self>,
        events: Events<'_, Event>,
        out: &mut Out<'_, Audit>,
    ) {
        let count = |action: &str| events.iter().filter(|e| e.action == action).count() as u64;
        let (failed_logins, paid) = (count("login failed"), count("pay"));
        *w.key_state() += 1;
        out.emit(AuditWith {
            token: w.key(),
            number: *w.key_state(),
            start: w.window().start.0,
            end: w.window().end.0,
            events: events.len() as u64,
            failed_logins,
            verdict: match failed_logins {
                n if n >= 5 && paid > 0 => "break-in",
                n if n >= self.guesses => "guessing",
                _ => "ok",
            },
        });
    }
}

/// Audits each visitor's sessions, which end after thirty minutes of silence.
#[pipeline(name = "Session auditor")]
fn session_auditor(
    /// JSON lines: a file, a directory or a glob.
    #[arg(default = "examples/data/events.jsonl")]
    input: String,
    /// The directory that the audits are written to, as CSV.
    #[arg(default = "target/session_auditor")]
    output: String,
    /// Failed logins from which on they are guesses.
    #[arg(default = 2)]
    guesses: u64,
) {
    let events: Stream<Event> = source(files(input).json());
    events
        .event_time(|e| e.at)
        .watermarks(bounded(secs(30)))
        .key_by(|e| e.unique_session_token)
        .window(session(mins(30)))
        .process(SessionAuditor { guesses })
        .sink(files(output).csv().overwrite());
}

fn main() -> ExitCode {
    thalweg::main(session_auditor)
}

#[cfg(test)]
mod tests {
    use thalweg::testing;

    use super::*;

    fn event(token: &str, minute: i64, action: &str) -> Event {
        Event {
            unique_session_token: token.to_owned(),
            at: Timestamp(0) + mins(minute),
            action: action.to_owned(),
        }
    }

    #[test]
    fn a_session_ends_after_half_an_hour_of_silence() {
        let mut t = testing::pipeline(session_auditor).start();
        t.send("events", event("ada", 0, "login"));
        t.send("events", event("ada", 29, "view"));
        t.watermark("events", Timestamp(0) + mins(58));
        assert!(t.results::<Audit>("events").is_empty(), "a minute is left");

        t.watermark("events", Timestamp(0) + mins(59));
        let audits = t.results::<Audit>("events");
        assert_eq!((audits.len(), audits[0].events, &*audits[0].verdict), (1, 2, "ok"));
    }

    #[test]
    fn guesses_are_told_and_sessions_are_numbered() {
        let mut t = testing::pipeline(session_auditor).arg("guesses", 1).start();
        for (minute, action) in [(0, "login failed"), (1, "login"), (100, "login"), (101, "pay")] {
            t.send("events", event("eve", minute, action));
        }
        let audits = t.finish().results::<Audit>("events");
        let told: Vec<_> = audits.iter().map(|audit| (audit.number, &*audit.verdict)).collect();
        assert_eq!(told, [(1, "guessing"), (2, "ok")]);
    }
}
