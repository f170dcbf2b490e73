//! `Vec<T>`: a relative pointer and a length; view [`SliceView`].
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use rkyv::vec::ArchivedVec;

use super::slice_view::SliceView;
use super::tails::{list_room, whole_room};
use super::{Element, Emit, Key, KeyBytes, Layout, Record, Root, Tails, View};

// SAFETY: `ArchivedVec` is `repr(C)`: relative pointer, then length, as `Root::list` writes them.
unsafe impl<T: Record> Record for Vec<T> {
    type Archived = ArchivedVec<T::Archived>;
    type View<'a> = SliceView<'a, T>;
    const FIXED: bool = false;
    #[inline(always)]
    fn view_archived(archived: &Self::Archived) -> SliceView<'_, T> {
        SliceView::archived(archived.as_slice())
    }
    fn from_view(view: SliceView<'_, T>) -> Self {
        view.into_owned()
    }
    fn layout(layout: &mut Layout) {
        layout.generic("Vec", T::layout);
    }
}

impl<T: Element> Element for Vec<T> {}

// SAFETY: `tails` writes the elements one behind the other, `root` a pointer to the first and their number.
unsafe impl<E: Emit> Emit for Vec<E> {
    type Record = Vec<E::Record>;
    type Resolver = ListResolver;
    #[inline(always)]
    fn as_view(&self) -> View<'_, Self::Record> {
        E::slice_view(self)
    }
    fn into_record(self) -> Self::Record {
        self.into_iter().map(Emit::into_record).collect()
    }
    #[inline]
    fn room(&self) -> usize {
        slice_room(self)
    }
    #[inline]
    fn tails(&self, out: &mut Tails<'_>) -> ListResolver {
        put_slice(self, out)
    }
    #[inline(always)]
    fn root(&self, resolver: ListResolver, out: &mut Root<'_>) {
        out.list(resolver, self.len());
    }
}

// SAFETY: as for `Vec`, whose archive this writes.
unsafe impl<E: Emit> Emit for &[E] {
    type Record = Vec<E::Record>;
    type Resolver = ListResolver;
    #[inline(always)]
    fn as_view(&self) -> View<'_, Self::Record> {
        E::slice_view(self)
    }
    fn into_record(self) -> Self::Record {
        E::slice_view(self).into_owned()
    }
    #[inline]
    fn room(&self) -> usize {
        slice_room(self)
    }
    #[inline]
    fn tails(&self, out: &mut Tails<'_>) -> ListResolver {
        put_slice(self, out)
    }
    #[inline(always)]
    fn root(&self, resolver: ListResolver, out: &mut Root<'_>) {
        out.list(resolver, self.len());
    }
}

#[inline]
fn slice_room<E: Emit>(items: &[E]) -> usize {
    if E::Record::FIXED {
        return items.len().saturating_mul(size_of::<<E::Record as Record>::Archived>());
    }
    items.iter().fold(0, |sum: usize, item| sum.saturating_add(whole_room(item)))
}

#[inline]
fn put_slice<E: Emit>(items: &[E], out: &mut Tails<'_>) -> ListResolver {
    if let Some(bytes) = E::plain_bytes(items) {
        return out.put_bytes(bytes);
    }
    let (mut tails, mut roots) = (items.iter(), items.iter());
    out.put_all::<E::Record, E::Resolver>(
        items.len(),
        |out| tails.next().expect("as many as counted").tails(out),
        |resolver, out| {
            roots.next().expect("as many as counted").root(resolver, out);
        },
    )
}

// SAFETY: as for `Vec`, whose archive this writes.
unsafe impl<T: Record> Emit for SliceView<'_, T> {
    type Record = Vec<T>;
    type Resolver = ListResolver;
    #[inline(always)]
    fn as_view(&self) -> SliceView<'_, T> {
        *self
    }
    fn into_record(self) -> Vec<T> {
        self.into_owned()
    }
    #[inline]
    fn room(&self) -> usize {
        if T::FIXED {
            return self.len().saturating_mul(size_of::<T::Archived>());
        }
        list_room(self.iter())
    }
    #[inline]
    fn tails(&self, out: &mut Tails<'_>) -> ListResolver {
        if let Some(bytes) = self.plain_bytes() {
            return out.put_bytes(bytes);
        }
        out.put_iter(self.iter())
    }
    #[inline(always)]
    fn root(&self, resolver: ListResolver, out: &mut Root<'_>) {
        out.list(resolver, self.len());
    }
}

/// Where a list's first element was written.
#[derive(Clone, Copy, Debug)]
pub struct ListResolver(pub(super) u32);

impl<T: Key> Key for Vec<T> {
    fn write_key(view: SliceView<'_, T>, out: &mut impl KeyBytes) {
        out.bytes(&(view.len() as u32).to_le_bytes());
        for item in view {
            T::write_key(item, out);
        }
    }
    fn same_key(a: SliceView<'_, T>, b: SliceView<'_, T>) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| T::same_key(a, b))
    }
}
