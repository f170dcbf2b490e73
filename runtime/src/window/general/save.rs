//! Windows in a snapshot: what the trigger and the function keep of each, what they keep of each key, and the contents,
//! element by element.

use super::contents::Contents;
use super::keyed::KeyWindows;
use super::timers::Set;
use super::{GeneralWindows, Triggered};
use crate::record::{Emit, Key, Record};
use crate::state::{Cursor, LoadError, Loader, SnapshotWriter, Table};
use crate::time::{Timestamp, Window};
use crate::window::assigner::Time;
use crate::window::trigger::Trigger;

/// A key's part of a window: start, end, key, what the trigger and the function keep, the trigger's timers.
type Part<K, R, W> = (Timestamp, Timestamp, K, Option<R>, Option<W>, Vec<Timer>);
/// Whether it waits for event time, and until when.
type Timer = (bool, Timestamp);
/// What a part holds: start and end of the window, key, a piece.
type Held<K, C> = (Timestamp, Timestamp, K, <C as Contents>::Piece);

const PARTS: &str = "parts";
const CONTENTS: &str = "contents";
const KEYS: &str = "keys";
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
    pub(super) fn save_windows(&self, out: &mut SnapshotWriter) {
        out.note(CLOCK, self.clock.0);
        out.note(ARRIVALS, self.arrivals.cast_signed());
        let Some(keys) = &self.keys else { return };
        let mut cursor = Cursor::default();
        while let Some((hash, key, known)) = keys.next_in_order(&mut cursor) {
            let key = key.as_view();
            if let Some(state) = &known.state {
                out.section::<(K, P)>(KEYS).put(hash, (key, state.as_view()));
            }
            for (window, number) in &known.windows {
                let Window { start, end } = *window;
                let Some(slot) = &self.slots[*number as usize] else { continue };
                let (trigger, state) = (slot.trigger.as_view(), slot.state.as_view());
                let mut parts = out.section::<Part<K, R::State, W>>(PARTS);
                parts.put(hash, (start, end, key, trigger, state, saved(&slot.set)));
                let mut contents = out.section::<Held<K, C>>(CONTENTS);
                slot.contents.each_piece(|piece| contents.put(hash, (start, end, key, piece)));
            }
        }
    }

    pub(super) fn load_windows(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.advanced = from.watermark();
        self.clock = from.note(CLOCK).map_or(self.clock, Timestamp);
        self.arrivals = from.note(ARRIVALS).map_or(self.arrivals, i64::cast_unsigned);
        from.each::<(K, P)>(KEYS, |hash, (key, state)| {
            let keys = self.keys.get_or_insert_with(Table::new);
            keys.entry_or(hash, key, KeyWindows::default).state = Some(P::from_view(state));
        })?;
        from.each::<Part<K, R::State, W>>(PARTS, |hash, part| {
            let (start, end, key, trigger, state, timers) = part;
            let number = self.open_window(Window { start, end }, hash, key);
            let Some(slot) = &mut self.slots[number as usize] else { return };
            slot.trigger = Option::from_view(trigger);
            slot.state = Option::from_view(state);
            let mut set = slot.timers(&mut self.timers, number);
            for (is_event, at) in timers {
                set.set(if is_event { Time::Event } else { Time::Processing }, at);
            }
        })?;
        from.each::<Held<K, C>>(CONTENTS, |hash, (start, end, key, piece)| {
            let number = self.open_window(Window { start, end }, hash, key);
            if let Some(slot) = &mut self.slots[number as usize] {
                slot.contents.put_piece(piece);
            }
        })?;
        self.kept = self.slots.iter().flatten().map(|slot| slot.contents.len()).sum();
        Ok(())
    }
}

/// A slot's timers as they are saved.
fn saved(set: &Set) -> Vec<Timer> {
    set.iter().map(|(time, at)| (*time == Time::Event, *at)).collect()
}
