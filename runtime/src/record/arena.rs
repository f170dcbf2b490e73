//! The writer side of a batch: a bump buffer that cannot fail.
#![allow(unsafe_code)] // Writes archives in place and reads them back; the only place that turns bytes into archives.

use std::ptr::NonNull;

use super::list::ListResolver;
use super::root::{Root, copy_text};
use super::text::{INLINE, TextResolver};
use super::{Emit, Record, View};

/// A growing buffer of archives.
#[derive(Default, Debug)]
pub struct Arena {
    bytes: Vec<u8>,
    /// Resolvers of the elements of lists that are being written, innermost last: a stack, empty between records.
    resolvers: Vec<u8>,
}

impl Arena {
    /// Bytes that a buffer may hold: less than what a relative pointer reaches and a string's length can say, so that
    /// neither needs a check of its own.
    const LIMIT: usize = (1 << 30) - 1;

    /// Appends one record and returns the offset of its root, in bytes.
    #[inline(always)]
    pub fn put<E: Emit>(&mut self, item: &E) -> u32 {
        let resolver = item.tails(self);
        self.put_root(item, resolver)
    }

    /// Appends the fixed part of an item whose tails are written.
    #[inline(always)]
    pub fn put_root<E: Emit>(&mut self, item: &E, resolver: E::Resolver) -> u32 {
        // Not through a closure: those are not always inlined, and field by field into memory costs twice the time.
        let size = size_of::<<E::Record as Record>::Archived>();
        let mut root = self.open(size);
        item.root(resolver, &mut root);
        root.assert_whole();
        // SAFETY: `root` wrote `size` bytes, by the line above.
        unsafe { self.close(size) }
    }

    /// Appends one record of fixed size as the `index`-th of its kind.
    ///
    /// # Safety
    /// All that was written are `index` such records, and the capacity suffices for one more.
    #[inline(always)]
    pub(crate) unsafe fn put_fixed<E: Emit>(&mut self, index: usize, item: &E) {
        let size = size_of::<<E::Record as Record>::Archived>();
        let at = index * size;
        debug_assert!(
            E::Record::FIXED && at == self.bytes.len() && self.bytes.capacity() >= at + size
        );
        // Records of fixed size have no tails.
        let resolver = item.tails(&mut Arena::default());
        // SAFETY: by the caller's promise there is room for `size` bytes behind the current length.
        unsafe {
            let start = NonNull::new_unchecked(self.bytes.as_mut_ptr().add(at));
            let mut root = Root::new(start, size, at);
            item.root(resolver, &mut root);
            root.assert_whole();
            self.bytes.set_len(at + size);
        }
    }

    /// Makes room for `size` more bytes.
    #[inline(always)]
    fn make_room(&mut self, size: usize) {
        if self.bytes.capacity() - self.bytes.len() < size {
            self.grow(size);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, size: usize) {
        let needed = self.bytes.len().saturating_add(size);
        assert!(needed <= Self::LIMIT, "a record in a buffer stays below 1 GiB");
        let doubled = (2 * self.bytes.capacity()).clamp(needed, Self::LIMIT);
        self.bytes.reserve_exact(doubled - self.bytes.len());
    }

    /// Makes room for `size` bytes.
    #[inline(always)]
    fn open(&mut self, size: usize) -> Root<'_> {
        let at = self.bytes.len();
        self.make_room(size);
        // SAFETY: `size` bytes were reserved behind the current length.
        unsafe { Root::new(NonNull::new_unchecked(self.bytes.as_mut_ptr().add(at)), size, at) }
    }

    /// Appends `size` bytes that lie behind the current length and returns their offset.
    ///
    /// # Safety
    /// They were reserved by `open` and written.
    #[inline(always)]
    unsafe fn close(&mut self, size: usize) -> u32 {
        let at = self.bytes.len();
        // SAFETY: by the caller's promise.
        unsafe { self.bytes.set_len(at + size) };
        at as u32
    }

    /// Appends the `len` elements of a list of `T`: what lies out of line, element by element, then the fixed parts side
    /// by side. `tails` and `root` are called once per element, in order.
    #[inline]
    pub(crate) fn put_all<T: Record, R>(
        &mut self,
        len: usize,
        mut tails: impl FnMut(&mut Arena) -> R,
        mut root: impl FnMut(R, &mut Root<'_>),
    ) -> ListResolver {
        let size = len * size_of::<T::Archived>();
        let base = self.resolvers.len();
        if !T::FIXED {
            for _ in 0..len {
                let resolver = tails(self);
                self.push_resolver(resolver);
            }
        }
        let resolvers = std::mem::take(&mut self.resolvers);
        let mut nothing = Arena::default();
        let mut out = self.open(size);
        for index in 0..len {
            let resolver = if T::FIXED {
                tails(&mut nothing)
            } else {
                let at = base + index * size_of::<R>();
                // SAFETY: pushed above as the `index`-th value of type `R` from `base` on; each is read once.
                unsafe { resolvers.as_ptr().add(at).cast::<R>().read_unaligned() }
            };
            root(resolver, &mut out);
        }
        out.assert_whole();
        self.resolvers = resolvers;
        self.resolvers.truncate(base);
        // SAFETY: `out` wrote `size` bytes, by the line above.
        ListResolver(unsafe { self.close(size) })
    }

    /// Appends the elements of a list that is iterated over twice.
    pub(crate) fn put_iter<E: Emit>(
        &mut self,
        items: impl ExactSizeIterator<Item = E> + Clone,
    ) -> ListResolver {
        let (mut tails, mut roots) = (items.clone(), items);
        self.put_all::<E::Record, E::Resolver>(
            roots.len(),
            |out| tails.next().expect("as many as counted").tails(out),
            |resolver, out| {
                roots.next().expect("as many as counted").root(resolver, out);
            },
        )
    }

    /// Appends the bytes of a string, unless it fits into the record's fixed part.
    #[inline(always)]
    pub(crate) fn put_text(&mut self, text: &str) -> TextResolver {
        let (at, len) = (self.bytes.len(), text.len());
        if len > INLINE {
            self.make_room(len);
            // SAFETY: the room was reserved; the source is a slice of `len` bytes, more than eight, elsewhere in memory.
            unsafe {
                copy_text(text.as_ptr(), self.bytes.as_mut_ptr().add(at), len);
                self.bytes.set_len(at + len);
            }
        }
        TextResolver(at as u32)
    }

    /// Appends the elements of a list whose bytes in memory are those of its archive.
    #[inline(always)]
    pub(crate) fn put_bytes(&mut self, bytes: &[u8]) -> ListResolver {
        let at = self.bytes.len();
        self.make_room(bytes.len());
        self.bytes.extend_from_slice(bytes);
        ListResolver(at as u32)
    }

    #[inline(always)]
    fn push_resolver<R>(&mut self, resolver: R) {
        let at = self.resolvers.len();
        self.resolvers.reserve(size_of::<R>());
        // SAFETY: the room was reserved; `R` is written whole, and only ever read back as an `R`. Padding within it may
        // be uninitialised, but nothing looks at these bytes as `u8`s.
        unsafe {
            self.resolvers.as_mut_ptr().add(at).cast::<R>().write_unaligned(resolver);
            self.resolvers.set_len(at + size_of::<R>());
        }
    }

    /// The view of the record at `offset`.
    ///
    /// # Safety
    /// `offset` was returned by `put` of an item of the same record `T` into a buffer with these bytes, or the bytes
    /// were validated as such.
    #[inline(always)]
    pub unsafe fn view<T: Record>(&self, offset: u32) -> View<'_, T> {
        debug_assert!(offset as usize + size_of::<T::Archived>() <= self.bytes.len());
        // SAFETY: by the caller's promise a valid archive of `T` starts there; archives have alignment 1.
        T::view_archived(unsafe {
            &*self.bytes.as_ptr().add(offset as usize).cast::<T::Archived>()
        })
    }

    /// Length in bytes.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// True if nothing was written.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Forgets the contents, keeps the memory.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Makes room for `bytes` more bytes.
    pub fn reserve(&mut self, bytes: usize) {
        self.make_room(bytes);
    }

    /// Memory held, in bytes.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// What was written.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "below 1 GiB")]
    fn a_record_that_no_pointer_spans_is_refused() {
        Arena::default().make_room(Arena::LIMIT + 1);
    }

    #[test]
    fn buffer_grows_by_doubling_up_to_its_limit() {
        let mut arena = Arena::default();
        arena.make_room(1000);
        arena.bytes.resize(1000, 0);
        arena.make_room(1);
        assert!((2000..3000).contains(&arena.capacity()));
    }
}
