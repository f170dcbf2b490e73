//! `count_distinct`: exact.

use std::cmp::Ordering;

use super::aggregate;
use crate::operator::{Aggregate, Overflow};
use crate::record::{Key, View};

aggregate! {
    /// How many different values there are, exactly. Keeps every one of them.
    ///
    /// A set is two lists in the order of (hash, canonical bytes): new values go into the short one, which is merged
    /// into the long one when it reaches some multiple of the square root of its length. So a value costs two
    /// bisections and, amortised, moving about that many entries, and the set is a record like any other.
    CountDistinct<V: Key>, count_distinct
}

impl<V: Key> Aggregate for CountDistinct<V> {
    type In = V;
    type Acc = (Vec<V>, Vec<V>);
    type Out<'a> = u64;
    const COMBINES: bool = true;

    fn add(&self, (settled, recent): &mut Self::Acc, value: View<'_, V>) -> Result<(), Overflow> {
        let hash = V::key_hash(value);
        if find::<V>(settled, hash, value).is_ok() {
            return Ok(());
        }
        let Err(at) = find::<V>(recent, hash, value) else { return Ok(()) };
        recent.insert(at, V::from_view(value));
        if recent.len() > 32 + 4 * settled.len().isqrt() {
            let both = merged(std::mem::take(settled), std::mem::take(recent));
            *settled = both;
        }
        Ok(())
    }

    fn merge(&self, acc: &mut Self::Acc, other: View<'_, Self::Acc>) -> Result<(), Overflow> {
        other.0.iter().chain(other.1).try_for_each(|value| self.add(acc, value))
    }

    fn finish(&self, (settled, recent): &Self::Acc) -> u64 {
        (settled.len() + recent.len()) as u64
    }
}

/// Where a value is in an ordered list, or where it belongs.
fn find<V: Key>(list: &[V], hash: u64, value: View<'_, V>) -> Result<usize, usize> {
    list.binary_search_by(|other| order::<V>(other.as_view(), hash, value))
}

fn order<V: Key>(a: View<'_, V>, hash: u64, b: View<'_, V>) -> Ordering {
    V::key_hash(a).cmp(&hash).then_with(|| {
        if V::same_key(a, b) {
            return Ordering::Equal;
        }
        let (mut a_bytes, mut b_bytes) = (Vec::new(), Vec::new());
        V::write_key(a, &mut a_bytes);
        V::write_key(b, &mut b_bytes);
        a_bytes.cmp(&b_bytes)
    })
}

/// Two ordered lists without common values as one.
fn merged<V: Key>(a: Vec<V>, b: Vec<V>) -> Vec<V> {
    let mut both = Vec::with_capacity(a.len() + b.len());
    let mut a = a.into_iter().peekable();
    for new in b {
        let hash = V::key_hash(new.as_view());
        while let Some(old) =
            a.next_if(|old| order::<V>(old.as_view(), hash, new.as_view()).is_lt())
        {
            both.push(old);
        }
        both.push(new);
    }
    both.extend(a);
    both
}
