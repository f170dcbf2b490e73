//! A job's metrics as Prometheus reads them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::exposition::{Exposition, Kind};
use crate::metrics::{ChainMetrics, CheckpointMetrics, JobMetrics, UserMetric, UserValue};
use crate::time::Timestamp;

/// A metric that every chain has: its name, what it means, and its value.
type Family = (&'static str, &'static str, Kind, fn(&ChainMetrics) -> f64);

const SECONDS: f64 = 1e-9;

#[rustfmt::skip] // A table.
const FAMILIES: &[Family] = &[
    ("thalweg_tasks", "Parallel tasks of the chain.", Kind::Gauge, |c| c.parallelism as f64),
    ("thalweg_records_in_total", "Records read from the source or received.", Kind::Counter, |c| c.records_in as f64),
    ("thalweg_bytes_in_total", "Bytes received.", Kind::Counter, |c| c.bytes_in as f64),
    ("thalweg_records_out_total", "Records sent to other chains.", Kind::Counter, |c| c.records_out as f64),
    ("thalweg_bytes_out_total", "Bytes sent to other chains.", Kind::Counter, |c| c.bytes_out as f64),
    ("thalweg_records_written_total", "Records written to sinks.", Kind::Counter, |c| c.records_written as f64),
    ("thalweg_turns_total", "Turns of the chain's tasks.", Kind::Counter, |c| c.turns as f64),
    ("thalweg_busy_seconds_total", "Time of work, over all tasks.", Kind::Counter, |c| c.busy_ns as f64 * SECONDS),
    ("thalweg_backpressured_seconds_total", "Time in which something downstream was full, over all tasks.", Kind::Counter, |c| c.blocked_ns as f64 * SECONDS),
    ("thalweg_idle_seconds_total", "Time without anything to do, over all tasks.", Kind::Counter, |c| c.idle_ns as f64 * SECONDS),
    ("thalweg_alignment_seconds_total", "Time between the first barrier of a checkpoint and the last, over all tasks.", Kind::Counter, |c| c.alignment_ns as f64 * SECONDS),
    ("thalweg_late_records_total", "Records that came too late for every window.", Kind::Counter, |c| c.late as f64),
    ("thalweg_rejected_records_total", "Records that could not be decoded.", Kind::Counter, |c| c.rejected as f64),
    ("thalweg_skipped_records_total", "Records left out by or_skip.", Kind::Counter, |c| c.skipped as f64),
    ("thalweg_timestamp_jumps_total", "Timestamps too far ahead to be believed.", Kind::Counter, |c| c.jumps as f64),
    ("thalweg_state_entries", "Entries of state held.", Kind::Gauge, |c| c.state_entries as f64),
    ("thalweg_state_bytes", "Bytes of state held, about.", Kind::Gauge, |c| c.state_bytes as f64),
];

/// The text that a scrape of `metrics` gives.
pub(crate) fn scrape(metrics: &JobMetrics) -> String {
    let mut out = Exposition::default();
    let uptime = "thalweg_uptime_seconds";
    out.family(uptime, "How long the job has run.", Kind::Gauge);
    out.sample(uptime, &[], metrics.elapsed.as_secs_f64());
    for (name, help, kind, value) in FAMILIES {
        out.family(name, help, *kind);
        for (id, chain) in metrics.chains.iter().enumerate() {
            let labels = [("chain", &*id.to_string()), ("operator", &*chain.name)];
            out.sample(name, &labels, value(chain));
        }
    }
    watermarks(&mut out, metrics);
    states(&mut out, metrics);
    if let Some(checkpoints) = &metrics.checkpoints {
        self::checkpoints(&mut out, checkpoints);
    }
    user(&mut out, &metrics.user);
    out.finish()
}

/// Only where there is one: before the first record and after the last there is no point in time to tell.
fn watermarks(out: &mut Exposition, metrics: &JobMetrics) {
    let name = "thalweg_watermark_seconds";
    out.family(name, "The chain's watermark, in seconds since the Unix epoch.", Kind::Gauge);
    for (id, chain) in metrics.chains.iter().enumerate() {
        if let Some(watermark) = chain.watermark.filter(|&time| time != Timestamp::MAX) {
            let labels = [("chain", &*id.to_string()), ("operator", &*chain.name)];
            out.sample(name, &labels, watermark.0 as f64 / 1e3);
        }
    }
}

/// The state of each operator.
fn states(out: &mut Exposition, metrics: &JobMetrics) {
    let entries = ("thalweg_operator_state_entries", "Entries of an operator's state.");
    let bytes = ("thalweg_operator_state_bytes", "Bytes of an operator's state, about.");
    for (name, help) in [entries, bytes] {
        out.family(name, help, Kind::Gauge);
        for (id, chain) in metrics.chains.iter().enumerate() {
            for state in &chain.states {
                let labels = [("chain", &*id.to_string()), ("uid", &*state.operator)];
                let value = if name == bytes.0 { state.bytes } else { state.entries };
                out.sample(name, &labels, value);
            }
        }
    }
}

/// Counts, and the last one that is complete, if there is one.
fn checkpoints(out: &mut Exposition, checkpoints: &CheckpointMetrics) {
    let mut one = |name: &str, help: &str, kind, value: f64| {
        out.family(name, help, kind);
        out.sample(name, &[], value);
    };
    let (completed, failed) = (checkpoints.completed as f64, checkpoints.failed as f64);
    one("thalweg_checkpoints_total", "Checkpoints that are complete.", Kind::Counter, completed);
    one("thalweg_checkpoints_failed_total", "Checkpoints given up.", Kind::Counter, failed);
    let Some(last) = &checkpoints.last else { return };
    let seconds = |duration: Duration| duration.as_secs_f64();
    let of_last: [(_, _, f64); 5] = [
        ("id", "Number of the last checkpoint.", last.id as f64),
        ("duration_seconds", "How long it took.", seconds(last.took)),
        ("bytes", "Bytes of state that it holds.", last.bytes as f64),
        ("written_bytes", "Bytes of state that were written for it.", last.bytes_written as f64),
        ("alignment_seconds", "How long the slowest task waited for it.", seconds(last.alignment)),
    ];
    for (name, help, value) in of_last {
        one(&format!("thalweg_last_checkpoint_{name}"), help, Kind::Gauge, value);
    }
}

/// Users may call their metrics anything: what Prometheus does not take in a name becomes `_`, and the name as it was is
/// a label, so that two names that become one stay apart.
fn user(out: &mut Exposition, metrics: &[UserMetric]) {
    let mut families: BTreeMap<String, (Kind, Vec<&UserMetric>)> = BTreeMap::new();
    for metric in metrics {
        let (suffix, kind) = match metric.value {
            UserValue::Counter(_) => ("_total", Kind::Counter),
            UserValue::Gauge(_) => ("", Kind::Gauge),
            UserValue::Histogram { .. } => ("_values", Kind::Histogram),
        };
        let name: String =
            metric.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let family = families.entry(format!("thalweg_user_{name}{suffix}"));
        family.or_insert((kind, Vec::new())).1.push(metric);
    }
    for (family, (kind, metrics)) in families {
        out.family(&family, "Declared by the pipeline.", kind);
        for metric in metrics {
            user_sample(out, &family, metric);
        }
    }
}

fn user_sample(out: &mut Exposition, family: &str, metric: &UserMetric) {
    let name = ("name", metric.name.as_str());
    match &metric.value {
        UserValue::Counter(count) => out.sample(family, &[name], count),
        UserValue::Gauge(level) => out.sample(family, &[name], level),
        UserValue::Histogram { buckets, count, sum } => {
            let bucket = format!("{family}_bucket");
            for (bound, below) in buckets {
                out.sample(&bucket, &[name, ("le", &bound.to_string())], below);
            }
            out.sample(&bucket, &[name, ("le", "+Inf")], count);
            out.sample(&format!("{family}_sum"), &[name], sum);
            out.sample(&format!("{family}_count"), &[name], count);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::metrics::{CompletedCheckpoint, StateMetrics};

    pub(crate) fn chain(name: &str, is_source: bool) -> ChainMetrics {
        ChainMetrics {
            is_source,
            parallelism: 2,
            ..ChainMetrics::sum(name.to_owned(), false, [].iter())
        }
    }

    fn metric(name: &str, value: UserValue) -> UserMetric {
        UserMetric { name: name.to_owned(), value }
    }

    #[test]
    fn every_family_is_there_once_and_chains_are_labels() {
        let source = ChainMetrics {
            records_in: 7,
            busy_ns: 1_500_000_000,
            watermark: Some(Timestamp(2_500)),
            states: vec![StateMetrics { operator: "sums".to_owned(), entries: 2, bytes: 64 }],
            ..chain("files → \"x\"", true)
        };
        let last = CompletedCheckpoint {
            id: 12,
            took: Duration::from_millis(35),
            bytes: 4_096,
            bytes_written: 96,
            alignment: Duration::from_millis(2),
        };
        let metrics = JobMetrics {
            checkpoints: Some(CheckpointMetrics { completed: 11, failed: 1, last: Some(last) }),
            elapsed: Duration::from_millis(2_500),
            chains: vec![
                source,
                ChainMetrics { watermark: Some(Timestamp::MAX), ..chain("print", false) },
            ],
            user: vec![
                metric("seen.bots", UserValue::Counter(3)),
                metric("seen-bots", UserValue::Counter(4)),
                metric("level", UserValue::Gauge(0.5)),
                metric("size", UserValue::Histogram { buckets: vec![(7, 1)], count: 1, sum: 5 }),
            ],
        };
        let text = scrape(&metrics);
        for line in [
            "thalweg_uptime_seconds 2.5",
            "thalweg_records_in_total{chain=\"0\",operator=\"files → \\\"x\\\"\"} 7",
            "thalweg_busy_seconds_total{chain=\"0\",operator=\"files → \\\"x\\\"\"} 1.5",
            "thalweg_tasks{chain=\"1\",operator=\"print\"} 2",
            "thalweg_watermark_seconds{chain=\"0\",operator=\"files → \\\"x\\\"\"} 2.5",
            "thalweg_user_seen_bots_total{name=\"seen.bots\"} 3",
            "thalweg_user_seen_bots_total{name=\"seen-bots\"} 4",
            "thalweg_operator_state_bytes{chain=\"0\",uid=\"sums\"} 64",
            "thalweg_checkpoints_total 11",
            "thalweg_checkpoints_failed_total 1",
            "thalweg_last_checkpoint_id 12",
            "thalweg_last_checkpoint_duration_seconds 0.035",
            "thalweg_last_checkpoint_bytes 4096",
            "thalweg_last_checkpoint_written_bytes 96",
            "thalweg_last_checkpoint_alignment_seconds 0.002",
            "thalweg_user_level{name=\"level\"} 0.5",
            "# TYPE thalweg_user_size_values histogram",
            "thalweg_user_size_values_bucket{name=\"size\",le=\"7\"} 1",
            "thalweg_user_size_values_bucket{name=\"size\",le=\"+Inf\"} 1",
            "thalweg_user_size_values_sum{name=\"size\"} 5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n--- not in ---\n{text}");
        }
        assert_eq!(text.matches("thalweg_watermark_seconds{").count(), 1);
        let mut types: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
        let count = types.len();
        types.dedup();
        assert_eq!(types.len(), count);
    }
}
