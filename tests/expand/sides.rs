//! Errors and late records go to sides.
use thalweg::prelude::*;

#[pipeline]
pub fn checked(path: String) {
    let bad = side();
    let late = side();
    source(files(&path).text())
        .try_map(|line| line.parse::<i64>())
        .errors_to(bad)
        .event_time(|at| Timestamp::from_millis(at))
        .watermarks(bounded(secs(1)))
        .key_by(|at| at % 7)
        .window(tumbling(mins(1)))
        .allowed_lateness(secs(2))
        .late_to(late)
        .max(|at| at)
        .sink(print());
    late.map(|at| format!("late: {at}")).sink(print());
    bad.map(|failed| format!("{}: {}", failed.record, failed.error)).sink(print());
}
