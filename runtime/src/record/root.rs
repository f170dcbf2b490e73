//! The fixed part of a record while it is written.
#![allow(unsafe_code)] // Writes into memory that the arena reserved.

use std::marker::PhantomData;
use std::ptr::NonNull;

use super::list::ListResolver;
use super::text::{INLINE, TextResolver, inline_word, outline_word};

/// The fixed part of a record being written, field by field in declaration order.
pub struct Root<'a> {
    next: NonNull<u8>,
    left: usize,
    pos: usize,
    arena: PhantomData<&'a mut u8>,
}

impl Root<'_> {
    /// # Safety
    /// `size` bytes from `start` on may be written for as long as the root lives; `start` has the offset `pos`.
    #[inline(always)]
    pub(super) unsafe fn new(start: NonNull<u8>, size: usize, pos: usize) -> Self {
        Root { next: start, left: size, pos, arena: PhantomData }
    }

    /// Writes the next `N` bytes.
    #[inline(always)]
    pub fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        let at = self.advance(N);
        // SAFETY: `advance` checked that `N` bytes are left in the reserved memory.
        unsafe { at.cast::<[u8; N]>().write_unaligned(bytes) };
    }

    /// Writes bytes.
    #[inline(always)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let at = self.advance(bytes.len());
        // SAFETY: `advance` checked that as many bytes are left in the reserved memory.
        unsafe { at.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    /// Writes `n` zero bytes: padding behind an enum's shorter variants.
    #[inline(always)]
    pub fn zeros(&mut self, n: usize) {
        let at = self.advance(n);
        // SAFETY: `advance` checked that `n` bytes are left in the reserved memory.
        unsafe { at.as_ptr().write_bytes(0, n) };
    }

    /// Writes a string whose tail, if it is longer than eight bytes, was written before.
    #[inline(always)]
    pub fn string(&mut self, value: &str, resolver: TextResolver) {
        let len = value.len();
        let word = if len <= INLINE {
            inline_word(value.as_bytes())
        } else {
            outline_word(len, self.distance(resolver.0))
        };
        self.put(word.to_le_bytes());
    }

    /// Writes a relative pointer to the offset `target`.
    #[inline(always)]
    pub(crate) fn pointer(&mut self, target: u32) {
        self.put(self.distance(target).to_le_bytes());
    }

    /// The way from the next byte to `target`: a buffer is shorter than the greatest distance.
    #[inline(always)]
    fn distance(&self, target: u32) -> i32 {
        (target as i32).wrapping_sub(self.pos as i32)
    }

    /// Writes a list whose elements were written before.
    ///
    /// # Panics
    /// If it has more than `u32::MAX` elements.
    #[inline(always)]
    pub fn list(&mut self, resolver: ListResolver, len: usize) {
        self.pointer(resolver.0);
        self.put(u32::try_from(len).expect("a list has at most u32::MAX elements").to_le_bytes());
    }

    /// Bytes not written yet.
    #[inline(always)]
    pub fn left(&self) -> usize {
        self.left
    }

    #[inline(always)]
    pub(super) fn assert_whole(&self) {
        assert!(self.left == 0, "an archive's root was not written whole");
    }

    #[inline(always)]
    fn advance(&mut self, n: usize) -> NonNull<u8> {
        assert!(n <= self.left, "an archive's root overflows its size");
        let at = self.next;
        // SAFETY: at most one past the end of the reserved memory, by the check above.
        self.next = unsafe { at.add(n) };
        self.left -= n;
        self.pos += n;
        at
    }
}

/// Copies more than eight bytes: up to 64 in overlapping blocks, which is faster than the call that a copy of unknown
/// length is.
///
/// # Safety
/// As for `copy_nonoverlapping`, and `len > 8`.
#[inline(always)]
pub(super) unsafe fn copy_text(from: *const u8, to: *mut u8, len: usize) {
    /// Copies a block at `start` and one that ends at `end`.
    #[inline(always)]
    unsafe fn ends<Block>(from: *const u8, to: *mut u8, start: usize, end: usize) {
        let last = end - size_of::<Block>();
        // SAFETY: the caller's blocks lie within the slices.
        unsafe {
            let block = from.add(start).cast::<Block>().read_unaligned();
            to.add(start).cast::<Block>().write_unaligned(block);
            let block = from.add(last).cast::<Block>().read_unaligned();
            to.add(last).cast::<Block>().write_unaligned(block);
        }
    }
    // SAFETY: in each branch the blocks lie within `len` bytes.
    unsafe {
        match len {
            ..=16 => ends::<u64>(from, to, 0, len),
            17..=32 => ends::<u128>(from, to, 0, len),
            33..=64 => {
                ends::<u128>(from, to, 0, len);
                ends::<u128>(from, to, 16, len - 16);
            }
            _ => from.copy_to_nonoverlapping(to, len),
        }
    }
}
