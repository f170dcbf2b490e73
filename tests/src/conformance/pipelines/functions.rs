//! What the recorded functions compute.

use thalweg::operator::{Aggregate, Overflow};
use thalweg::prelude::*;
use thalweg::process;
use thalweg::record::View;
use thalweg::trigger::{Trigger, TriggerCx, TriggerResult};
use thalweg::window::{Events, Out, WindowCx, WindowFunction};

use super::super::replay::Event;

/// Number, sum, least, greatest and hash of values.
#[derive(Clone, Copy)]
pub struct Figures;

/// `(n, sum, min, max, hash)`.
pub type Figured = (i64, i64, i64, i64, i64);

impl Aggregate for Figures {
    type In = i64;
    type Acc = Figured;
    type Out<'a> = Figured;
    fn add(&self, acc: &mut Figured, value: i64) -> Result<(), Overflow> {
        let one = (1, value, value, value, value);
        *acc = match *acc {
            (0, ..) => one,
            (n, sum, min, max, hash) => {
                let hash = hash.wrapping_mul(31).wrapping_add(value);
                (n + 1, sum + value, min.min(value), max.max(value), hash)
            }
        };
        Ok(())
    }
    /// The hash follows the order of arrival, so the parts' hashes say nothing about that of the whole.
    fn merge(&self, acc: &mut Figured, other: Figured) -> Result<(), Overflow> {
        *acc = match (*acc, other) {
            (own, (0, ..)) => own,
            ((0, ..), other) => other,
            (a, b) => (a.0 + b.0, a.1 + b.1, a.2.min(b.2), a.3.max(b.3), 0),
        };
        Ok(())
    }
    fn finish(&self, acc: &Figured) -> Figured {
        *acc
    }
}

/// A list as JSON.
pub fn list<T: std::fmt::Display>(values: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    format!("[{}]", texts.join(","))
}

/// First and last of a window; nothing of one that is all of time.
pub fn bounds(window: Window) -> String {
    match (window.start, window.end) {
        (Timestamp::MIN, _) => "null,null".to_owned(),
        (start, end) => format!("{},{}", start.0, end.0),
    }
}

/// The trigger of a window that fires never.
#[derive(Clone, Copy)]
pub struct Never;

impl Trigger<Event> for Never {
    type State = ();
    fn on_element(&self, _: View<'_, Event>, _: &mut TriggerCx<'_, ()>) -> TriggerResult {
        TriggerResult::Continue
    }
}

/// Values, and how often the window and its key have fired; tells when a window goes.
#[derive(Clone, Copy)]
pub struct Firings {
    /// Where that is told.
    pub cleared: process::Side<String>,
}

impl WindowFunction for Firings {
    type Key = i64;
    type In = Event;
    type Out = String;
    type KeyState = i64;
    type WindowState = i64;

    fn process(
        &self,
        w: &mut WindowCx<'_, Self>,
        events: Events<'_, Event>,
        out: &mut Out<'_, String>,
    ) {
        *w.key_state() += 1;
        *w.window_state() += 1;
        let (of_key, of_window) = (*w.key_state(), *w.window_state());
        let (key, bounds, watermark) = (w.key(), bounds(w.window()), w.watermark().0);
        let values = list(events.iter().map(|e| e.value));
        out.emit(format!("[{key},{bounds},{values},{watermark},{of_window},{of_key}]"));
    }

    fn clear(&self, w: &mut WindowCx<'_, Self>) {
        let (bounds, watermark) = (bounds(w.window()), w.watermark().0);
        // In Flink there is no state then.
        let fired = match *w.window_state() {
            0 => "null".to_owned(),
            fired => fired.to_string(),
        };
        w.emit_to(self.cleared, format!("[{bounds},{fired},{watermark}]"));
    }
}

/// The same without state per window.
#[derive(Clone, Copy)]
pub struct Calls {
    /// Where it is told that a window goes.
    pub cleared: process::Side<String>,
}

impl WindowFunction for Calls {
    type Key = i64;
    type In = Event;
    type Out = String;
    type KeyState = i64;
    type WindowState = ();

    fn process(
        &self,
        w: &mut WindowCx<'_, Self>,
        events: Events<'_, Event>,
        out: &mut Out<'_, String>,
    ) {
        *w.key_state() += 1;
        let of_key = *w.key_state();
        let (key, bounds, watermark) = (w.key(), bounds(w.window()), w.watermark().0);
        let values = list(events.iter().map(|e| e.value));
        out.emit(format!("[{key},{bounds},{values},{watermark},{of_key}]"));
    }

    fn clear(&self, w: &mut WindowCx<'_, Self>) {
        let (bounds, watermark) = (bounds(w.window()), w.watermark().0);
        w.emit_to(self.cleared, format!("[{bounds},{watermark}]"));
    }
}
