//! Metrics in the text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write};

/// Builds the text, a family of metrics at a time.
#[derive(Default)]
pub(super) struct Exposition {
    text: String,
}

/// What a metric's numbers mean.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// It only grows; its name ends in `_total`.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How many values lay at or below each bound.
    Histogram,
}

impl Exposition {
    /// Starts a family: all its samples follow.
    pub(super) fn family(&mut self, name: &str, help: &str, kind: Kind) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Adds a sample of the family that was started last.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let open = if index == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{open}{label}=\"{}\"", escaped(text));
        }
        let close = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{close} {value}");
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_help_are_escaped() {
        let mut exposition = Exposition::default();
        exposition.family("thalweg_records_total", "Records,\nby \\ chain.", Kind::Counter);
        exposition.sample(
            "thalweg_records_total",
            &[("chain", "0"), ("operator", "a\"b\\c\nd")],
            5,
        );
        exposition.family("thalweg_up", "One.", Kind::Gauge);
        exposition.sample("thalweg_up", &[], 0.5);
        assert_eq!(
            exposition.finish(),
            "# HELP thalweg_records_total Records,\\nby \\\\ chain.\n\
             # TYPE thalweg_records_total counter\n\
             thalweg_records_total{chain=\"0\",operator=\"a\\\"b\\\\c\\nd\"} 5\n\
             # HELP thalweg_up One.\n\
             # TYPE thalweg_up gauge\n\
             thalweg_up 0.5\n"
        );
    }
}
