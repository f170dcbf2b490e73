//! Amounts of memory as users write them.

use std::str::FromStr;

/// So many bytes: `4096`, `64KiB`, `256MiB`, `2GiB`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bytes(pub(crate) usize);

const UNITS: [(&str, u64); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Bytes, String> {
        let text = text.trim();
        let unit = UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)));
        let (number, unit) = unit.unwrap_or((text, 1));
        let bytes = number.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
        bytes.filter(|bytes| *bytes > 0).map(Bytes).ok_or_else(|| {
            "an amount of memory is a whole number and a unit, for instance 256MiB".to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_nonsense_is_not() {
        let read = |text: &str| text.parse().ok().map(|Bytes(bytes)| bytes);
        assert_eq!(read("4096"), Some(4096));
        assert_eq!(read(" 64 KiB"), Some(64 << 10));
        assert_eq!(read("256MiB"), Some(256 << 20));
        assert_eq!(read("2GiB"), Some(2 << 30));
        for wrong in ["", "MiB", "-1", "0", "1.5GiB", "12 MB", "99999999999GiB"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
