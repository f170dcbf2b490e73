//! The live progress line: `12.3 s  in 1.23 M/s  out 456/s  lag 3.2 s  0: 97% busy  1: 12% busy 80% blocked`,
//! and of a job with checkpoints `  checkpoint 12: 35 ms, 4.10 kB, aligned in 2 ms`.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::figures::{bytes, count, span};
use super::screen::Screen;
use crate::metrics::{ChainMetrics, CheckpointMetrics, JobMetrics};
use crate::time::Timestamp;

/// How often the line is redrawn: slow enough to be read, fast enough to look alive.
const INTERVAL: Duration = Duration::from_millis(500);

/// Shows progress until it is dropped.
pub(super) struct Progress {
    screen: Screen,
    stopped: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts to show what `sample` says.
    pub(super) fn start(
        screen: Screen,
        sample: impl Fn() -> JobMetrics + Send + 'static,
    ) -> Progress {
        let stopped = Arc::new((Mutex::new(false), Condvar::new()));
        let (screen_there, stopped_there) = (screen.clone(), Arc::clone(&stopped));
        let thread = thread::Builder::new().name("thalweg-progress".to_owned()).spawn(move || {
            let mut before = sample();
            while !wait(&stopped_there) {
                let now = sample();
                screen_there.show(&line(&before, &now, wall_clock()));
                before = now;
            }
        });
        // Without a thread there is no progress line, which is no reason not to run.
        Progress { screen, stopped, thread: thread.ok() }
    }
}

/// Waits for the next interval; true if there is none.
fn wait(stopped: &(Mutex<bool>, Condvar)) -> bool {
    let guard = stopped.0.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = stopped.1.wait_timeout_while(guard, INTERVAL, |stopped| !*stopped);
    let (guard, _) = waited.unwrap_or_else(PoisonError::into_inner);
    *guard
}

impl Drop for Progress {
    fn drop(&mut self) {
        *self.stopped.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stopped.1.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.screen.show("");
    }
}

fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// What happened between two samples.
fn line(before: &JobMetrics, now: &JobMetrics, wall_clock: Timestamp) -> String {
    let seconds = now.elapsed.saturating_sub(before.elapsed).as_secs_f64().max(1e-3);
    let per_second = |now: u64, before: u64| count(now.saturating_sub(before) as f64 / seconds);
    let mut text = format!(
        "{}  in {}/s  out {}/s",
        span(now.elapsed),
        per_second(now.records_in(), before.records_in()),
        per_second(now.records_out(), before.records_out()),
    );
    if let Some(lag) = lag(now, wall_clock) {
        text.push_str(&format!("  lag {}", span(lag)));
    }
    for (id, (chain, before)) in now.chains.iter().zip(&before.chains).enumerate() {
        text.push_str(&format!("  {id}: {}", shares(&chain.since(before))));
    }
    text.push_str(&now.checkpoints.as_ref().map(checkpoints).unwrap_or_default());
    text
}

/// The last one, and how many have failed.
fn checkpoints(checkpoints: &CheckpointMetrics) -> String {
    let mut text = String::new();
    if let Some(last) = &checkpoints.last {
        let (took, size) = (span(last.took), bytes(last.bytes));
        let aligned = span(last.alignment);
        text = format!("  checkpoint {}: {took}, {size}, aligned in {aligned}", last.id);
    }
    if checkpoints.failed > 0 {
        text.push_str(&format!("  {} given up", count(checkpoints.failed as f64)));
    }
    text
}

/// How far the slowest watermark is behind the wall clock; none before the first and after the last record.
fn lag(metrics: &JobMetrics, wall_clock: Timestamp) -> Option<Duration> {
    let watermarks = metrics.chains.iter().filter_map(|chain| chain.watermark);
    let least = watermarks.filter(|&time| time != Timestamp::MAX).min()?;
    let behind = i128::from(wall_clock.0) - i128::from(least.0);
    Some(Duration::from_millis(u64::try_from(behind.max(0)).unwrap_or(u64::MAX)))
}

fn shares(chain: &ChainMetrics) -> String {
    let percent = |share: f64| (share * 100.0).round();
    let (busy, blocked) = (percent(chain.busy()), percent(chain.backpressured()));
    match blocked > 0.0 {
        true => format!("{busy}% busy {blocked}% blocked"),
        false => format!("{busy}% busy"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::tests::kept;
    use crate::http::tests::chain;
    use crate::metrics::CompletedCheckpoint;

    fn sample(ms: u64, records_in: u64, written: u64, busy_ns: u64) -> JobMetrics {
        let source = ChainMetrics {
            records_in,
            busy_ns,
            idle_ns: 0,
            watermark: Some(Timestamp(10_000)),
            ..chain("files", true)
        };
        let sink = ChainMetrics {
            records_in: 1,
            records_written: written,
            busy_ns: busy_ns / 4,
            blocked_ns: busy_ns / 2,
            idle_ns: busy_ns / 4,
            watermark: Some(Timestamp::MAX),
            ..chain("print", false)
        };
        let (elapsed, chains) = (Duration::from_millis(ms), vec![source, sink]);
        JobMetrics { elapsed, chains, user: vec![], checkpoints: None }
    }

    #[test]
    fn the_line_tells_rates_lag_and_shares() {
        let before = sample(1_000, 1_000, 0, 0);
        let now = sample(1_500, 1_501_000, 50, 1_000);
        assert_eq!(
            line(&before, &now, Timestamp(13_200)),
            "1.5 s  in 3.00 M/s  out 100/s  lag 3.2 s  0: 100% busy  1: 25% busy 50% blocked"
        );
    }

    #[test]
    fn the_line_tells_of_the_last_checkpoint() {
        let (took, alignment) = (Duration::from_millis(35), Duration::from_millis(2));
        let last = CompletedCheckpoint { id: 12, took, bytes: 4_096, bytes_written: 96, alignment };
        let mut metrics = CheckpointMetrics { completed: 11, failed: 0, last: None };
        assert_eq!(checkpoints(&metrics), "");
        metrics.last = Some(last);
        assert_eq!(checkpoints(&metrics), "  checkpoint 12: 35 ms, 4.10 kB, aligned in 2 ms");
        (metrics.failed, metrics.last) = (2, None);
        assert_eq!(checkpoints(&metrics), "  2 given up");
    }

    #[test]
    fn without_records_there_is_no_lag() {
        let mut metrics = sample(0, 0, 0, 0);
        metrics.chains[0].watermark = None;
        assert_eq!(lag(&metrics, Timestamp(5)), None);
        assert_eq!(
            line(&metrics, &metrics, Timestamp(5)),
            "0 ms  in 0/s  out 0/s  0: 0% busy  1: 0% busy"
        );
    }

    #[test]
    fn it_takes_the_line_away_when_dropped() {
        let (screen, kept) = kept();
        screen.show("old");
        drop(Progress::start(screen, || sample(0, 0, 0, 0)));
        assert!(kept.0.lock().expect("no panic").ends_with(b"\r\x1b[K"));
    }
}
