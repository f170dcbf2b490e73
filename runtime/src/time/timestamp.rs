//! Points in time.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::Span;
use super::calendar::{DAY, date_of, days_in, days_of};

/// Milliseconds since the Unix epoch; may be negative.
///
/// It is written as RFC 3339 in UTC, `2013-01-01T05:00:00Z`, with milliseconds if there are any, and as plain
/// milliseconds before year 0 and after year 9999. It is read from either, so that text formats may hold either.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Before all time: of an element without a timestamp, and the watermark before the first.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// After all time: the watermark behind the end of a bounded input.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    /// The point in time `millis` milliseconds after the Unix epoch.
    pub const fn from_millis(millis: i64) -> Timestamp {
        Timestamp(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The day, in UTC.
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// let landed: Timestamp = "1969-07-20T20:17:40Z".parse()?;
    /// assert_eq!((landed.date().year, landed.date().month, landed.date().day), (1969, 7, 20));
    /// # Ok::<(), thalweg::time::ParseTimestampError>(())
    /// ```
    pub fn date(self) -> Date {
        let (year, month, day) = date_of(self.0.div_euclid(DAY));
        Date { year, month: month as u8, day: day as u8 }
    }
}

/// A day of the Gregorian calendar, from [`Timestamp::date`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date {
    /// The year; 0 is 1 BC.
    pub year: i64,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, 1 to 31.
    pub day: u8,
}

impl Add<Span> for Timestamp {
    type Output = Timestamp;
    #[inline]
    fn add(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Timestamp;
    #[inline]
    fn sub(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_sub(span.0))
    }
}

impl Sub for Timestamp {
    type Output = Span;
    #[inline]
    fn sub(self, earlier: Timestamp) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl AddAssign<Span> for Timestamp {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl SubAssign<Span> for Timestamp {
    fn sub_assign(&mut self, span: Span) {
        *self = *self - span;
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, millis) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let (year, month, day) = date_of(days);
        if !(0..=9_999).contains(&year) {
            return write!(f, "{}", self.0);
        }
        let (hour, minute) = (millis / 3_600_000, millis / 60_000 % 60);
        let (second, millis) = (millis / 1_000 % 60, millis % 1_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if millis != 0 {
            write!(f, ".{millis:03}")?;
        }
        f.write_str("Z")
    }
}

/// A text that is no point in time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{0}` is no point in time: write it as `2013-01-01T05:00:00Z` or as milliseconds since 1970"
)]
pub struct ParseTimestampError(String);

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Timestamp, ParseTimestampError> {
        let millis = text.parse().ok().or_else(|| parse_rfc3339(text.as_bytes()));
        millis.map(Timestamp).ok_or_else(|| ParseTimestampError(text.to_owned()))
    }
}

/// RFC 3339, section 5.6: any offset, any number of decimals (those behind the third are dropped), `T` or a blank.
fn parse_rfc3339(text: &[u8]) -> Option<i64> {
    let marks: [(usize, &[u8]); 5] = [(4, b"-"), (7, b"-"), (10, b"Tt "), (13, b":"), (16, b":")];
    if !marks.iter().all(|(at, allowed)| text.get(*at).is_some_and(|c| allowed.contains(c))) {
        return None;
    }
    let part = |at: usize, len: usize| number(text.get(at..at + len)?);
    let (year, month, day) = (part(0, 4)?, part(5, 2)?, part(8, 2)?);
    let (hour, minute, second) = (part(11, 2)?, part(14, 2)?, part(17, 2)?);
    let is_date = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    // A leap second counts as the second behind it.
    if !is_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (millis, rest) = decimals(&text[19..])?;
    let seconds = hour * 3_600 + minute * 60 + second - offset_seconds(rest)?;
    Some(days_of(year, month, day) * DAY + seconds * 1_000 + millis)
}

fn number(digits: &[u8]) -> Option<i64> {
    let is_plain = digits.iter().all(u8::is_ascii_digit);
    is_plain.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

/// Milliseconds of `.123456`, and what follows it.
fn decimals(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(decimals) = text.strip_prefix(b".") else { return Some((0, text)) };
    let len = decimals.iter().take_while(|digit| digit.is_ascii_digit()).count();
    let digit = |at: usize| decimals[..len].get(at).map_or(0, |digit| i64::from(digit - b'0'));
    (len > 0).then(|| (digit(0) * 100 + digit(1) * 10 + digit(2), &decimals[len..]))
}

/// Seconds east of Greenwich of `Z`, `+02:00`, `-0530`.
fn offset_seconds(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text {
        b"Z" | b"z" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [_, _, b':', _, _] => (number(&digits[..2])?, number(&digits[3..])?),
        [_, _, _, _] => (number(&digits[..2])?, number(&digits[2..])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(TimestampVisitor)
        } else {
            i64::deserialize(deserializer).map(Timestamp)
        }
    }
}

struct TimestampVisitor;

impl Visitor<'_> for TimestampVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a point in time as RFC 3339 or as milliseconds since 1970")
    }

    fn visit_i64<E: serde::de::Error>(self, millis: i64) -> Result<Timestamp, E> {
        Ok(Timestamp(millis))
    }

    fn visit_u64<E: serde::de::Error>(self, millis: u64) -> Result<Timestamp, E> {
        i64::try_from(millis).map(Timestamp).map_err(E::custom)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, millis: i64, back: &str) {
        assert_eq!(text.parse(), Ok(Timestamp(millis)));
        assert_eq!(Timestamp(millis).to_string(), back);
    }

    #[test]
    fn reads_and_writes_rfc3339_and_milliseconds() {
        check("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z");
        check("2013-01-01 05:00:00.25+05:00", 1_356_998_400_250, "2013-01-01T00:00:00.250Z");
        check("1969-12-31T23:59:59.999999-0000", -1, "1969-12-31T23:59:59.999Z");
        check("2016-12-31T23:59:60Z", 1_483_228_800_000, "2017-01-01T00:00:00Z");
        check("-62167219200001", -62_167_219_200_001, "-62167219200001");
        check("9223372036854775807", i64::MAX, "9223372036854775807");
        check("-9223372036854775808", i64::MIN, "-9223372036854775808");
        for wrong in ["", "x", "2013-02-29T00:00:00Z", "2013-01-01", "2013-01-01T00:00:00"] {
            assert!(wrong.parse::<Timestamp>().is_err(), "{wrong}");
        }
        assert!("2013-01-01T00:00:00.Z".parse::<Timestamp>().is_err());
    }

    #[test]
    fn serde_reads_either_form() {
        let times: Vec<Timestamp> =
            serde_json::from_str(r#"[1, -1, "1970-01-01T00:00:00.001Z", "7"]"#).unwrap();
        assert_eq!(times, [1, -1, 1, 7].map(Timestamp));
        assert_eq!(serde_json::to_string(&times[0]).unwrap(), r#""1970-01-01T00:00:00.001Z""#);
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::MAX + Span(1), Timestamp::MAX);
        assert_eq!(Timestamp::MIN - Span(1), Timestamp::MIN);
        assert_eq!(Timestamp::MAX - Timestamp::MIN, Span(i64::MAX));
    }
}
