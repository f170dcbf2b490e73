//! Windows in a snapshot: what the trigger and the function keep of each, what they keep of each key, and the contents,
//! element by element.

use super::codec::{OnDisk, SavedTimer, restored_timer, saved};
use super::contents::Contents;
use super::{GeneralWindows, Keys, Triggered};
use crate::record::{Emit, Key, Record, View};
use crate::state::{Cursor, LoadError, Loader, SnapshotWriter, Table, Tiered, read_entry};
use crate::time::{Timestamp, Window};
use crate::window::store::table_of;
use crate::window::trigger::Trigger;

/// A key's part of a window: start, end, key, what the trigger and the function keep, the trigger's timers.
type Part<K, R, W> = (Timestamp, Timestamp, K, Option<R>, Option<W>, Vec<SavedTimer>);
/// What a part holds: start and end of the window, key, a piece.
type Held<K, C> = (Timestamp, Timestamp, K, <C as Contents>::Piece);

/// The sections of parts, of what is in them, and of keys' states.
struct Sections {
    parts: &'static str,
    contents: &'static str,
    keys: &'static str,
}

/// Of all, wherever it is.
const ALL: Sections = Sections { parts: "parts", contents: "contents", keys: "keys" };
/// Of keys in memory, if there is a disk, on which there may be something older.
const HOT: Sections = Sections { parts: "hot parts", contents: "hot contents", keys: "hot keys" };
const CLOCK: &str = "clock";
const ARRIVALS: &str = "arrivals";

impl<K, T, S, C, R, P, W> GeneralWindows<K, T, S, C, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    C: Contents,
    R: Trigger<T>,
    P: Record,
    W: Record,
{
    pub(super) fn save_windows(&mut self, out: &mut SnapshotWriter) {
        out.note(CLOCK, self.clock.0);
        out.note(ARRIVALS, self.arrivals.cast_signed());
        self.park();
        if let Some(backing) = self.backing() {
            backing.stop_saving();
        }
        let sections = if self.spilled.is_some() { HOT } else { ALL };
        let Some(keys) = &mut self.keys else { return };
        let mut cursor = Cursor::default();
        while let Some((hash, key, known)) = keys.in_memory().next_in_order(&mut cursor) {
            let key = key.as_view();
            if let Some(state) = &known.state {
                out.section::<(K, P)>(sections.keys).put(hash, (key, state.as_view()));
            }
            let parked = known.parked.iter().flat_map(|parked| &**parked).map(|(_, slot)| slot);
            let at_hand = known.windows.iter().filter_map(|(_, number)| self.slots.get(*number));
            for slot in parked.chain(at_hand) {
                let Window { start, end } = slot.window;
                let (trigger, state) = (slot.trigger.as_view(), slot.state.as_view());
                let mut parts = out.section::<Part<K, R::State, W>>(sections.parts);
                parts.put(hash, (start, end, key, trigger, state, saved(&slot.set)));
                let mut contents = out.section::<Held<K, C>>(sections.contents);
                slot.contents.each_piece(|piece| contents.put(hash, (start, end, key, piece)));
            }
        }
        if self.spilled.is_some() {
            Self::save_cold(keys, out);
        }
    }

    /// Begins to write what is on the disk.
    fn save_cold(keys: &mut Keys<K, C, R::State, P, W>, out: &mut SnapshotWriter) {
        let (of_keys, contents) =
            (out.later::<(K, P)>(ALL.keys), out.later::<Held<K, C>>(ALL.contents));
        let parts = out.later::<Part<K, R::State, W>>(ALL.parts);
        keys.save_cold(parts, move |out, hash, bytes, root| {
            let (key, state, _, parts) = read_entry::<OnDisk<K, C, R::State, P, W>>(bytes, root)?;
            if let Some(state) = state {
                of_keys.put(hash, (key, state));
            }
            for ((start, end, _), _, trigger, state, set, _, pieces) in parts.iter() {
                let set: Vec<SavedTimer> = set.iter().collect();
                out.put(hash, (start, end, key, trigger, state, set));
                pieces.iter().for_each(|piece| contents.put(hash, (start, end, key, piece)));
            }
            Ok(())
        });
    }

    pub(super) fn load_windows(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.advanced = from.watermark();
        self.clock = from.note(CLOCK).map_or(self.clock, Timestamp);
        self.arrivals = from.note(ARRIVALS).map_or(self.arrivals, i64::cast_unsigned);
        // Keys in memory come first: on the disk they may have had something else.
        let mut hot = Table::<K, ()>::new();
        self.load_sections(from, &HOT, |hash, key| {
            hot.entry(hash, key);
            true
        })?;
        self.load_sections(from, &ALL, |hash, key| hot.get(hash, key).is_none())?;
        self.park();
        Ok(())
    }

    /// Takes in what there is of keys for which `is_wanted` answers true.
    fn load_sections(
        &mut self,
        from: &Loader<'_>,
        sections: &Sections,
        mut is_wanted: impl FnMut(u64, View<'_, K>) -> bool,
    ) -> Result<(), LoadError> {
        from.each::<(K, P)>(sections.keys, |hash, (key, state)| {
            if is_wanted(hash, key) {
                let keys = table_of(&mut self.keys, || Tiered::new(self.spilled.as_ref()));
                keys.entry_or(hash, key, Default::default).state = Some(P::from_view(state));
            }
        })?;
        from.each::<Part<K, R::State, W>>(sections.parts, |hash, part| {
            let (start, end, key, trigger, state, timers) = part;
            if !is_wanted(hash, key) {
                return;
            }
            self.bring(hash, key);
            let number = self.open_window(Window { start, end }, hash, key);
            let Some(slot) = self.slots.get_mut(number) else { return };
            slot.trigger = Option::from_view(trigger);
            slot.state = Option::from_view(state);
            let mut set = slot.timers(&mut self.timers, number);
            for (time, at) in timers.iter().map(restored_timer) {
                set.set(time, at);
            }
        })?;
        from.each::<Held<K, C>>(sections.contents, |hash, (start, end, key, piece)| {
            if !is_wanted(hash, key) {
                return;
            }
            self.bring(hash, key);
            let number = self.open_window(Window { start, end }, hash, key);
            if let Some(slot) = self.slots.get_mut(number) {
                let before = slot.contents.len();
                slot.contents.put_piece(piece);
                self.kept += slot.contents.len() - before;
            }
        })
    }
}
