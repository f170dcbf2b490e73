//! Where Thalweg differs from Flink on purpose: each under a name, recognised by configuration and steps.

use serde_json::Value;

use super::Case;
use super::lenient::Leniency;

/// A difference that is meant.
pub struct Difference {
    /// Its name in the documentation.
    pub name: &'static str,
    /// What Thalweg does instead.
    pub what: &'static str,
    applies: fn(&Case) -> bool,
    /// What still has to be equal; nothing if that cannot be said in general.
    pub rest: fn(&Case) -> Option<Leniency>,
}

const ORDER: Leniency = Leniency {
    lists: true,
    order: true,
    late: false,
    repeated: false,
    contents: false,
    steps: false,
};

/// All of them.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "overflow",
        what: "ends of windows near the ends of time saturate instead of wrapping",
        rest: |_| None,
        applies: near_the_end_of_time,
    },
    Difference {
        name: "early-duplicates",
        what: "early results fire once per watermark and only if something changed, aligned by floor division",
        rest: |case| Some(early(case)),
        applies: |case| case.word("trigger") == "continuous-event-time",
    },
    Difference {
        name: "end-of-stream-window",
        what: "keeps the order of arrival, in an ordinary stream",
        rest: |case| {
            // What comes behind an end of time that is not the input's comes too late.
            let ends = times(case, &["W"]).any(|time| time == i64::MAX);
            (!ends).then_some(Leniency { steps: true, ..ORDER })
        },
        applies: |case| case.word("window") == "global-end-of-stream",
    },
    Difference {
        name: "gap-elements",
        what: "an element that belongs to no window is never late",
        rest: |_| Some(Leniency { late: true, ..ORDER }),
        applies: |case| {
            case.number("slide") > case.number("size") && case.word("window") == "sliding"
        },
    },
    Difference {
        name: "all-idle",
        what: "the rule of the valve, where Flink's operators with two inputs have one of their own",
        rest: |_| None,
        applies: |case| has_two_sides(case) && goes_idle(case, true),
    },
    Difference {
        name: "idle-reactivation",
        what: "the rule of the valve, where Flink's operators with two inputs have one of their own",
        rest: |_| None,
        applies: |case| has_two_sides(case) && goes_idle(case, false),
    },
    Difference {
        name: "bad-arguments",
        what: "refused at compile time where literal, at start otherwise",
        rest: |_| None,
        applies: |case| {
            let config = case.config.as_str().unwrap_or_default();
            case.error.is_none()
                && (config.contains("interval 0") || config.contains("global window"))
        },
    },
    Difference {
        name: "no-timestamp",
        what: "cannot be expressed: event time is checked at compile time",
        rest: |_| None,
        applies: |case| {
            let config = case.config.as_str().unwrap_or_default();
            config.contains("without timestamp")
        },
    },
    Difference {
        name: "merge-order",
        what: "merged sessions keep the order of arrival; equal timers fire by time, key hash and key bytes",
        rest: |_| Some(ORDER),
        applies: |case| case.word("window").starts_with("session") && case.word("op") == "window",
    },
];

/// The difference that explains why a case was answered differently.
pub fn named(case: &Case) -> Option<&'static Difference> {
    DIFFERENCES.iter().find(|difference| (difference.applies)(case))
}

/// Before the epoch Flink's multiples are other ones, and so they are after sessions were merged.
fn early(case: &Case) -> Leniency {
    let aligned =
        case.word("window") == "tumbling" && times(case, &["E", "W"]).all(|time| time >= 0);
    Leniency { repeated: aligned, contents: !aligned, ..ORDER }
}

fn times<'a>(case: &'a Case, kinds: &'a [&str]) -> impl Iterator<Item = i64> + 'a {
    let of_kind = |step: &&Value| step[0].as_str().is_some_and(|kind| kinds.contains(&kind));
    case.steps.iter().filter(of_kind).filter_map(|step| step[1].as_i64())
}

/// An element's window, its lateness included, reaches beyond what a timestamp can say.
fn near_the_end_of_time(case: &Case) -> bool {
    let names = ["size", "slide", "gap", "lateness", "second_size", "second_lateness", "upper"];
    let reach = names.iter().filter_map(|name| case.number(name)).fold(16, i64::saturating_add);
    times(case, &["E"])
        .any(|time| time.checked_add(reach).is_none() || time.checked_sub(reach).is_none())
}

fn has_two_sides(case: &Case) -> bool {
    matches!(case.word("op"), "interval_join" | "connect" | "broadcast" | "join" | "cogroup")
}

/// Whether both sides are idle at a time; or else one becomes active again.
fn goes_idle(case: &Case, both: bool) -> bool {
    let mut idle = [false; 2];
    for step in &case.steps {
        let side = step[1].as_u64().unwrap_or(0) as usize % 2;
        match step[0].as_str() {
            Some("I") => idle[side] = true,
            Some("A") if !both && idle[side] => return true,
            Some("A") => idle[side] = false,
            _ => {}
        }
        if both && idle == [true; 2] {
            return true;
        }
    }
    // The end makes an idle side active.
    !both && idle.contains(&true)
}
