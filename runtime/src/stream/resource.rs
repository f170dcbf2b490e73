//! What a pipeline opens once per process.

use std::fmt::Display;

use super::base::not_run;
use crate::resource::Resource;

/// Declares what has an effect and is needed once per process: a connection pool, a model, a dictionary.
///
/// A pipeline's own statements run whenever its plan is built, so they must not open anything. The closure is called
/// in each process before the first record; its error ends the job. What it opened is captured by closures as a
/// handle that derefs to it, shared between the tasks, and closed after the last record. Flink: `open` of a
/// `RichFunction`, per task.
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let words = source(collection(Vec::<String>::new()));
/// let stop_words = resource(|| std::fs::read_to_string("stop_words.txt"));
/// words.filter(move |word| !stop_words.lines().any(|line| line == word)).sink(print());
/// # }
/// ```
pub fn resource<T: Send + Sync + 'static, E: Display>(
    open: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Resource<T> {
    not_run(open)
}

/// [`resource`] for what is opened asynchronously: a future that is awaited before the first record.
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let words = source(collection(Vec::<String>::new()));
/// let greeting = async_resource(|| async { Ok::<_, String>("hello".to_owned()) });
/// words.map(move |word| format!("{} {word}", *greeting)).sink(print());
/// # }
/// ```
pub fn async_resource<T, E, F>(open: impl FnOnce() -> F + Send + 'static) -> Resource<T>
where
    T: Send + Sync + 'static,
    E: Display,
    F: Future<Output = Result<T, E>>,
{
    not_run(open)
}
