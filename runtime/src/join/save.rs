//! What joins by window write into snapshots, whether windows merge or not.

use super::Sides;
use super::log::{Log, Mark};
use crate::record::{Key, Record, View};
use crate::state::{LoadError, Loader, SectionWriter};
use crate::time::{Timestamp, Window};

/// An element in a window: the window's start and end, key, time, the element. Those of a key and a side are written in
/// order of arrival.
pub(super) type Saved<K, T> = (Timestamp, Timestamp, K, Timestamp, T);

/// The sections of both sides.
pub(super) struct Sections {
    pub left: &'static str,
    pub right: &'static str,
}

/// Writes an element of a key's.
pub(super) fn put<K: Key, T: Record>(
    out: &mut SectionWriter<'_, Saved<K, T>>,
    window: Window,
    (hash, key): (u64, View<'_, K>),
    (time, element): (Timestamp, View<'_, T>),
) {
    out.put(hash, (window.start, window.end, key, time, element));
}

/// What elements come back to.
pub(super) trait Takes<K: Key, L, R> {
    /// Where a key's elements in a window are to be.
    fn place(&mut self, window: Window, hash: u64, key: View<'_, K>) -> Place<'_, L, R>;
}

/// What a key has in a window, and the logs it is in.
pub(super) struct Place<'p, L, R> {
    pub sides: &'p mut Sides,
    pub lefts: &'p mut Log<L>,
    pub rights: &'p mut Log<R>,
}

/// Brings the elements of both sides back.
pub(super) fn load<K: Key, L: Record, R: Record>(
    from: &Loader<'_>,
    sections: &Sections,
    into: &mut impl Takes<K, L, R>,
) -> Result<(), LoadError> {
    from.each::<Saved<K, L>>(sections.left, |hash, (start, end, key, time, element)| {
        let place = into.place(Window { start, end }, hash, key);
        place.lefts.push(&mut place.sides.left, time, &element, Mark::default());
    })?;
    from.each::<Saved<K, R>>(sections.right, |hash, (start, end, key, time, element)| {
        let place = into.place(Window { start, end }, hash, key);
        place.rights.push(&mut place.sides.right, time, &element, Mark::default());
    })
}
