//! What is late on the right is of the right side's type.
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
        .as_of()
        .late_right_to(late)
        .sink(print());
    late.map(|order| order.item).sink(print());
}

fn main() {}
