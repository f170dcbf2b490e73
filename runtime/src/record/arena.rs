//! The writer side of a batch: a bump buffer that cannot fail.
#![allow(unsafe_code)] // Writes archives in place and reads them back; the only place that turns bytes into archives.

use std::ptr::NonNull;

use super::{Emit, Record, Root, Tails, View};

/// A growing buffer of archives.
#[derive(Default, Debug)]
pub struct Arena {
    bytes: Vec<u8>,
    /// See [`Tails`].
    resolvers: Vec<u8>,
}

impl Arena {
    /// Bytes that a buffer may hold: less than what a relative pointer reaches and a string's length can say, so that
    /// neither needs a check of its own.
    const LIMIT: usize = (1 << 30) - 1;

    /// Appends one record and returns the offset of its root, in bytes.
    #[inline(always)]
    pub fn put<E: Emit>(&mut self, item: &E) -> u32 {
        let size = size_of::<<E::Record as Record>::Archived>();
        let room = item.room();
        self.make_room(room.saturating_add(size));
        let at = self.bytes.len();
        // SAFETY: there are `room + size` bytes behind the current length. What `room` leaves over of its own comes behind
        // the root, which therefore has its `size` bytes; it and the tails are written whole, up to the new length.
        unsafe {
            let start = NonNull::new_unchecked(self.bytes.as_mut_ptr().add(at));
            let mut tails = Tails::new(start, room, at, &mut self.resolvers);
            let resolver = item.tails(&mut tails);
            let (start, at) = tails.end();
            let mut root = Root::new(start, size, at);
            item.root(resolver, &mut root);
            root.assert_whole();
            self.bytes.set_len(at + size);
            at as u32
        }
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
        let resolver = item.tails(&mut Tails::none(&mut self.resolvers));
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

    /// Hands over what was written, and goes on in another buffer, of which the contents are forgotten.
    pub fn replace(&mut self, mut buffer: Vec<u8>) -> Vec<u8> {
        buffer.clear();
        std::mem::replace(&mut self.bytes, buffer)
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
