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

proptest! {
    #[test]
    fn approximate_counts_do_not_depend_on_the_parts(
        values in prop::collection::vec(0u64..100_000, 1..6_000),
        parts in 1usize..3_000,
    ) {
        let aggregate = approx_count_distinct();
        let [whole, merged] = both_ways(&aggregate, &values, parts);
        prop_assert_eq!(&whole, &merged);
        let exact = values.iter().collect::<BTreeSet<_>>().len() as f64;
        let estimate = aggregate.finish(&whole) as f64;
        // Six standard errors.
        prop_assert!((estimate - exact).abs() <= 0.5 + 6.0 * 0.0081 * exact, "{} for {}", estimate, exact);
    }

    #[test]
    fn quantiles_lie_within_their_bound(
        mut values in prop::collection::vec(
            prop_oneof![
                any::<i64>().prop_map(|n| n as f64),
                -1.0..1.0,
                -1e300..1e300,
                Just(0.0),
                Just(f64::MIN_POSITIVE),
            ],
            1..500,
        ),
        q in prop_oneof![Just(0.0), Just(0.5), Just(1.0), 0.0..1.0],
        parts in 1usize..100,
    ) {
        let aggregate = quantile(q);
        let [whole, merged] = both_ways(&aggregate, &values, parts);
        prop_assert_eq!(&whole, &merged);
        values.sort_by(f64::total_cmp);
        let exact = values[(q * (values.len() - 1) as f64) as usize];
        let got: f64 = aggregate.finish(&whole);
        prop_assert!((got - exact).abs() <= 0.008 * exact.abs(), "{} for {}", got, exact);
    }
}

/// The bound that the manual names, over the sizes at which the representation changes.
#[test]
fn approximate_count_is_within_its_error() {
    let aggregate = approx_count_distinct::<u64>();
    let mut acc = <ApproxCountDistinct<u64> as Aggregate>::Acc::default();
    let mut next = 0_u64;
    for n in [1, 10, 100, 1_000, 2_000, 3_000, 10_000, 50_000, 200_000, 1_000_000] {
        while next < n {
            aggregate.add(&mut acc, next).unwrap();
            next += 1;
        }
        let estimate = aggregate.finish(&acc) as f64;
        let error = (estimate - n as f64).abs() / n as f64;
        assert!(error <= 3.0 * 0.0081, "{estimate} for {n}");
        assert!(
            n > 100 || error == 0.0,
            "small counts are exact, nearly always: {estimate} for {n}"
        );
    }
    assert_eq!((acc.0.len(), acc.1.len()), (0, 16_384));
}

#[test]
fn quantile_of_what_is_no_number() {
    let aggregate = quantile(0.5);
    let [acc, _] = both_ways(&aggregate, &[f64::NAN, 1.0, f64::NAN], 1);
    assert!(aggregate.finish(&acc).is_nan(), "NaN is above all numbers");
    let [acc, _] = both_ways(&aggregate, &[f64::NEG_INFINITY, 1.0, f64::INFINITY], 1);
    let middle: f64 = aggregate.finish(&acc);
    assert!((middle - 1.0).abs() <= 0.008);
    let ends = both_ways(&quantile(1.0), &[1_u64, u64::MAX], 1);
    assert_eq!(quantile::<u64>(1.0).finish(&ends[0]), u64::MAX as f64);
}
