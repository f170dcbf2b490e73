//! The records that operators of this crate make: results of aggregates, and failures.

use crate::record;
use crate::time::Window;

/// The result of an aggregate over a window: for one key, once the window has fired.
#[record]
pub struct Windowed<K, V> {
    /// The key; `()` for `window_all`.
    pub key: K,
    /// The window: `[start, end)`. The result's event time is `end − 1 ms`.
    pub window: Window,
    /// The aggregate's value.
    pub value: V,
}

/// The result of a running aggregate: the value that a key has now.
#[record]
pub struct Changed<K, V> {
    /// The key.
    pub key: K,
    /// The aggregate's value, the last record included.
    pub value: V,
}

/// A record that an operator could not process, on its way to a side.
#[record]
pub struct Failed<T> {
    /// The record as it came in; text, lossy if need be, if a source could not decode it.
    pub record: T,
    /// The error's text.
    pub error: String,
    /// The operator: `try_map(parse) (line 12)`; of a source its name and the position: `files(x.csv) at x.csv:17`.
    pub operator: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Batch;
    use crate::record::{Emit, Key, Record, View, fingerprint};
    use crate::time::Timestamp;

    /// The value, its view and the view of its archive agree, whichever form it was written from.
    fn check<T>(value: T, mixed: impl Emit<Record = T>)
    where
        T: Record + Clone + PartialEq + std::fmt::Debug,
        for<'a> View<'a, T>: PartialEq + std::fmt::Debug,
    {
        let mut batch = Batch::default();
        batch.reset::<T>();
        batch.push(Timestamp(0), &value);
        batch.push(Timestamp(0), &mixed);
        for (_, view) in batch.records::<T>() {
            assert_eq!(view, value.as_view());
            assert_eq!(format!("{view:?}"), format!("{value:?}"));
            assert_eq!(T::from_view(view), value);
        }
        assert_eq!(mixed.into_record(), value);
    }

    #[test]
    fn windowed_is_one_record_in_all_forms() {
        let window = Window { start: Timestamp(-10), end: Timestamp(20) };
        let owned = Windowed { key: "north".repeat(3), window, value: 7u64 };
        check(owned, WindowedWith { key: "northnorthnorth", window, value: 7u64 });
    }

    #[test]
    fn changed_is_one_record_in_all_forms() {
        let owned =
            Changed { key: (1u32, "a key of more than eight bytes".to_owned()), value: 0.5 };
        check(owned, ChangedWith { key: (1u32, "a key of more than eight bytes"), value: 0.5 });
    }

    #[test]
    fn failed_is_one_record_in_all_forms() {
        let text = |text: &str| text.to_owned();
        let owned =
            Failed { record: text("12x"), error: text("invalid digit"), operator: text("try_map") };
        check(
            owned,
            FailedWith { record: "12x", error: text("invalid digit"), operator: "try_map" },
        );
    }

    #[test]
    fn layouts_name_their_parameters() {
        assert_eq!(fingerprint::<Changed<u64, u64>>(), fingerprint::<Changed<u64, u64>>());
        assert_ne!(fingerprint::<Changed<u64, u64>>(), fingerprint::<Changed<u64, i64>>());
        assert_ne!(
            fingerprint::<Failed<Failed<String>>>(),
            fingerprint::<Failed<Failed<Failed<String>>>>()
        );
    }

    #[test]
    fn keys_of_results_tell_their_parts_apart() {
        let hash = |key: &str, value: &str| {
            Changed::<String, String>::key_hash(ChangedWith { key, value })
        };
        assert_eq!(hash("a", "b"), hash("a", "b"));
        assert_ne!(hash("ab", ""), hash("a", "b"));
    }
}
