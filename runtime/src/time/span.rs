//! Lengths of time.

/// A signed number of milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span(pub i64);

/// `n` milliseconds.
pub const fn millis(n: i64) -> Span {
    Span(n)
}

/// `n` seconds.
pub const fn secs(n: i64) -> Span {
    Span(n.saturating_mul(1_000))
}

/// `n` minutes.
pub const fn mins(n: i64) -> Span {
    Span(n.saturating_mul(60_000))
}
