//! What the recorded functions compute.

use thalweg::operator::{Aggregate, Overflow};

/// Number, sum, least, greatest and hash of values.
#[derive(Clone, Copy)]
pub struct Figures;

/// `(n, sum, min, max, hash)`.
pub type Figured = (i64, i64, i64, i64, i64);

impl Aggregate for Figures {
    type In = i64;
    type Acc = Figured;
    type Out<'a> = Figured;
    fn add(&self, acc: &mut Figured, value: i64) -> Result<(), Overflow> {
        let one = (1, value, value, value, value);
        *acc = match *acc {
            (0, ..) => one,
            (n, sum, min, max, hash) => {
                let hash = hash.wrapping_mul(31).wrapping_add(value);
                (n + 1, sum + value, min.min(value), max.max(value), hash)
            }
        };
        Ok(())
    }
    /// The hash follows the order of arrival, so the parts' hashes say nothing about that of the whole.
    fn merge(&self, acc: &mut Figured, other: Figured) -> Result<(), Overflow> {
        *acc = match (*acc, other) {
            (own, (0, ..)) => own,
            ((0, ..), other) => other,
            (a, b) => (a.0 + b.0, a.1 + b.1, a.2.min(b.2), a.3.max(b.3), 0),
        };
        Ok(())
    }
    fn finish<'a>(&self, acc: &'a Figured) -> Figured {
        *acc
    }
}

/// A list as JSON.
pub fn list<T: std::fmt::Display>(values: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    format!("[{}]", texts.join(","))
}
