//! What comes out of windows.

use crate::record::{Key, Record, View};
use crate::time::{Timestamp, Window};

/// A firing that a late record caused: what its key had right after it.
pub(super) struct Again<K, V> {
    pub window: Window,
    pub hash: u64,
    pub key: K,
    pub value: V,
}

impl<K: Key, V> Again<K, V> {
    pub fn firing(&self) -> Firing<'_, K, V> {
        Firing::new(self.window, self.hash, &self.key, &self.value)
    }
}

/// One key's value in one window, its time having come.
pub struct Firing<'w, K: Key, V> {
    window: Window,
    hash: u64,
    key: &'w K,
    value: &'w V,
}

impl<'w, K: Key, V> Firing<'w, K, V> {
    #[inline(always)]
    pub(super) fn new(window: Window, hash: u64, key: &'w K, value: &'w V) -> Self {
        Firing { window, hash, key, value }
    }

    /// The event time of the result: the window's last millisecond.
    #[inline(always)]
    pub fn time(&self) -> Timestamp {
        self.window.last()
    }

    /// The window.
    #[inline(always)]
    pub fn window(&self) -> Window {
        self.window
    }

    /// The key's hash.
    #[inline(always)]
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The key.
    #[inline(always)]
    pub fn key(&self) -> View<'w, K> {
        self.key.as_view()
    }

    /// What was accumulated.
    #[inline(always)]
    pub fn acc(&self) -> &'w V {
        self.value
    }
}

impl<'w, K: Key, T: Record> Firing<'w, K, Option<T>> {
    /// What a reduction or fold kept.
    #[inline(always)]
    pub fn kept(&self) -> View<'w, T> {
        self.value.as_ref().expect("a window is made by its first record").as_view()
    }
}
