//! Numbers as people read them.

use std::time::Duration;

/// Three significant digits: `999`, `1.23 k`, `45.6 M`.
pub(super) fn count(value: f64) -> String {
    let mut value = value;
    for unit in ["", " k", " M", " G"] {
        // 999.5 and more would be written as 1000.
        if value < 999.5 {
            return match value {
                _ if unit.is_empty() => format!("{value:.0}"),
                v if v < 9.995 => format!("{v:.2}{unit}"),
                v if v < 99.95 => format!("{v:.1}{unit}"),
                v => format!("{v:.0}{unit}"),
            };
        }
        value /= 1e3;
    }
    format!("{value:.0} T")
}

/// Three significant digits of bytes: `999 B`, `1.23 kB`.
pub(super) fn bytes(value: u64) -> String {
    let count = count(value as f64);
    if count.contains(' ') { format!("{count}B") } else { format!("{count} B") }
}

/// A whole number with its thousands apart: `1 234 567`.
pub(super) fn exact(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A span in its greatest two units: `850 ms`, `12.3 s`, `4 min 05 s`, `3 h 20 min`, `12 d 3 h`.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", (duration.as_millis() / 100) as f64 / 10.0),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let counts = [0.0, 999.4, 999.5, 1_234.0, 12_345.0, 999_499.0, 45_600_000.0, 7e12];
        let texts = counts.map(count);
        assert_eq!(texts, ["0", "999", "1.00 k", "1.23 k", "12.3 k", "999 k", "45.6 M", "7 T"]);
        assert_eq!([0, 999, 1_000, 1_234_567].map(exact), ["0", "999", "1 000", "1 234 567"]);
        assert_eq!([999, 1_234_567].map(bytes), ["999 B", "1.23 MB"]);
        let spans = [850, 12_345, 59_999, 245_000, 12_000_000, 1_047_600_000];
        let texts = spans.map(|ms| span(Duration::from_millis(ms)));
        let expected = ["850 ms", "12.3 s", "59.9 s", "4 min 05 s", "3 h 20 min", "12 d 3 h"];
        assert_eq!(texts, expected);
    }
}
