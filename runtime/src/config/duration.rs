//! Durations as people write them: `5ms`, `1.5s`, `10min`.

use std::str::FromStr;
use std::time::Duration;

/// A duration written as a number and a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pause(pub(crate) Duration);

/// Units and their seconds.
const UNITS: [(&str, f64); 7] = [
    ("us", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("min", 60.0),
    ("h", 3_600.0),
    ("d", 86_400.0),
];

impl FromStr for Pause {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Pause, &'static str> {
        const SHAPE: &str =
            "a duration is a number and a unit: us, ms, s, min, h or d, for instance 5ms";
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(SHAPE)?;
        let (number, unit) = text.split_at(end);
        let number: f64 = number.parse().map_err(|_| SHAPE)?;
        let unit = unit.trim();
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(SHAPE)?;
        let duration = Duration::try_from_secs_f64(number * seconds);
        duration.map(Pause).map_err(|_| "the duration is too long")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit_make_a_duration() {
        let check = |text: &str, millis: u64| {
            assert_eq!(text.parse(), Ok(Pause(Duration::from_millis(millis))), "{text}");
        };
        check("5ms", 5);
        check("1.5s", 1_500);
        check("10 min", 600_000);
        check("2h", 7_200_000);
        check("1d", 86_400_000);
        check("0ms", 0);
        for wrong in ["", "5", "ms", "-5ms", "5 weeks", "1.2.3s", "99999999999999999999d"] {
            assert!(wrong.parse::<Pause>().is_err(), "{wrong}");
        }
    }
}
