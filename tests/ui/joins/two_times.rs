//! Both sides of a join live in one time.
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
    let payments = source(collection(payments())).processing_time();
    orders.join(payments).on(|o| o.id, |p| p.order).window(tumbling(mins(1))).sink(print());
}

fn main() {}
