//! `.owned()`: closures that take the record itself.

use std::fmt::Display;

use super::base::{handle, not_run};
use super::{Fallible, Stream};
use crate::record::{Emit, Record};

handle! {
    /// A stream whose next operator takes its record by value; made by [`Stream::owned`].
    ///
    /// `map`, `filter_map`, `flat_map` and their fallible forms may follow, and take a `T`. What only looks at its record
    /// (`filter`, `inspect`, a key, an event time) has nothing from owning it.
    Owned<T>
}

impl<T: Record> Owned<T> {
    /// [`Stream::map`] with the record itself.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let words = source(collection(Vec::<(String, String)>::new()));
    /// words.owned().map(|(first, _)| first).sink(print());
    /// # }
    /// ```
    pub fn map<R: Emit>(self, f: impl Fn(T) -> R) -> Stream<R::Record> {
        not_run(f)
    }

    /// [`Stream::filter_map`] with the record itself.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines.owned().filter_map(|line| (!line.is_empty()).then_some(line)).sink(print());
    /// # }
    /// ```
    pub fn filter_map<R: Emit>(self, f: impl Fn(T) -> Option<R>) -> Stream<R::Record> {
        not_run(f)
    }

    /// [`Stream::flat_map`] with the record itself.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let words = source(collection(Vec::<(String, String)>::new()));
    /// words.owned().flat_map(|(a, b)| [a, b]).sink(print());
    /// # }
    /// ```
    pub fn flat_map<I: IntoIterator>(self, f: impl Fn(T) -> I) -> Stream<<I::Item as Emit>::Record>
    where
        I::Item: Emit,
    {
        not_run(f)
    }

    /// [`Stream::try_map`] with the record itself.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines
    ///     .owned()
    ///     .try_map(|line| if line.is_empty() { Err("empty line") } else { Ok(line) })
    ///     .or_skip()
    ///     .sink(print());
    /// # }
    /// ```
    pub fn try_map<R: Emit, E: Display>(
        self,
        f: impl Fn(T) -> Result<R, E>,
    ) -> Fallible<T, R::Record> {
        not_run(f)
    }

    /// [`Stream::try_filter_map`] with the record itself.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// lines
    ///     .owned()
    ///     .try_filter_map(|line| match line.parse::<i64>()? {
    ///         0 => Ok::<_, std::num::ParseIntError>(None),
    ///         _ => Ok(Some(line)),
    ///     })
    ///     .or_skip()
    ///     .sink(print());
    /// # }
    /// ```
    pub fn try_filter_map<R: Emit, E: Display>(
        self,
        f: impl Fn(T) -> Result<Option<R>, E>,
    ) -> Fallible<T, R::Record> {
        not_run(f)
    }

    /// [`Stream::try_flat_map`] with the record itself.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let words = source(collection(Vec::<(String, String)>::new()));
    /// words
    ///     .owned()
    ///     .try_flat_map(|(a, b)| if a == b { Err("twice the same") } else { Ok([a, b]) })
    ///     .or_skip()
    ///     .sink(print());
    /// # }
    /// ```
    pub fn try_flat_map<I: IntoIterator, E: Display>(
        self,
        f: impl Fn(T) -> Result<I, E>,
    ) -> Fallible<T, <I::Item as Emit>::Record>
    where
        I::Item: Emit,
    {
        not_run(f)
    }
}
