//! Asking a service about each record, many requests at a time: customers' names for their orders.
//!
//! The service is a small table behind a delay; in earnest it is a database or an HTTP client, opened once per process
//! by `async_resource`. While answers are on their way the pipeline goes on with other orders; results keep the order of
//! the input all the same. A request that fails is made again, and goes to a side if that does not help.
//!
//! ```text
//! cargo run --release --example async_enrichment
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use thalweg::prelude::*;

/// Somebody ordered something.
#[record]
struct Order {
    id: u64,
    customer: u64,
}

/// Knows customers by number, after a while.
struct Customers {
    names: BTreeMap<u64, &'static str>,
}

/// What the service cannot tell.
#[derive(Debug)]
struct NoSuchCustomer(u64);

impl fmt::Display for NoSuchCustomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no customer {}", self.0)
    }
}

impl Customers {
    async fn connect() -> Result<Customers, std::io::Error> {
        let names = ["Ada", "Barbara", "Frances", "Grace", "Katherine"];
        Ok(Customers { names: (0..).zip(names).collect() })
    }

    async fn name_of(&self, customer: u64) -> Result<&'static str, NoSuchCustomer> {
        tokio::time::sleep(Duration::from_millis(2)).await;
        self.names.get(&customer).copied().ok_or(NoSuchCustomer(customer))
    }
}

/// Adds each customer's name to their orders.
#[pipeline(name = "Async enrichment")]
fn async_enrichment(
    /// Orders to ask about.
    #[arg(default = 1000)]
    orders: u64,
) {
    let unknown = side();
    let customers = async_resource(Customers::connect);
    source(generate(orders, |id| Order { id, customer: id * 7 % 6 }))
        .async_map(|order| async move { customers.name_of(order.customer).await })
        .capacity(200)
        .timeout(secs(5))
        .retry(exponential_backoff(2, millis(1), millis(10)))
        .errors_to(unknown)
        .map(|(order, name)| format!("order {} is by {name}", order.id))
        .sink(print());
    unknown.map(|failed| format!("order {}: {}", failed.record.id, failed.error)).sink(print());
}

fn main() -> ExitCode {
    thalweg::main(async_enrichment)
}
