//! Evictors: what leaves a window's elements when it fires.

use std::fmt;

use crate::time::Span;

/// Takes elements out of a window when it fires: made by [`count`] and [`time`].
///
/// What an evictor takes out is gone for good, as in Flink. It needs the elements themselves, so a window with an
/// evictor keeps them even where an aggregate alone would keep an accumulator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Evictor {
    pub(crate) keeps: Keeps,
    pub(crate) after: bool,
}

/// What stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keeps {
    /// So many elements, those that came last.
    Count(u64),
    /// What is younger than the youngest element by less than this.
    Time(Span),
}

/// Keeps the `n` elements that came last (`CountEvictor` in Flink).
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let prices = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
/// // Every ten prices, the mean of the last hundred.
/// prices
///     .key_by(|_| ())
///     .window(global_window())
///     .trigger(trigger::count(10))
///     .evictor(evictor::count(100))
///     .avg(|price| price)
///     .sink(print());
/// # }
/// ```
pub fn count(n: u64) -> Evictor {
    Evictor { keeps: Keeps::Count(n), after: false }
}

/// Keeps the elements whose time is less than `span` before that of the youngest (`TimeEvictor` in Flink).
///
/// ```
/// # use thalweg::prelude::*;
/// # #[pipeline]
/// # fn example() {
/// # let prices = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
/// prices
///     .window_all(tumbling(hours(1)))
///     .evictor(evictor::time(mins(5)))
///     .max(|price| price)
///     .sink(print());
/// # }
/// ```
pub fn time(span: Span) -> Evictor {
    Evictor { keeps: Keeps::Time(span), after: false }
}

/// Why an evictor cannot be as it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidEvictor {
    /// It would keep nothing.
    #[error("an evictor must keep at least one element\nhelp: write `evictor::count(100)`")]
    Count,
    /// It would keep nothing.
    #[error("an evictor's time must be positive, not {0}\nhelp: write `evictor::time(mins(5))`")]
    Time(Span),
}

impl Evictor {
    /// Evicts behind the window's function instead of before it: the function sees all elements, the next firing only
    /// those that stay (`doEvictAfter` in Flink).
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let prices = source(collection(Vec::<u64>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
    /// prices
    ///     .window_all(global_window())
    ///     .trigger(trigger::count(10))
    ///     .evictor(evictor::count(100).after())
    ///     .max(|price| price)
    ///     .sink(print());
    /// # }
    /// ```
    #[must_use]
    pub fn after(self) -> Evictor {
        Evictor { after: true, ..self }
    }

    /// What is wrong with it, if anything is.
    pub(crate) fn mistake(&self) -> Option<InvalidEvictor> {
        match self.keeps {
            Keeps::Count(0) => Some(InvalidEvictor::Count),
            Keeps::Time(span) if span <= Span::ZERO => Some(InvalidEvictor::Time(span)),
            _ => None,
        }
    }
}

impl fmt::Display for Evictor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.keeps {
            Keeps::Count(n) => write!(f, "count({n})")?,
            Keeps::Time(span) => write!(f, "time({span})")?,
        }
        f.write_str(if self.after { ".after()" } else { "" })
    }
}
