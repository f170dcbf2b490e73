//! How many parallel copies a chain has.

use std::str::FromStr;

/// A parallelism that is possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Parallelism(pub(crate) usize);

/// The most: there are never more tasks than key groups, of which there are at most so many.
const PARALLELISM_MAX: usize = 32_768;

impl FromStr for Parallelism {
    type Err = String;

    fn from_str(text: &str) -> Result<Parallelism, String> {
        match text.parse() {
            Ok(0) => {
                Err("a job needs at least one task\nhelp: leave it out to use every core"
                    .to_owned())
            }
            Ok(n) if n <= PARALLELISM_MAX => Ok(Parallelism(n)),
            Ok(_) => Err(format!("the greatest parallelism is {PARALLELISM_MAX}")),
            Err(_) => Err(format!("it is a number from 1 to {PARALLELISM_MAX}")),
        }
    }
}
