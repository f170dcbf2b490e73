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
    use thalweg::testing;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp(0) + mins(minute)
    }

    fn payment(account: u64, cents: u64, minute: i64) -> Payment {
        Payment { account, kind: "card".to_owned(), cents, at: at(minute) }
    }

    #[test]
    fn payments_wait_for_the_rules_of_their_time() {
        let mut t = testing::pipeline(rule_engine).parallelism(2).start();
        t.send("payments", payment(7, 60, 10)).send("payments", payment(7, 50, 12));
        // The rule comes after the payments, but holds since before them.
        let kind = "card".to_owned();
        t.send("rules", Rule { kind, limit: 100, minutes: 5, since: at(1) });
        t.watermark("payments", at(20));
        assert!(t.results::<Alert>("payments").is_empty(), "rules may still come");
        assert_eq!(t.all_state().timers, 4, "two payments, now and an hour later");
        t.watermark("rules", at(20));
        let alerts = t.results::<Alert>("payments");
        assert_eq!(alerts.len(), 1);
        assert_eq!((alerts[0].account, alerts[0].cents, alerts[0].at), (7, 110, at(12).0));
        t.watermark("payments", at(80)).watermark("rules", at(80));
        assert_eq!(t.all_state().timers, 0, "nothing is remembered for longer than an hour");
    }

    #[test]
    fn payments_without_rule_leave_by_the_side() {
        let mut t = testing::pipeline(rule_engine).start();
        t.send("payments", payment(7, 60, 10)).finish();
        assert!(t.results::<Alert>("payments").is_empty());
        assert_eq!(t.results::<String>("unknown"), ["no rule for card: payment 1"]);
    }
}
