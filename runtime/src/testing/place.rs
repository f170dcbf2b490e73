//! Which source, and which of its splits.

/// A source, or one of its splits: `"orders"`, `("orders", 2)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    pub(super) name: String,
    pub(super) split: Option<usize>,
}

impl From<&str> for Place {
    fn from(name: &str) -> Place {
        Place { name: name.to_owned(), split: None }
    }
}

impl From<(&str, usize)> for Place {
    fn from((name, split): (&str, usize)) -> Place {
        Place { name: name.to_owned(), split: Some(split) }
    }
}
