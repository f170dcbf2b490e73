//! A future per record, watermarks that records bring, a partitioner of the user's.
use thalweg::prelude::*;

#[record]
struct Order {
    id: u64,
    customer: String,
}

fn orders() -> Vec<Order> {
    Vec::new()
}

async fn name_of(_: &str) -> Result<String, std::io::Error> {
    Ok(String::new())
}

#[pipeline]
fn job(prefix: String) {
    let bad = side();
    source(collection(orders()))
        .event_time(|o| Timestamp(o.id as i64))
        .punctuated(|o| (o.id % 10 == 0).then_some(Timestamp(o.id as i64)))
        .partition_by(|o| o.id)
        .async_map(|o| async move { name_of(&prefix).await.map(|name| name + o.customer) })
        .unordered()
        .timeout(secs(5))
        .cache(100, mins(1), |o| o.customer)
        .errors_to(bad)
        .map(|(o, name)| (o.id, name))
        .sink(print());
    bad.sink(print());
}
