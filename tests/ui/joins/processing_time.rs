//! What goes by the records' times needs event time.
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
    let orders = source(collection(orders())).processing_time();
    let payments = source(collection(payments())).processing_time();
    let late = side();
    orders.join(payments).on(|o| o.id, |p| p.order).within(mins(0)..=mins(1)).sink(print());
    orders.join(payments).on(|o| o.id, |p| p.order).as_of().sink(print());
    orders
        .join(payments)
        .on(|o| o.id, |p| p.order)
        .window(tumbling(mins(5)))
        .allowed_lateness(mins(1))
        .late_right_to(late)
        .sink(print());
    late.sink(print());
}

fn main() {}
