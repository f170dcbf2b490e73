//! Signed distances in time.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// A signed number of milliseconds: how long something takes, how far two points in time are apart.
///
/// Made by [`millis`], [`secs`], [`mins`], [`hours`] and [`days`]. Arithmetic saturates. It is written in the largest
/// unit that divides it, `90s`, and read from a sum of such parts, `1h 30m`, or from plain milliseconds. Text formats
/// hold it as milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(transparent)]
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

/// `n` hours.
pub const fn hours(n: i64) -> Span {
    Span(n.saturating_mul(3_600_000))
}

/// `n` days of 24 hours.
pub const fn days(n: i64) -> Span {
    Span(n.saturating_mul(86_400_000))
}

impl Span {
    /// No time.
    pub const ZERO: Span = Span(0);
    /// The longest span.
    pub const MAX: Span = Span(i64::MAX);

    /// The span in milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The span without its sign.
    pub const fn abs(self) -> Span {
        Span(self.0.saturating_abs())
    }

    /// The span as a duration of the standard library; zero if it is negative.
    pub fn to_duration(self) -> Duration {
        Duration::from_millis(u64::try_from(self.0).unwrap_or(0))
    }
}

impl From<Duration> for Span {
    /// Parts of a millisecond are dropped; what is too long is [`Span::MAX`].
    fn from(duration: Duration) -> Span {
        Span(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Neg for Span {
    type Output = Span;
    fn neg(self) -> Span {
        Span(self.0.saturating_neg())
    }
}

impl Add for Span {
    type Output = Span;
    #[inline]
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Span;
    #[inline]
    fn sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}

impl SubAssign for Span {
    fn sub_assign(&mut self, other: Span) {
        *self = *self - other;
    }
}

impl Mul<i64> for Span {
    type Output = Span;
    fn mul(self, times: i64) -> Span {
        Span(self.0.saturating_mul(times))
    }
}

impl Div<i64> for Span {
    type Output = Span;
    /// # Panics
    /// If `parts` is zero.
    fn div(self, parts: i64) -> Span {
        Span(self.0.saturating_div(parts))
    }
}

impl Sum for Span {
    fn sum<I: Iterator<Item = Span>>(spans: I) -> Span {
        spans.fold(Span::ZERO, Add::add)
    }
}

const UNITS: [(&str, i64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let divides = |(_, millis): &&(&str, i64)| self.0 != 0 && self.0 % millis == 0;
        let (unit, millis) = UNITS.iter().find(divides).unwrap_or(&("ms", 1));
        write!(f, "{}{unit}", self.0 / millis)
    }
}

/// A text that is no span of time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no span of time: write it as `1h 30m`, with d, h, m, s, ms, or as milliseconds")]
pub struct ParseSpanError(String);

impl FromStr for Span {
    type Err = ParseSpanError;

    fn from_str(text: &str) -> Result<Span, ParseSpanError> {
        parse(text.trim()).map(Span).ok_or_else(|| ParseSpanError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<i64> {
    if let Ok(millis) = text.parse() {
        return Some(millis);
    }
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0; // Wider than the result, whose least value has no positive twin.
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (_, millis) = UNITS.iter().find(|(unit, _)| *unit == &rest[..letters])?;
        total = total.checked_add(i128::from(count) * i128::from(*millis))?;
        rest = rest[letters..].trim_start();
    }
    i64::try_from(sign * total).ok()
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(SpanVisitor)
        } else {
            i64::deserialize(deserializer).map(Span)
        }
    }
}

struct SpanVisitor;

impl Visitor<'_> for SpanVisitor {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a span of time as `1h 30m` or as milliseconds")
    }

    fn visit_i64<E: serde::de::Error>(self, millis: i64) -> Result<Span, E> {
        Ok(Span(millis))
    }

    fn visit_u64<E: serde::de::Error>(self, millis: u64) -> Result<Span, E> {
        i64::try_from(millis).map(Span).map_err(E::custom)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Span, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_largest_unit_and_reads_sums() {
        for (text, span) in [
            ("90s", secs(90)),
            ("-10m", -mins(10)),
            ("2d", days(2)),
            ("0ms", Span::ZERO),
            ("-9223372036854775808ms", Span(i64::MIN)),
        ] {
            assert_eq!(span.to_string(), text);
            assert_eq!(text.parse(), Ok(span));
        }
        assert_eq!("1h 30m".parse(), Ok(mins(90)));
        assert_eq!("-1h30m".parse(), Ok(-mins(90)));
        assert_eq!("1500".parse(), Ok(millis(1_500)));
        for wrong in ["", "-", "h", "1x", "1h-2m", "1 h", "99999999999999999999d"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }
}
