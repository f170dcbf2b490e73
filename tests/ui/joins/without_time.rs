//! Both sides of a join need event time.
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
    let payments = source(collection(payments()));
    orders.join(payments).on(|o| o.id, |p| p.order).within(mins(0)..=mins(1)).sink(print());
    payments.join(orders).on(|p| p.order, |o| o.id).window(tumbling(mins(5))).sink(print());
}

fn main() {}
