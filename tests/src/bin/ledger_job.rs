//! The job of `cargo xtask ledger` with its books in directories.

use std::process::ExitCode;

use thalweg::connector::{Csv, Files, files};

#[path = "../ledger.rs"]
mod ledger;

fn book<T>(output: &str, name: &str) -> Files<Csv<T>> {
    files(format!("{output}/{name}")).csv()
}

fn main() -> ExitCode {
    thalweg::main(ledger::ledger)
}
