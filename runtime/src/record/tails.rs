//! What a record keeps out of line, while it is written.
#![allow(unsafe_code)] // Writes into memory that the arena reserved.

use std::ptr::NonNull;

use super::list::ListResolver;
use super::root::{Root, copy_text};
use super::text::{INLINE, TextResolver};
use super::{Emit, Record};

/// Room for everything that a record keeps out of line ([`Emit::room`]), filled from the front.
///
/// It is made once per record, so that strings and lists ask for none, and the place to write to stays in registers.
pub struct Tails<'a> {
    next: NonNull<u8>,
    left: usize,
    pos: usize,
    /// Resolvers of the elements of lists that are being written, innermost last: a stack, empty between records.
    resolvers: &'a mut Vec<u8>,
}

impl<'a> Tails<'a> {
    /// # Safety
    /// `room` bytes from `start` on may be written for as long as the tails live; `start` has the offset `pos`.
    #[inline(always)]
    pub(super) unsafe fn new(
        start: NonNull<u8>,
        room: usize,
        pos: usize,
        resolvers: &'a mut Vec<u8>,
    ) -> Tails<'a> {
        Tails { next: start, left: room, pos, resolvers }
    }

    /// Room for what a record of fixed size keeps out of line: nothing.
    #[inline(always)]
    pub(super) fn none(resolvers: &'a mut Vec<u8>) -> Tails<'a> {
        // SAFETY: no byte may be written.
        unsafe { Tails::new(NonNull::dangling(), 0, 0, resolvers) }
    }

    /// Where the next byte goes: its address and its offset.
    #[inline(always)]
    pub(super) fn end(&self) -> (NonNull<u8>, usize) {
        (self.next, self.pos)
    }

    /// Writes a whole item and returns the offset of its fixed part.
    #[inline]
    pub(super) fn put<E: Emit>(&mut self, item: &E) -> u32 {
        let resolver = item.tails(self);
        let mut root = self.open(size_of::<<E::Record as Record>::Archived>());
        item.root(resolver, &mut root);
        root.assert_whole();
        self.close(size_of::<<E::Record as Record>::Archived>())
    }

    /// Writes the `len` elements of a list of `T`: what lies out of line, element by element, then the fixed parts side
    /// by side. `tails` and `root` are called once per element, in order.
    #[inline]
    pub(super) fn put_all<T: Record, R>(
        &mut self,
        len: usize,
        mut tails: impl FnMut(&mut Tails<'_>) -> R,
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
        let mut out = self.open(size);
        for index in 0..len {
            let resolver = if T::FIXED {
                tails(&mut Tails::none(&mut Vec::new()))
            } else {
                let at = base + index * size_of::<R>();
                // SAFETY: pushed above as the `index`-th value of type `R` from `base` on; each is read once.
                unsafe { self.resolvers.as_ptr().add(at).cast::<R>().read_unaligned() }
            };
            root(resolver, &mut out);
        }
        out.assert_whole();
        self.resolvers.truncate(base);
        ListResolver(self.close(size))
    }

    /// Writes the elements of a list that is iterated over twice.
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

    /// Writes the bytes of a string, unless it fits into the record's fixed part.
    #[inline(always)]
    pub(super) fn put_text(&mut self, text: &str) -> TextResolver {
        let (at, len) = (self.pos, text.len());
        if len > INLINE {
            debug_assert!(len <= self.left, "less room was made than the strings take");
            // SAFETY: `Emit::room` counted the string, which is more than eight bytes elsewhere in memory.
            unsafe {
                copy_text(text.as_ptr(), self.next.as_ptr(), len);
                self.advance(len);
            }
        }
        TextResolver(at as u32)
    }

    /// Writes the elements of a list whose bytes in memory are those of its archive.
    #[inline(always)]
    pub(super) fn put_bytes(&mut self, bytes: &[u8]) -> ListResolver {
        let mut out = self.open(bytes.len());
        out.bytes(bytes);
        ListResolver(self.close(bytes.len()))
    }

    /// The next `size` bytes, to be written.
    #[inline(always)]
    fn open<'r>(&mut self, size: usize) -> Root<'r> {
        assert!(size <= self.left, "less room was made than a record takes");
        // SAFETY: so many bytes are left, and whoever asked writes them before anything else.
        unsafe { Root::new(self.next, size, self.pos) }
    }

    /// Goes past what was opened and written, and returns its offset.
    #[inline(always)]
    fn close(&mut self, size: usize) -> u32 {
        let at = self.pos;
        // SAFETY: `open` checked that so many bytes are left.
        unsafe { self.advance(size) };
        at as u32
    }

    /// # Safety
    /// `n` bytes are left.
    #[inline(always)]
    unsafe fn advance(&mut self, n: usize) {
        // SAFETY: at most one past the end of the reserved memory, by the caller's promise.
        self.next = unsafe { self.next.add(n) };
        self.left -= n;
        self.pos += n;
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
}

/// Bytes that an item takes whose fixed part lies out of line as well.
#[inline]
pub(super) fn whole_room<E: Emit>(item: &E) -> usize {
    size_of::<<E::Record as Record>::Archived>().saturating_add(item.room())
}

/// Bytes that the elements of a list take.
#[inline]
pub(crate) fn list_room<E: Emit>(items: impl Iterator<Item = E>) -> usize {
    items.fold(0, |sum: usize, item| sum.saturating_add(whole_room(&item)))
}
