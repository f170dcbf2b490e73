//! Windows that overlap and sessions whose gap each record decides: emitted code names no type of theirs.
use thalweg::prelude::*;

#[record]
pub struct Click {
    pub user: u64,
    pub mobile: bool,
    pub at: Timestamp,
}

#[pipeline]
pub fn visits() {
    let clicks = source(collection([Click { user: 1, mobile: true, at: Timestamp::MIN }]))
        .event_time(|click| click.at)
        .watermarks(bounded(secs(5)));
    clicks.key_by(|click| click.user).window(sliding(mins(10), mins(1))).count().sink(print());
    clicks
        .key_by(|click| click.user)
        .window(dynamic_session())
        .gap(|click| if click.mobile { mins(5) } else { mins(30) })
        .reduce(|a, b| if a.at < b.at { a } else { b })
        .sink(print());
}
