//! What a key has in windows, on a disk.

use super::OfKey;
use super::contents::Contents;
use super::keyed::{KeyWindows, Slot};
use super::timers::Set;
use crate::record::{Emit, Key, Record};
use crate::state::{Codec, read_entry};
use crate::time::{Timestamp, Window};
use crate::window::assigner::Time;

/// Whether it waits for event time, and until when.
pub(super) type SavedTimer = (bool, Timestamp);
/// A window, and the number of its slot.
type Numbered = (Timestamp, Timestamp, u32);
/// A slot, and the hash of its key: what the trigger and the function keep, the timers of the trigger and that of cleanup,
/// the contents.
type Part<C, R, W> = (
    Numbered,
    u64,
    Option<R>,
    Option<W>,
    Vec<SavedTimer>,
    Option<SavedTimer>,
    Vec<<C as Contents>::Piece>,
);
/// A key, what the function keeps of it, its windows, and its slots unless they are out.
pub(super) type OnDisk<K, C, R, P, W> = (K, Option<P>, Vec<Numbered>, Vec<Part<C, R, W>>);

fn saved_timer((time, at): (Time, Timestamp)) -> SavedTimer {
    (time == Time::Event, at)
}

pub(super) fn restored_timer((is_event, at): SavedTimer) -> (Time, Timestamp) {
    (if is_event { Time::Event } else { Time::Processing }, at)
}

/// A slot's timers as they are saved.
pub(super) fn saved(set: &Set) -> Vec<SavedTimer> {
    set.iter().copied().map(saved_timer).collect()
}

/// How entries are kept on a disk.
pub(super) fn codec<K, C, R, P, W>() -> Codec<K, OfKey<K, C, R, P, W>>
where
    K: Key,
    C: Contents,
    R: Record,
    P: Record,
    W: Record,
{
    Codec {
        put: |arena, key, known| {
            let windows = known.windows.iter();
            let windows: Vec<_> = windows.map(|(it, number)| (it.start, it.end, *number)).collect();
            let mut parts = Vec::new();
            for (number, slot) in known.parked.iter().flat_map(|parked| &**parked) {
                let Window { start, end } = slot.window;
                let (trigger, state) = (slot.trigger.as_view(), slot.state.as_view());
                let (set, cleanup) = (saved(&slot.set), slot.cleanup.map(saved_timer));
                let mut pieces = Vec::new();
                slot.contents.each_piece(|piece| pieces.push(piece));
                let of_window = (start, end, *number);
                parts.push((of_window, slot.hash, trigger, state, set, cleanup, pieces));
            }
            arena.put(&(key.as_view(), known.state.as_view(), windows, parts))
        },
        take: |bytes, root| {
            let entry = read_entry::<OnDisk<K, C, R, P, W>>(bytes, root)?;
            let (key, state, windows, parts) = entry;
            let windows = windows.iter();
            let windows = windows.map(|(start, end, number)| (Window { start, end }, number));
            let mut known: OfKey<K, C, R, P, W> = KeyWindows {
                windows: windows.collect(),
                state: Option::from_view(state),
                parked: None,
            };
            for (of_window, hash, trigger, state, set, cleanup, pieces) in parts.iter() {
                let (start, end, number) = of_window;
                let mut contents = C::default();
                pieces.iter().for_each(|piece| contents.put_piece(piece));
                let slot = Slot {
                    key: K::from_view(key),
                    hash,
                    window: Window { start, end },
                    contents,
                    trigger: Option::from_view(trigger),
                    state: Option::from_view(state),
                    set: set.iter().map(restored_timer).collect(),
                    cleanup: cleanup.map(restored_timer),
                };
                known.parked.get_or_insert_default().push((number, slot));
            }
            Ok((K::from_view(key), known))
        },
        // Its sections are more than one: see `save`.
        relay: |_, _, _, _, _| Ok(()),
        written: None,
        beside: |known| {
            let Some(parked) = &known.parked else { return 0 };
            let slots = parked.capacity() * size_of::<(u32, Slot<K, C, R, W>)>();
            // Windows, timers and contents begin with room for four.
            let allocated = size_of_val(known.windows.as_slice()) + 128 * parked.len();
            slots + allocated
        },
    }
}
