//! What a job says at its end.

use super::figures::{count, exact, span};
use crate::metrics::{ChainMetrics, JobMetrics};

/// Sums one count of a chain.
type Count = fn(&ChainMetrics) -> u64;

/// What the summary tells if there is any.
const LOSSES: [(&str, Count); 4] = [
    ("rejected", |chain| chain.rejected),
    ("late", |chain| chain.late),
    ("skipped", |chain| chain.skipped),
    ("with a timestamp too far ahead", |chain| chain.jumps),
];

/// `done in 12.3 s: 1 234 567 records in (100 k/s), 45 out, 3 rejected, 2 late`.
pub(super) fn summary(metrics: &JobMetrics, interrupted: bool) -> String {
    let seconds = metrics.elapsed.as_secs_f64().max(1e-3);
    let (read, written) = (metrics.records_in(), metrics.records_out());
    let mut text = format!(
        "{} {}: {} {} in ({}/s), {} out",
        if interrupted { "stopped after" } else { "done in" },
        span(metrics.elapsed),
        exact(read),
        if read == 1 { "record" } else { "records" },
        count(read as f64 / seconds),
        exact(written),
    );
    for (name, of) in LOSSES {
        let sum: u64 = metrics.chains.iter().map(of).sum();
        if sum > 0 {
            text.push_str(&format!(", {} {name}", exact(sum)));
        }
    }
    let given_up = metrics.checkpoints.as_ref().map_or(0, |checkpoints| checkpoints.failed);
    if given_up > 0 {
        let checkpoints = if given_up == 1 { "checkpoint" } else { "checkpoints" };
        text.push_str(&format!(", {} {checkpoints} given up", exact(given_up)));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::tests::chain;
    use crate::metrics::CheckpointMetrics;
    use std::time::Duration;

    #[test]
    fn losses_are_told_where_there_are_any() {
        let source = ChainMetrics { records_in: 1_234_567, rejected: 3, ..chain("files", true) };
        let sink = ChainMetrics { records_written: 45, late: 2, ..chain("print", false) };
        let chains = vec![source, sink];
        let elapsed = Duration::from_millis(12_345);
        let mut metrics = JobMetrics { elapsed, chains, user: vec![], checkpoints: None };
        let text = "done in 12.3 s: 1 234 567 records in (100 k/s), 45 out, 3 rejected, 2 late\n";
        assert_eq!(summary(&metrics, false), text);
        let text = text.replace('\n', ", 1 checkpoint given up\n");
        let (completed, failed, last) = (7, 1, None);
        metrics.checkpoints = Some(CheckpointMetrics { completed, failed, last });
        assert_eq!(summary(&metrics, false), text);
        metrics.checkpoints = None;
        metrics.chains.truncate(1);
        metrics.chains[0].rejected = 0;
        metrics.chains[0].records_in = 1;
        assert_eq!(summary(&metrics, true), "stopped after 12.3 s: 1 record in (0/s), 0 out\n");
    }
}
