//! `first`, `last`, `to_vec`, `top`.

use std::marker::PhantomData;

use super::aggregate;
use crate::operator::{Aggregate, Overflow};
use crate::record::{Ranked, Record, SliceView, View};

aggregate! {
    /// The record that came first.
    First<T: Record>, first
}

impl<T: Record> Aggregate for First<T> {
    type In = T;
    type Acc = Option<T>;
    type Out<'a> = View<'a, T>;
    #[inline]
    fn add(&self, first: &mut Option<T>, record: View<'_, T>) -> Result<(), Overflow> {
        if first.is_none() {
            *first = Some(T::from_view(record));
        }
        Ok(())
    }
    fn merge(&self, first: &mut Option<T>, other: Option<View<'_, T>>) -> Result<(), Overflow> {
        other.map_or(Ok(()), |other| self.add(first, other))
    }
    fn finish<'a>(&self, first: &'a Option<T>) -> View<'a, T> {
        first.as_ref().expect("something was added").as_view()
    }
}

aggregate! {
    /// The record that came last.
    Last<T: Record>, last
}

impl<T: Record> Aggregate for Last<T> {
    type In = T;
    type Acc = Option<T>;
    type Out<'a> = View<'a, T>;
    #[inline]
    fn add(&self, last: &mut Option<T>, record: View<'_, T>) -> Result<(), Overflow> {
        *last = Some(T::from_view(record));
        Ok(())
    }
    fn merge(&self, last: &mut Option<T>, other: Option<View<'_, T>>) -> Result<(), Overflow> {
        other.map_or(Ok(()), |other| self.add(last, other))
    }
    fn finish<'a>(&self, last: &'a Option<T>) -> View<'a, T> {
        last.as_ref().expect("something was added").as_view()
    }
}

aggregate! {
    /// All records, in the order in which they came.
    ToVec<T: Record>, to_vec
}

impl<T: Record> Aggregate for ToVec<T> {
    type In = T;
    type Acc = Vec<T>;
    type Out<'a> = SliceView<'a, T>;
    #[inline]
    fn add(&self, all: &mut Vec<T>, record: View<'_, T>) -> Result<(), Overflow> {
        all.push(T::from_view(record));
        Ok(())
    }
    fn merge(&self, all: &mut Vec<T>, other: SliceView<'_, T>) -> Result<(), Overflow> {
        all.extend(other.iter().map(T::from_view));
        Ok(())
    }
    fn finish<'a>(&self, all: &'a Vec<T>) -> SliceView<'a, T> {
        SliceView::owned(all)
    }
}

/// The records with the greatest values, greatest first; of equal ones the first comes first.
pub struct Top<O, T> {
    n: usize,
    types: PhantomData<fn() -> (O, T)>,
}

/// The `n` records with the greatest values, greatest first; of equal ones the first comes first.
pub fn top<O: Ranked, T: Record>(n: usize) -> Top<O, T> {
    Top { n, types: PhantomData }
}

impl<O, T> Clone for Top<O, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<O, T> Copy for Top<O, T> {}

impl<O: Ranked, T: Record> Aggregate for Top<O, T> {
    type In = (O, T);
    /// The values, and the records in the same order, so that the result is a slice of it.
    type Acc = (Vec<O>, Vec<T>);
    type Out<'a> = SliceView<'a, T>;
    fn meaning(&self) -> String {
        format!("Top({})", self.n)
    }
    fn add(
        &self,
        (values, records): &mut Self::Acc,
        (value, record): View<'_, (O, T)>,
    ) -> Result<(), Overflow> {
        let at = values.partition_point(|other| O::rank(other.as_view(), value).is_ge());
        if at == self.n {
            return Ok(());
        }
        values.truncate(self.n - 1);
        records.truncate(self.n - 1);
        values.insert(at, O::from_view(value));
        records.insert(at, T::from_view(record));
        Ok(())
    }
    fn merge(&self, acc: &mut Self::Acc, other: View<'_, Self::Acc>) -> Result<(), Overflow> {
        other.0.iter().zip(other.1).try_for_each(|pair| self.add(acc, pair))
    }
    fn finish<'a>(&self, (_, records): &'a Self::Acc) -> SliceView<'a, T> {
        SliceView::owned(records)
    }
}
