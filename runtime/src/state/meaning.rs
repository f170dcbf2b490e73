//! Words for what a state means: they are compared when it is restored, and shown where they differ.

use crate::record::{Layout, Record};

/// What is kept by key: `dedup by u64`. A key of another layout has other hashes, so the whole layout belongs to it.
pub(crate) fn by_key<K: Record>(what: &str) -> String {
    format!("{what} by {}", Layout::of::<K>().as_str())
}

/// The name of a type without its path and its parameters: `Sum`.
pub(crate) fn type_word<T: ?Sized>() -> &'static str {
    let name = std::any::type_name::<T>();
    let name = name.split('<').next().unwrap_or(name);
    name.rsplit("::").next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::{Aggregate, count, sum};

    #[test]
    fn keys_are_described_whole() {
        assert_eq!(by_key::<(u64, String)>("dedup"), "dedup by tuple<u64,String,>");
    }

    #[test]
    fn types_are_known_by_their_last_word() {
        assert_eq!(type_word::<crate::operator::Sum<u64>>(), "Sum");
        assert_eq!((count(), sum::<u32>()).meaning(), "(Count, Sum)");
    }
}
