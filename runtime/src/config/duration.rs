//! Durations in configurations: a [`Span`] that is not negative.

use std::str::FromStr;
use std::time::Duration;

use crate::time::Span;

/// How long to wait, or to keep something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pause(pub(crate) Duration);

impl FromStr for Pause {
    type Err = String;

    fn from_str(text: &str) -> Result<Pause, String> {
        let span: Span = text.parse().map_err(|_| {
            "a duration is written as 5ms, 2s or 1h 30m, with the units d, h, m, s and ms"
                .to_owned()
        })?;
        let millis = u64::try_from(span.0).map_err(|_| "a duration is not negative".to_owned())?;
        Ok(Pause(Duration::from_millis(millis)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_are_not_negative_are_durations() {
        assert_eq!("1m 5s".parse(), Ok(Pause(Duration::from_secs(65))));
        assert_eq!("-5ms".parse::<Pause>(), Err("a duration is not negative".to_owned()));
        assert!("soon".parse::<Pause>().is_err());
    }
}
