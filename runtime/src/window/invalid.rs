//! Windows that cannot be.

use crate::time::Span;

/// Why windows cannot be as they were asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidWindow {
    /// No length.
    #[error("a window's length must be positive, not {size}\nhelp: write `tumbling(mins(5))`")]
    Size {
        /// The length asked for.
        size: Span,
    },
    /// Windows that do not move on.
    #[error(
        "a window's slide must be positive, not {slide}\nhelp: write `sliding(mins(10), mins(1))`"
    )]
    Slide {
        /// The slide asked for.
        slide: Span,
    },
    /// Sessions that no second record can belong to.
    #[error("a session's gap must be positive, not {gap}\nhelp: write `session(mins(30))`")]
    Gap {
        /// The gap asked for.
        gap: Span,
    },
    /// An offset of a whole window or more.
    #[error(
        "a window's offset must be shorter than the window: {offset} is not shorter than {size}\n\
         help: leave out whole windows: an offset of {rest} means the same"
    )]
    Offset {
        /// The offset asked for.
        offset: Span,
        /// The length.
        size: Span,
        /// The offset without whole windows.
        rest: Span,
    },
    /// An offset of a whole slide or more.
    #[error(
        "a sliding window's offset must be shorter than its slide: {offset} is not shorter than {slide}\n\
         help: leave out whole slides: an offset of {rest} means the same"
    )]
    SlideOffset {
        /// The offset asked for.
        offset: Span,
        /// The slide.
        slide: Span,
        /// The offset without whole slides.
        rest: Span,
    },
    /// Lateness below zero.
    #[error(
        "allowed lateness must not be negative, but is {lateness}\nhelp: write `.allowed_lateness(mins(1))`"
    )]
    Lateness {
        /// The lateness asked for.
        lateness: Span,
    },
    /// A record in more windows than there is room for.
    #[error(
        "a record would belong to {windows} windows, each with a value of its own; {limit} is the most\n\
         help: use a longer slide, or aggregates that can be put together from parts: `count`, `sum`, `avg`, `min`, `max`"
    )]
    Windows {
        /// Windows per record.
        windows: i64,
        /// The most there may be.
        limit: i64,
    },
    /// Windows of no elements.
    #[error(
        "a window's number of elements must be positive\nhelp: write `tumbling_count(100)`, or `sliding_count(100, 10)`"
    )]
    Count,
}
