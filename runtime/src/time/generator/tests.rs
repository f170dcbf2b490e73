use super::super::{bounded, monotonic, punctuated, secs};
use super::*;
use crate::time::{Span, millis};

fn after(ms: u64) -> Instant {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now) + Duration::from_millis(ms)
}

fn watermark(time: i64) -> TimeEvents {
    [Some(TimeEvent::Watermark(Timestamp(time))), None]
}

const NOTHING: TimeEvents = [None, None];

#[test]
fn watermark_is_one_before_the_bound() {
    let mut watermarks = Watermarks::new(bounded(secs(5)), 1);
    for time in [10_000, 12_000, 11_000] {
        assert_eq!(watermarks.split(0).observe(Timestamp(time)), Timestamp(time));
    }
    watermarks.read(0);
    assert_eq!(watermarks.due(false), watermark(6_999));
    assert_eq!(watermarks.due(true), NOTHING);
}

#[test]
fn watermark_waits_for_the_interval_unless_the_input_is_idle() {
    let mut watermarks = Watermarks::new(monotonic(), 1);
    watermarks.split(0).observe(Timestamp(1_000));
    watermarks.read(0);
    assert_eq!(watermarks.due(false), watermark(999));
    watermarks.split(0).observe(Timestamp(1_199));
    watermarks.read(0);
    assert_eq!(watermarks.due(false), NOTHING);
    assert_eq!(watermarks.due(true), watermark(1_198));
    watermarks.split(0).observe(Timestamp(1_399));
    watermarks.read(0);
    assert_eq!(watermarks.due(false), watermark(1_398));
}

#[test]
fn unopened_split_holds_back_time_and_ended_one_does_not() {
    let mut watermarks = Watermarks::new(monotonic().every(Span(0)), 2);
    watermarks.split(0).observe(Timestamp(50));
    watermarks.read(0);
    assert_eq!(watermarks.due(true), NOTHING);
    watermarks.end(0);
    assert_eq!(watermarks.due(true), NOTHING);
    watermarks.split(1).observe(Timestamp(20));
    watermarks.read(1);
    assert_eq!(watermarks.due(true), watermark(19));
    watermarks.end(1);
    assert_eq!(watermarks.due(true), NOTHING, "the end of time is told by the end of the input");
}

#[test]
fn bug_02_split_is_idle_only_if_it_could_be_read() {
    let mut watermarks = Watermarks::new(monotonic().idle_after(secs(1)), 2);
    for split in 0..2 {
        watermarks.split(split).observe(Timestamp(100 + 100 * split as i64));
        watermarks.read(split);
    }
    assert_eq!(watermarks.due(true), watermark(99));
    watermarks.read_in_vain(0, after(0));
    watermarks.held_up();
    watermarks.read_in_vain(0, after(1_500));
    assert_eq!(watermarks.due(true), NOTHING, "held up in between");
    watermarks.read_in_vain(0, after(2_500));
    assert_eq!(watermarks.due(true), watermark(199));
    watermarks.read_in_vain(1, after(2_500));
    watermarks.read_in_vain(1, after(3_500));
    assert_eq!(watermarks.due(true), [None, Some(TimeEvent::Idle)]);
    watermarks.split(1).observe(Timestamp(500));
    watermarks.read(1);
    assert_eq!(
        watermarks.due(false),
        [Some(TimeEvent::Active), Some(TimeEvent::Watermark(Timestamp(499)))]
    );
}

#[test]
fn bug_02_steady_split_never_turns_idle() {
    let mut watermarks = Watermarks::new(monotonic().idle_after(millis(100)), 1);
    for step in 0..50 {
        watermarks.read_in_vain(0, after(step * 100));
        watermarks.read_in_vain(0, after(step * 100 + 99));
        watermarks.split(0).observe(Timestamp(step as i64));
        watermarks.read(0);
        assert!(!watermarks.due(true).contains(&Some(TimeEvent::Idle)));
    }
}

#[test]
fn bug_12_one_garbage_timestamp_does_not_move_time() {
    let mut watermarks = Watermarks::new(monotonic().max_jump(secs(10)), 1);
    for time in [1_000, 2_000, i64::MAX, 3_000] {
        watermarks.split(0).observe(Timestamp(time));
    }
    watermarks.read(0);
    assert_eq!(watermarks.due(true), watermark(2_999));
    assert_eq!(watermarks.ignored(), 1);
    for step in 0..20 {
        watermarks.split(0).observe(Timestamp(1_000_000 + step));
    }
    watermarks.read(0);
    assert_eq!(watermarks.due(true), watermark(1_000_018), "the stream has really moved on");
}

#[test]
fn extreme_timestamps_saturate() {
    let mut watermarks = Watermarks::new(bounded(Span(i64::MAX)), 1);
    watermarks.split(0).observe(Timestamp(i64::MIN + 5));
    watermarks.read(0);
    assert_eq!(watermarks.due(true), NOTHING);
    watermarks.split(0).observe(Timestamp::MAX);
    watermarks.read(0);
    assert_eq!(watermarks.due(true), watermark(-1));
}

#[test]
fn punctuated_watermark_is_taken_as_it_is() {
    let mut watermarks = Watermarks::new(punctuated(), 1);
    watermarks.split(0).punctuate(Timestamp(7));
    watermarks.read(0);
    assert_eq!(watermarks.due(true), watermark(7));
    assert_eq!(watermarks.split(0).punctuated(Timestamp(100), None), Timestamp(100));
    watermarks.read(0);
    assert_eq!(watermarks.due(true), NOTHING, "the record's own time moves nothing");
    watermarks.split(0).punctuated(Timestamp(100), Some(Timestamp(8)));
    watermarks.read(0);
    assert_eq!(watermarks.due(false), watermark(8), "at once, whatever has passed");
    watermarks.split(0).punctuated(Timestamp(100), Some(Timestamp(3)));
    watermarks.read(0);
    assert_eq!(watermarks.due(true), NOTHING);
}

#[test]
fn bug_02_split_that_waits_for_its_group_is_never_idle() {
    let alignments = Alignments::default();
    let strategy = monotonic().every(Span(0)).idle_after(secs(1)).alignment("group", millis(10));
    let mut tasks = [(), ()].map(|()| {
        let mut watermarks = Watermarks::new(strategy.clone(), 1);
        watermarks.join(&alignments, Waker::noop().clone());
        watermarks
    });
    for (task, time) in tasks.iter_mut().zip([100, 50]) {
        task.split(0).observe(Timestamp(time));
        task.read(0);
    }
    let [fast, slow] = &mut tasks;
    assert!(fast.must_wait() && !slow.must_wait());
    fast.due(true);
    for step in 0..100 {
        // What the runner does while it may not read.
        fast.held_up();
        assert_eq!(fast.next_look(), None, "step {step}");
    }
    // Released, its silence counts from the first read in vain on.
    slow.read_in_vain(0, after(0));
    slow.read_in_vain(0, after(1_000));
    assert!(!fast.must_wait(), "the slow one is idle");
    fast.read_in_vain(0, after(60_000));
    assert_eq!(fast.due(true), NOTHING);
    fast.read_in_vain(0, after(61_000));
    assert_eq!(fast.due(true), [None, Some(TimeEvent::Idle)]);
}

#[test]
fn next_split_of_a_task_starts_at_the_start_of_time() {
    let alignments = Alignments::default();
    let strategy = monotonic().alignment("group", millis(10));
    let mut both = Watermarks::new(strategy.clone(), 2);
    both.join(&alignments, Waker::noop().clone());
    let mut other = Watermarks::new(strategy, 1);
    other.join(&alignments, Waker::noop().clone());
    both.split(0).observe(Timestamp(1_000));
    both.read(0);
    other.split(0).observe(Timestamp(900));
    other.read(0);
    assert!(both.must_wait() && !other.must_wait());
    both.end(0);
    assert!(other.must_wait() && !both.must_wait());
    both.end(1);
    assert!(!other.must_wait(), "nobody is left to wait for");
}
