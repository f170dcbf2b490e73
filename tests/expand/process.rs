//! A process function with a timer and a side, one that is told rules, and `dedup` with a time to live.
use thalweg::prelude::*;

#[pipeline]
pub fn sessions(path: String, gap: i64) {
    let odd = side();
    let visits = source(files(&path).text())
        .map(|line| (line.len() as u64, line))
        .processing_time();
    visits
        .key_by(|(user, _)| user)
        .process(|| 0u64)
        .on_event(|count, (_, line), cx| {
            *count += 1;
            if line.is_empty() {
                cx.emit_to(odd, *count);
            }
            cx.timer_after(secs(gap));
        })
        .on_timer(|count, _, cx| {
            cx.emit((cx.key(), *count));
            cx.clear();
        })
        .filter(|(_, count)| count > 1)
        .sink(print());
    odd.sink(print());
    visits
        .key_by(|(user, _)| user)
        .connect(visits.broadcast_by(|(length, _)| length))
        .process(|| 0u64)
        .on_event(|_, (user, _), cx| {
            if let Some((_, line)) = cx.broadcast().get(user) {
                cx.emit(line);
            }
        })
        .sink(print());
    visits.key_by(|(user, _)| user).dedup().ttl(hours(1)).sink(print());
}
