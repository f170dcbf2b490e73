//! Error Isolation Engine: the lines of a log that are errors, in capitals.
//!
//! ```text
//! cargo run --release --example error_isolation
//! cargo run --release --example error_isolation -- --input /var/log/syslog
//! ```

use thalweg::prelude::*;

/// Isolates the error lines of a log.
#[pipeline(name = "Error Isolation Engine")]
fn error_isolation(
    /// The log: a file, a directory or a glob; gzip and zstd by extension.
    #[arg(default = "examples/data/service.log")]
    input: String,
) {
    source(files(input).text())
        .map(|line| line.to_uppercase())
        .filter(|line| line.contains("ERROR"))
        .sink(print());
}

fn main() -> ExitCode {
    thalweg::main(error_isolation)
}
