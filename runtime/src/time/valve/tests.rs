use proptest::prelude::*;

use super::*;

fn watermark(time: i64) -> TimeEvent {
    TimeEvent::Watermark(Timestamp(time))
}

fn check(channels: usize, script: &[(usize, TimeEvent, TimeEvents)]) {
    let mut valve = WatermarkValve::new(channels, Timestamp::MIN);
    for (step, &(channel, event, expected)) in script.iter().enumerate() {
        assert_eq!(valve.report(channel, event), expected, "step {step}");
    }
}

#[test]
fn least_active_channel_decides() {
    check(
        2,
        &[
            (0, watermark(5), NOTHING),
            (1, watermark(3), [Some(watermark(3)), None]),
            (1, watermark(2), NOTHING),
            (1, watermark(9), [Some(watermark(5)), None]),
        ],
    );
}

#[test]
fn idle_channel_stops_holding_back_time() {
    check(
        2,
        &[
            (0, watermark(5), NOTHING),
            (1, TimeEvent::Idle, [Some(watermark(5)), None]),
            (0, watermark(8), [Some(watermark(8)), None]),
            (1, TimeEvent::Active, NOTHING),
            (1, watermark(7), NOTHING),
            (0, watermark(9), [Some(watermark(9)), None]),
            (1, watermark(9), NOTHING),
            (0, watermark(12), NOTHING),
            (1, watermark(10), [Some(watermark(10)), None]),
        ],
    );
}

#[test]
fn last_idle_channel_that_held_time_releases_the_greatest() {
    check(
        2,
        &[
            (0, watermark(5), NOTHING),
            (1, watermark(3), [Some(watermark(3)), None]),
            (0, TimeEvent::Idle, NOTHING),
            (1, TimeEvent::Idle, [Some(watermark(5)), Some(TimeEvent::Idle)]),
            (0, TimeEvent::Active, [Some(TimeEvent::Active), None]),
        ],
    );
}

#[test]
fn end_of_all_channels_is_the_end_of_time() {
    let mut valve = WatermarkValve::new(2, Timestamp::MIN);
    assert_eq!(valve.end(0), NOTHING);
    assert_eq!(valve.report(1, watermark(4)), [Some(watermark(4)), None]);
    assert_eq!(valve.end(1), [None, Some(TimeEvent::Watermark(Timestamp::MAX))]);
}

#[test]
fn floor_is_never_undercut() {
    let mut valve = WatermarkValve::new(2, Timestamp(10));
    assert_eq!(valve.report(0, watermark(4)), NOTHING);
    assert_eq!(valve.report(1, watermark(11)), NOTHING);
    assert_eq!(valve.report(0, watermark(10)), NOTHING);
    assert_eq!(valve.report(0, watermark(12)), [Some(watermark(11)), None]);
}

/// The rules, computed from scratch after every event, from nothing but the definition.
#[derive(Clone)]
struct Oracle {
    watermarks: Vec<i64>,
    idle: Vec<bool>,
    behind: Vec<bool>,
    reached: i64,
}

impl Oracle {
    fn least(&self) -> Option<i64> {
        let part = (0..self.idle.len()).filter(|&c| !self.idle[c] && !self.behind[c]);
        part.map(|c| self.watermarks[c]).min()
    }

    fn report(&mut self, channel: usize, event: TimeEvent) -> Vec<TimeEvent> {
        let before = (self.reached, self.idle.iter().all(|&idle| idle));
        let mut news = false;
        match event {
            TimeEvent::Watermark(time) if !self.idle[channel] => {
                news = time.0 > self.watermarks[channel];
                self.watermarks[channel] = self.watermarks[channel].max(time.0);
                self.behind[channel] &= self.watermarks[channel] < self.reached;
            }
            TimeEvent::Watermark(_) => {}
            TimeEvent::Idle => {
                news = !std::mem::replace(&mut self.idle[channel], true);
                let all_idle = self.idle.iter().all(|&idle| idle);
                if news && all_idle && self.watermarks[channel] == self.reached {
                    self.reached = *self.watermarks.iter().max().unwrap();
                }
            }
            // That a channel is active again is told with its next watermark, as in Flink.
            TimeEvent::Active => {
                if std::mem::replace(&mut self.idle[channel], false) {
                    self.behind[channel] = self.watermarks[channel] < self.reached;
                }
            }
        }
        if let Some(least) = self.least().filter(|_| news) {
            self.reached = self.reached.max(least);
        }
        let mut out = Vec::new();
        let all_idle = self.idle.iter().all(|&idle| idle);
        if before.1 && !all_idle {
            out.push(TimeEvent::Active);
        }
        if self.reached > before.0 {
            out.push(watermark(self.reached));
        }
        if !before.1 && all_idle {
            out.push(TimeEvent::Idle);
        }
        out
    }
}

fn event() -> impl Strategy<Value = TimeEvent> {
    prop_oneof![
        4 => (-5i64..40).prop_map(watermark),
        1 => Just(TimeEvent::Idle),
        1 => Just(TimeEvent::Active),
    ]
}

proptest! {
    #[test]
    fn bug_03_output_is_monotone_and_equals_the_definition(
        channels in 1usize..5,
        floor in prop_oneof![Just(i64::MIN), 0i64..20],
        script in proptest::collection::vec((0usize..5, event()), 0..60),
    ) {
        let mut valve = WatermarkValve::new(channels, Timestamp(floor));
        let mut oracle = Oracle {
            watermarks: vec![i64::MIN; channels],
            idle: vec![false; channels],
            behind: vec![false; channels],
            reached: floor,
        };
        for (channel, event) in script {
            let (channel, before) = (channel % channels, valve.watermark());
            let answer: Vec<_> = valve.report(channel, event).into_iter().flatten().collect();
            prop_assert_eq!(answer, oracle.report(channel, event));
            prop_assert!(valve.watermark().0 >= floor && valve.watermark() >= before);
        }
    }
}

#[test]
fn time_does_not_end_before_an_idle_channel_has() {
    let mut valve = WatermarkValve::new(2, Timestamp::MIN);
    valve.report(0, TimeEvent::Watermark(Timestamp(5)));
    valve.report(1, TimeEvent::Watermark(Timestamp(3)));
    assert_eq!(valve.report(1, TimeEvent::Idle), [Some(TimeEvent::Watermark(Timestamp(5))), None]);
    assert_eq!(valve.end(0), [None, Some(TimeEvent::Idle)]);
    assert_eq!(valve.report(1, TimeEvent::Active), [Some(TimeEvent::Active), None]);
    let moved = valve.report(1, TimeEvent::Watermark(Timestamp(8)));
    assert_eq!(moved, [Some(TimeEvent::Watermark(Timestamp(8))), None]);
    assert_eq!(valve.end(1), [None, Some(TimeEvent::Watermark(Timestamp::MAX))]);
}
