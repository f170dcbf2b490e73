use thalweg::prelude::*;

/// Two inputs in one chain, joined by window, by interval, as of a time, and grouped.
#[pipeline]
fn joins() {
    let orders = source(collection(Vec::<(u64, String, Timestamp)>::new()))
        .event_time(|(.., at)| at)
        .watermarks(monotonic());
    let payments = source(collection(Vec::<(u64, i64, Timestamp)>::new()))
        .event_time(|(.., at)| at)
        .watermarks(bounded(secs(5)));
    let late = side();
    orders
        .left_join(payments)
        .on(|(id, ..)| id, |(order, ..)| order)
        .window(tumbling(mins(5)))
        .offset(mins(1))
        .late_left_to(late)
        .map(|((_, item, _), paid)| (item, paid.is_some()))
        .sink(print());
    late.sink(discard());
    orders
        .join(payments)
        .on(|(id, ..)| id, |(order, ..)| order)
        .within(mins(0)..=mins(30))
        .sink(discard());
    payments.join(payments).on(|p| p.0, |p| p.0).as_of().sink(discard());
    orders
        .co_group(payments)
        .on(|(id, ..)| id, |(order, ..)| order)
        .window(session(mins(1)))
        .apply(|w, orders, payments, out| out.emit((w.key(), orders.len() as u64, payments.len() as u64)))
        .filter(|(_, orders, _)| orders > 0)
        .sink(discard());
}
