//! A rule engine: payments are held against rules that arrive as a stream of their own.
//!
//! Every task is told every rule (a *broadcast*). A payment waits in its account's state for a timer at its own event
//! time: when that fires, no rule and no payment of an earlier time is missing, whichever of the two streams was
//! faster. Payments that no rule is about leave by a *side*.
//!
//! ```text
//! cargo run --release --example rule_engine
//! ```

use thalweg::prelude::*;

/// Money that left an account.
#[record]
struct Payment {
    account: u64,
    kind: String,
    cents: u64,
    at: Timestamp,
}

/// How much of one kind an account may spend in how short a time.
#[record]
struct Rule {
    kind: String,
    limit: u64,
    minutes: i64,
    since: Timestamp,
}

/// What an account paid lately.
#[record]
#[derive(Default)]
struct Recent {
    payments: Vec<(Timestamp, String, u64)>,
}

impl Recent {
    /// Cents of one kind paid until `until`, and after `from`.
    fn spent(&self, kind: &str, from: Timestamp, until: Timestamp) -> u64 {
        let counts =
            |(at, of, _): &&(Timestamp, String, u64)| of == kind && from < *at && *at <= until;
        self.payments.iter().filter(counts).map(|(.., cents)| cents).sum()
    }
}

/// An account spent more than a rule allows.
#[record]
struct Alert {
    account: u64,
    kind: String,
    /// Milliseconds since the Unix epoch.
    at: i64,
    /// What was spent in the rule's time.
    cents: u64,
}

/// No rule is about anything longer ago.
const LONGEST: Span = hours(1);

/// Holds payments against rules, and writes an alert for each that is one too many.
#[pipeline(name = "Rule engine")]
fn rule_engine(
    /// Payments as JSON lines.
    #[arg(default = "examples/data/payments.jsonl")]
    input: String,
    /// Rules as JSON lines.
    #[arg(default = "examples/data/rules.jsonl")]
    rules: String,
    /// The directory that alerts are written to, as CSV.
    #[arg(default = "target/rule_engine")]
    output: String,
) {
    let unknown = side();
    let payments: Stream<Payment> = source(files(input).json());
    let payments = payments.event_time(|p| p.at).watermarks(bounded(mins(1)));
    let rules: Stream<Rule> = source(files(rules).json());
    let rules = rules.event_time(|r| r.since).watermarks(monotonic());
    payments
        .key_by(|p| p.account)
        .connect(rules.broadcast_by(|r| r.kind))
        .process(Recent::default)
        .on_event(|recent, p, cx| {
            recent.payments.push((p.at, p.kind.to_owned(), p.cents));
            cx.timer_at(p.at);
            // By then no rule asks for it any more.
            cx.timer_at(p.at + LONGEST);
        })
        .on_timer(|recent, now, cx| {
            recent.payments.retain(|(at, ..)| *at + LONGEST > now);
            for (_, kind, _) in recent.payments.iter().filter(|(at, ..)| *at == now) {
                match cx.broadcast().get(kind) {
                    Some(rule) if rule.since <= now => {
                        let cents = recent.spent(kind, now - mins(rule.minutes), now);
                        if cents > rule.limit {
                            let account = cx.key();
                            cx.emit(AlertWith { account, kind: kind.as_str(), at: now.0, cents });
                        }
                    }
                    Some(_) => {}
                    None => cx.emit_to(unknown, (cx.key(), kind.as_str())),
                }
            }
            if recent.payments.is_empty() {
                cx.clear();
            }
        })
        .sink(files(output).csv().overwrite());
    unknown
        .key_by(|(_, kind)| kind)
        .count()
        .map(|seen| format!("no rule for {}: payment {}", seen.key, seen.value))
        .sink(print());
}

fn main() -> ExitCode {
    thalweg::main(rule_engine)
}

#[cfg(test)]
mod tests {
    use thalweg::testing::{self, Pipeline};

    use super::*;

    fn pay(t: &mut Pipeline, minute: i64, cents: u64) {
        let at = Timestamp(0) + mins(minute);
        t.send("payments", Payment { account: 7, kind: "card".to_owned(), cents, at });
    }

    fn rule(t: &mut Pipeline, since: i64) {
        let since = Timestamp(0) + mins(since);
        t.send("rules", Rule { kind: "card".to_owned(), limit: 100, minutes: 10, since });
    }

    #[test]
    fn a_rule_that_comes_late_still_counts() {
        let mut t = testing::pipeline(rule_engine).start();
        pay(&mut t, 1, 60);
        pay(&mut t, 2, 50);
        // The payments are there, but rules of their time may come.
        t.watermark("payments", Timestamp(0) + mins(30));
        assert!(t.results::<Alert>("payments").is_empty());

        rule(&mut t, 0);
        let alerts = t.finish().results::<Alert>("payments");
        assert_eq!(alerts.iter().map(|alert| alert.cents).collect::<Vec<_>>(), [110]);
        assert_eq!(t.all_state().entries, 0, "what was paid is forgotten");
    }

    #[test]
    fn what_no_rule_is_about_leaves_by_the_side() {
        let mut t = testing::pipeline(rule_engine).start();
        pay(&mut t, 1, 1000);
        rule(&mut t, 5);
        pay(&mut t, 6, 1000);
        t.finish();
        assert_eq!(t.results::<Alert>("payments").len(), 1, "the rule was not in force before");
        assert!(t.results::<String>("unknown").is_empty());
    }
}
