//! A float is no key of a join either.
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
    orders.join(payments).on(|o| o.id as f64, |p| p.order as f64).as_of().sink(print());
}

fn main() {}
