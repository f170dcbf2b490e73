//! A small HTTP server for `--metrics`: `/metrics` for Prometheus, `/health` for whoever restarts jobs.
//!
//! It answers `GET` and `HEAD` and nothing else, one request per connection, on threads of its own, so that it also
//! answers when every slot is busy. A request has a size and a deadline, and there are at most
//! [`CONNECTIONS_MAX`](server::CONNECTIONS_MAX) connections: a scraper that hangs costs one of them for two seconds.

mod exposition;
mod request;
mod scrape;
mod server;

pub(crate) use scrape::scrape;
#[cfg(test)]
pub(crate) use scrape::tests;
pub(crate) use server::{Answer, MetricsServer, ServeError};
