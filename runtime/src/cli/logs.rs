//! The log: `tracing` events as lines on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use super::screen::Screen;

/// Writes events that pass `filter`. A program that embeds a job and has a subscriber of its own keeps it.
pub(super) fn start(filter: &str, screen: &Screen) {
    let screen = screen.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_ansi(io::stderr().is_terminal())
        .with_writer(move || screen.clone())
        .finish();
    let _ = tracing::subscriber::set_global_default(subscriber);
}
