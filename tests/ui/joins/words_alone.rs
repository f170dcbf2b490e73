//! Words of a join stand behind a join.
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
    orders.on(|o| o.id, |p| p.order).sink(print());
    orders.within(mins(0)..=mins(1)).sink(print());
    payments.as_of().sink(print());
    payments.map(|p| p.cents).late_left_to(late).sink(print());
    late.sink(print());
}

fn main() {}
