//! Aggregates against what a loop over all values says, added one by one and merged from parts.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::operator::{Aggregate, Overflow};
use crate::record::{Arena, Emit, Record, View};

/// Adds all values to one accumulator; and in parts, which are merged from their archives.
fn both_ways<A: Aggregate, E: Emit<Record = A::In>>(
    aggregate: &A,
    values: &[E],
    parts: usize,
) -> [A::Acc; 2] {
    #![allow(unsafe_code)] // Views archives that were just written.
    let (mut whole, mut merged) = (A::Acc::default(), A::Acc::default());
    for value in values {
        aggregate.add(&mut whole, value.as_view()).unwrap();
    }
    for part in values.chunks(parts.max(1)) {
        let mut acc = A::Acc::default();
        for value in part {
            aggregate.add(&mut acc, value.as_view()).unwrap();
        }
        let mut arena = Arena::default();
        let at = arena.put(&acc);
        // SAFETY: `put` of an `A::Acc` returned the offset.
        let view: View<'_, A::Acc> = unsafe { arena.view::<A::Acc>(at) };
        aggregate.merge(&mut merged, view).unwrap();
    }
    [whole, merged]
}

macro_rules! agrees {
    ($aggregate:expr, $values:expr, $parts:expr, |$out:ident| $got:expr, $expected:expr) => {
        let aggregate = $aggregate;
        for acc in both_ways(&aggregate, &$values, $parts) {
            let $out = aggregate.finish(&acc);
            prop_assert_eq!($got, $expected);
        }
    };
}

fn pairs(values: &[i32]) -> Vec<(i32, String)> {
    values.iter().enumerate().map(|(at, &value)| (value / 8, format!("{value} at {at}"))).collect()
}

proptest! {
    #[test]
    fn numbers(values in prop::collection::vec(any::<i32>(), 1..200), parts in 1usize..20) {
        let units = vec![(); values.len()];
        agrees!(count(), units, parts, |n| n, values.len() as u64);
        let total: i64 = values.iter().map(|&n| i64::from(n)).sum();
        agrees!(sum(), values, parts, |n| n, total);
        agrees!(wrapping_sum(), values, parts, |n| n, total);
        agrees!(avg(), values, parts, |n| n, total as f64 / values.len() as f64);
        agrees!(min(), values, parts, |n| Some(&n), values.iter().min());
        agrees!(max(), values, parts, |n| Some(&n), values.iter().max());
    }

    #[test]
    fn records(values in prop::collection::vec(-40i32..40, 1..200), parts in 1usize..20, n in 0usize..6) {
        let pairs = pairs(&values);
        let texts: Vec<String> = pairs.iter().map(|pair| pair.1.clone()).collect();
        let mut by_value = pairs.clone();
        by_value.sort_by_key(|pair| pair.0); // Stable: equal values stay in order of arrival.
        agrees!(min_by(), pairs, parts, |text| text, by_value[0].1.as_str());
        by_value.sort_by_key(|pair| std::cmp::Reverse(pair.0));
        agrees!(max_by(), pairs, parts, |text| text, by_value.iter().find(|pair| pair.0 == by_value[0].0).unwrap().1.as_str());
        let best: Vec<String> = by_value.iter().take(n).map(|pair| pair.1.clone()).collect();
        agrees!(top(n), pairs, parts, |top| top.into_owned(), best.clone());
        agrees!(first(), texts, parts, |text| text, texts[0].as_str());
        agrees!(last(), texts, parts, |text| text, texts[texts.len() - 1].as_str());
        agrees!(to_vec(), texts, parts, |all| all.into_owned(), texts.clone());
    }

    #[test]
    fn distinct(values in prop::collection::vec(0u64..5_000, 0..3_000), parts in 1usize..500) {
        let expected = values.iter().collect::<BTreeSet<_>>().len() as u64;
        agrees!(count_distinct(), values, parts, |n| n, expected);
        let texts: Vec<String> = values.iter().map(u64::to_string).collect();
        agrees!(count_distinct(), texts, parts, |n| n, expected);
    }

    #[test]
    fn floats_have_a_total_order(values in prop::collection::vec(any::<f64>(), 1..50), parts in 1usize..20) {
        let expected = values.iter().copied().max_by(f64::total_cmp).unwrap().to_bits();
        agrees!(max(), values, parts, |x| x.to_bits(), expected);
    }
}

#[test]
fn integer_sums_are_checked_and_averages_do_not_overflow() {
    let add = |sum: &mut u64, n: u64| super::sum::<u64>().add(sum, n);
    let mut total = u64::MAX - 1;
    assert_eq!(add(&mut total, 1), Ok(()));
    assert_eq!(add(&mut total, 1), Err(Overflow));
    assert_eq!(super::sum::<u64>().merge(&mut total, 1), Err(Overflow));
    wrapping_sum::<u64>().add(&mut total, 2).unwrap();
    assert_eq!(total, 1);
    let mean = avg::<i64>();
    let mut acc = Default::default();
    for _ in 0..5 {
        mean.add(&mut acc, i64::MAX - 1_000).unwrap();
    }
    let expected = (i64::MAX - 1_000) as f64;
    assert!((mean.finish(&acc) / expected - 1.0).abs() < 1e-15);
}

#[test]
fn decimals_stay_decimals() {
    let (mut total, mut mean) = (Decimal::ZERO, Default::default());
    for text in ["0.10", "0.20", "0.30"] {
        let number: Decimal = text.parse().unwrap();
        super::sum::<Decimal>().add(&mut total, number).unwrap();
        avg::<Decimal>().add(&mut mean, number).unwrap();
    }
    assert_eq!(total.to_string(), "0.60");
    assert_eq!(avg::<Decimal>().finish(&mean), "0.20".parse().unwrap());
}

#[test]
fn tuples_of_combinable_aggregates_are_combinable() {
    fn combines<A: Aggregate>(_: A) -> bool {
        A::COMBINES
    }
    assert!(combines((
        count(),
        super::sum::<u32>(),
        min::<String>(),
        avg::<i64>(),
        count_distinct::<u64>()
    )));
    assert!(!combines((count(), super::sum::<f64>())));
    assert!(!combines((count(), first::<u64>())));
    let all = (count(), max::<u64>());
    let mut acc = Default::default();
    all.add(&mut acc, ((), 3)).unwrap();
    all.add(&mut acc, ((), 2)).unwrap();
    assert_eq!(all.finish(&acc), (2, 3));
    assert_eq!(<(u64, Option<u64>)>::from_view(acc.as_view()), (2, Some(3)));
}
