//! The job that `tests/job_binary.rs` starts.

use std::thread;

use thalweg::prelude::*;

/// Multiplies numbers.
///
/// Counts from zero and writes what comes out to standard output.
#[pipeline(name = "Multiplication")]
fn multiply(
    /// How many numbers.
    count: u64,
    /// What each is multiplied by.
    #[arg(default = "2")]
    factor: u64,
    /// The number that makes the job fail.
    fail_at: Option<u64>,
    /// The number that the job waits at for ever.
    hang_at: Option<u64>,
    /// A secret that nothing uses.
    password: Option<Secret<String>>,
) {
    drop(password);
    assert!(factor != 13, "{factor} brings bad luck");
    source(generate(count, |i| i)).map(move |i| visit(i, factor, fail_at, hang_at)).sink(print());
}

fn visit(i: u64, factor: u64, fail_at: Option<u64>, hang_at: Option<u64>) -> u64 {
    assert!(fail_at != Some(i), "{i} is not wanted");
    while hang_at == Some(i) {
        thread::park();
    }
    i.wrapping_mul(factor)
}

fn main() -> ExitCode {
    thalweg::main(multiply)
}
