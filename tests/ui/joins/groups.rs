//! A group needs a window and a function.
use thalweg::prelude::*;

#[record]
struct Order {
    id: u64,
    item: String,
    weight: f64,
    at: Timestamp,
}

#[record]
struct Payment {
    order: u64,
    cents: u64,
    at: Timestamp,
}

fn orders() -> Vec<Order> {
    Vec::new()
}

fn payments() -> Vec<Payment> {
    Vec::new()
}

#[pipeline]
fn job() {
    let orders = source(collection(orders())).event_time(|o| o.at).watermarks(monotonic());
    let payments = source(collection(payments())).event_time(|p| p.at).watermarks(monotonic());
    orders.co_group(payments).on(|o| o.id, |p| p.order).sink(print());
    orders.co_group(payments).on(|o| o.id, |p| p.order).within(mins(0)..=mins(1)).sink(print());
    orders.co_group(payments).on(|o| o.id, |p| p.order).window(tumbling(mins(1))).sink(print());
    orders
        .co_group(payments)
        .on(|o| o.id, |p| p.order)
        .window(tumbling(mins(1)))
        .apply(|w, orders, out| out.emit(orders.len() as u64))
        .sink(print());
}

fn main() {}
