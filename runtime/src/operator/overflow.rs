//! The failure of an aggregate, with the key that it happened to.

use std::any::Any;

use super::Overflow;
use crate::record::{Key, View};
use crate::task::Failure;

/// An overflow while aggregating the records of a key.
#[cold]
#[inline(never)]
pub(crate) fn failed_on<K: Key>(overflow: Overflow, key: View<'_, K>) -> Failure {
    let text = overflow.to_string();
    let (what, help) = text.split_once('\n').unwrap_or((&text, ""));
    Failure::new(format!("{what} for key {}\n{help}", shown::<K>(key)))
}

/// A key as people know it, where it is of a usual type; else its canonical bytes.
fn shown<K: Key>(key: View<'_, K>) -> String {
    let owned = K::from_view(key);
    let any: &dyn Any = &owned;
    macro_rules! of {
        ($($type:ty),*) => {
            $(if let Some(key) = any.downcast_ref::<$type>() {
                return format!("{key:?}");
            })*
        };
    }
    of!(u64, i64, u32, i32, u16, i16, u8, i8, u128, i128, bool, char, String, ());
    of!((u64, u64), (u32, u32), (String, String));
    let mut bytes = Vec::new();
    K::write_key(key, &mut bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex} (bytes)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_key() {
        let text = failed_on::<u64>(Overflow, 17).to_string();
        assert!(text.starts_with("integer sum overflows for key 17\nhelp: use"), "{text}");
        assert!(failed_on::<String>(Overflow, "Oslo").to_string().contains("key \"Oslo\""));
        assert!(failed_on::<(u8, bool)>(Overflow, (7, true)).to_string().contains("0701"));
    }
}
