//! What is said of a join is said once.
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
    let late = side();
    orders
        .join(payments)
        .on(|o| o.id, |p| p.order)
        .window(tumbling(mins(5)))
        .offset(mins(1))
        .offset(mins(2))
        .late_left_to(late)
        .late_left_to(late)
        .sink(print());
    late.sink(print());
}

fn main() {}
