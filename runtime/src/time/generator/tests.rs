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
fn split_is_idle_only_if_it_could_be_read() {
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
fn steady_split_never_turns_idle() {
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
fn one_garbage_timestamp_does_not_move_time() {
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
}
