//! Elements of many keys in order of arrival, linked per key.

use crate::exchange::Batch;
use crate::record::{Emit, Record, View};
use crate::time::Timestamp;

/// Elements of one chunk, at most: it is never copied to grow further.
const CHUNK: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 12;
/// Bytes of archives after which a chunk takes no more.
const CHUNK_BYTES: usize = 1 << 20;
/// Emptied chunks whose memory is kept.
const SPARE_CHUNKS: usize = 16;
/// No element.
const NONE: u32 = u32::MAX;

/// The elements of one key, in order of arrival: the first and the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    first: u32,
    last: u32,
}

impl Default for Run {
    fn default() -> Run {
        Run { first: NONE, last: NONE }
    }
}

impl Run {
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.first == NONE
    }

    /// The first element, if there is one.
    #[inline(always)]
    pub fn first(self) -> Option<u32> {
        (self.first != NONE).then_some(self.first)
    }
}

/// Archived elements, each with its time, the number of its key's next one, and a mark of its owner's.
pub(super) struct Log<T> {
    chunks: Vec<Chunk>,
    spare: Vec<Chunk>,
    len: usize,
    record: std::marker::PhantomData<fn() -> T>,
}

#[derive(Default)]
struct Chunk {
    batch: Batch,
    links: Vec<Link>,
}

#[derive(Clone, Copy)]
struct Link {
    next: u32,
    mark: Mark,
}

/// What an owner notes of an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Mark {
    /// It has met a partner.
    pub matched: bool,
    /// It came when its time had come: it stays for as long as the watermark does.
    pub last_minute: bool,
}

impl<T: Record> Log<T> {
    pub fn new() -> Log<T> {
        Log { chunks: Vec::new(), spare: Vec::new(), len: 0, record: std::marker::PhantomData }
    }

    /// Appends an element to the run of its key.
    #[inline]
    pub fn push<E: Emit<Record = T>>(
        &mut self,
        run: &mut Run,
        time: Timestamp,
        item: &E,
        mark: Mark,
    ) -> u32 {
        let is_full =
            |chunk: &Chunk| chunk.links.len() >= CHUNK || chunk.batch.bytes() >= CHUNK_BYTES;
        if self.chunks.last().is_none_or(is_full) {
            self.open();
        }
        let number = self.chunks.len() - 1;
        let chunk = &mut self.chunks[number];
        let at = ((number << CHUNK_BITS) + chunk.links.len()) as u32;
        chunk.batch.push(time, item);
        chunk.links.push(Link { next: NONE, mark });
        self.len += 1;
        if run.is_empty() {
            run.first = at;
        } else {
            self.link_mut(run.last).next = at;
        }
        run.last = at;
        at
    }

    #[cold]
    fn open(&mut self) {
        assert!(self.chunks.len() < (NONE >> CHUNK_BITS) as usize, "fewer elements than numbers");
        let mut chunk = self.spare.pop().unwrap_or_default();
        chunk.batch.reset::<T>();
        if !self.chunks.is_empty() {
            // Where there was one there will be another: there is no need to begin small.
            let usual = const { std::num::NonZeroUsize::new(CHUNK).expect("more than none") };
            chunk.batch.limit(usual, CHUNK);
            chunk.links.reserve_exact(CHUNK);
        }
        self.chunks.push(chunk);
    }

    #[inline(always)]
    fn link(&self, at: u32) -> Link {
        self.chunks[(at >> CHUNK_BITS) as usize].links[at as usize % CHUNK]
    }

    #[inline(always)]
    fn link_mut(&mut self, at: u32) -> &mut Link {
        &mut self.chunks[(at >> CHUNK_BITS) as usize].links[at as usize % CHUNK]
    }

    /// Time and view of an element.
    #[inline(always)]
    pub fn get(&self, at: u32) -> (Timestamp, View<'_, T>) {
        let chunk = &self.chunks[(at >> CHUNK_BITS) as usize];
        chunk.batch.typed::<T>().get(at as usize % CHUNK)
    }

    /// The element of the same run behind `at`.
    #[inline(always)]
    pub fn after(&self, at: u32, run: Run) -> Option<u32> {
        if at == run.last { None } else { Some(self.link(at).next) }
    }

    /// Puts the later of two runs behind the earlier, element by element in order of arrival.
    pub fn merge(&mut self, a: Run, b: Run) -> Run {
        let (Some(mut a_at), Some(mut b_at)) = (a.first(), b.first()) else {
            return if a.is_empty() { b } else { a };
        };
        let (mut a_end, mut b_end) = (a.last, b.last);
        let first = a_at.min(b_at);
        // Turns are taken between the runs; `a` is the one whose next element is earlier.
        loop {
            if b_at < a_at {
                std::mem::swap(&mut a_at, &mut b_at);
                std::mem::swap(&mut a_end, &mut b_end);
            }
            let next = if a_at == a_end { None } else { Some(self.link(a_at).next) };
            match next {
                None => {
                    self.link_mut(a_at).next = b_at;
                    return Run { first, last: b_end };
                }
                Some(next) => {
                    if b_at < next {
                        self.link_mut(a_at).next = b_at;
                    }
                    a_at = next;
                }
            }
        }
    }

    /// Appends the elements of a run once more, as a run of their own.
    pub fn copy(&mut self, run: Run) -> Run {
        let (mut copy, mut at) = (Run::default(), run.first());
        while let Some(number) = at {
            let (time, view) = self.get(number);
            let element = T::from_view(view);
            self.push(&mut copy, time, &element, Mark::default());
            at = self.after(number, run);
        }
        copy
    }

    /// The numbers of a run's elements.
    pub fn each(&self, run: Run) -> impl Iterator<Item = u32> {
        std::iter::successors(run.first(), move |at| self.after(*at, run))
    }

    /// Adds the numbers of a run's elements.
    pub fn numbers(&self, run: Run, into: &mut Vec<u32>) {
        into.extend(self.each(run));
    }

    /// Forgets all elements but the given ones, which are numbered anew, still in order of arrival.
    pub fn retain(&mut self, live: &[u32]) -> Renumbered {
        const LIVE: u32 = NONE - 1;
        let mut numbers = vec![NONE; self.chunks.len() << CHUNK_BITS];
        live.iter().for_each(|at| numbers[*at as usize] = LIVE);
        let mut kept = Log { spare: std::mem::take(&mut self.spare), ..Log::new() };
        for (old, new) in numbers.iter_mut().enumerate().filter(|(_, new)| **new == LIVE) {
            let (time, view) = self.get(old as u32);
            *new = kept.push(&mut Run::default(), time, &view, self.mark(old as u32));
        }
        let numbers = Renumbered { numbers };
        for (old, &new) in numbers.numbers.iter().enumerate().filter(|(_, new)| **new != NONE) {
            kept.link_mut(new).next = numbers.of(self.link(old as u32).next);
        }
        self.clear();
        kept.spare.append(&mut self.spare);
        kept.spare.truncate(SPARE_CHUNKS);
        *self = kept;
        numbers
    }

    #[inline(always)]
    pub fn mark(&self, at: u32) -> Mark {
        self.link(at).mark
    }

    #[inline(always)]
    pub fn mark_mut(&mut self, at: u32) -> &mut Mark {
        &mut self.link_mut(at).mark
    }

    /// Elements since the last [`clear`](Log::clear).
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn bytes(&self) -> usize {
        let chunks = self.chunks.iter().chain(&self.spare);
        let held = |chunk: &Chunk| {
            chunk.batch.capacity() + chunk.links.capacity() * size_of::<Link>() + size_of::<Chunk>()
        };
        chunks.map(held).sum()
    }

    /// Forgets the elements and keeps some memory.
    pub fn clear(&mut self) {
        for mut chunk in self.chunks.drain(..) {
            if self.spare.len() < SPARE_CHUNKS {
                chunk.links.clear();
                self.spare.push(chunk);
            }
        }
        self.len = 0;
    }
}

/// What elements are called after those that nobody needs have gone.
pub(super) struct Renumbered {
    numbers: Vec<u32>,
}

impl Renumbered {
    /// The new number of an element.
    pub fn of(&self, old: u32) -> u32 {
        self.numbers.get(old as usize).copied().unwrap_or(NONE)
    }

    /// A run under its new numbers.
    pub fn run(&self, run: Run) -> Run {
        Run { first: self.of(run.first), last: self.of(run.last) }
    }
}
