//! Stateless operators between a source and a sink: one chain, one loop.
use thalweg::prelude::*;

/// Isolates error lines.
#[pipeline(name = "Error Isolation Engine")]
pub fn error_isolation(
    /// Where the lines are.
    path: String,
    #[arg(default = "ERROR")] word: String,
) {
    source(files(&path).text())
        .map(|line| line.to_uppercase())
        .filter(|line| line.contains(&word))
        .flat_map(|line| line.split('|').map(str::to_owned).collect::<Vec<_>>())
        .sink(print());
}
