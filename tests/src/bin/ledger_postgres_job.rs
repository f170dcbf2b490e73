//! The job of `cargo xtask ledger --sink postgres`, with its books in tables.
#![cfg(feature = "postgres")] // Whoever looks at the file without the feature sees nothing.

use std::process::ExitCode;

use thalweg::connector::{Postgres, postgres};

#[path = "../ledger.rs"]
mod ledger;

fn book(database: &str, name: &str) -> Postgres {
    postgres(database).table(name)
}

fn main() -> ExitCode {
    thalweg::main(ledger::ledger)
}
