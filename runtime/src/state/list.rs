//! Lists inside a key's state.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::record::{Element, Emit, Layout, ListResolver, Record, Root, SliceView, Tails, View};

/// A list as a field of a process function's state: a handle to which elements are added one by one.
///
/// To be used in place of a `Vec` where an event adds to what only a timer reads: a state that is not in memory writes
/// what is added and loads nothing until the list is visited. Flink: `ListState`.
///
/// ```
/// use thalweg::prelude::*;
/// use thalweg::state::ListState;
///
/// #[record]
/// #[derive(Default)]
/// struct Held {
///     lines: ListState<String>,
/// }
///
/// let mut held = Held::default();
/// held.lines.push("first");
/// held.lines.push(String::from("second"));
/// assert_eq!(held.lines.iter().collect::<Vec<_>>(), ["first", "second"]);
/// held.lines.clear();
/// assert!(held.lines.is_empty());
/// ```
pub struct ListState<T: Record> {
    elements: Vec<T>,
}

impl<T: Record> ListState<T> {
    /// No elements yet.
    pub fn new() -> Self {
        ListState { elements: Vec::new() }
    }

    /// Adds an element at the end. Flink: `add`.
    pub fn push(&mut self, element: impl Emit<Record = T>) {
        self.elements.push(element.into_record());
    }

    /// Adds several at the end. Flink: `addAll`.
    pub fn extend<E: Emit<Record = T>>(&mut self, elements: impl IntoIterator<Item = E>) {
        self.elements.extend(elements.into_iter().map(Emit::into_record));
    }

    /// Puts these in place of all there are. Flink: `update`.
    pub fn replace<E: Emit<Record = T>>(&mut self, elements: impl IntoIterator<Item = E>) {
        self.clear();
        self.extend(elements);
    }

    /// The elements in the order in which they were added. Flink: `get`.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = View<'_, T>> + ExactSizeIterator {
        self.elements.iter().map(Emit::as_view)
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Removes all elements. Flink: `clear`.
    pub fn clear(&mut self) {
        self.elements.clear();
    }
}

impl<T: Record> Default for ListState<T> {
    fn default() -> Self {
        ListState::new()
    }
}

/// The view of a [`ListState`].
pub struct ListStateView<'a, T: Record>(SliceView<'a, T>);

impl<T: Record> Clone for ListStateView<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Record> Copy for ListStateView<'_, T> {}

impl<'a, T: Record> ListStateView<'a, T> {
    /// The elements.
    pub fn elements(self) -> SliceView<'a, T> {
        self.0
    }
}

// SAFETY: the archive of a `Vec`.
unsafe impl<T: Record> Record for ListState<T> {
    type Archived = <Vec<T> as Record>::Archived;
    type View<'a> = ListStateView<'a, T>;
    const FIXED: bool = false;
    fn view_archived(archived: &Self::Archived) -> ListStateView<'_, T> {
        ListStateView(<Vec<T> as Record>::view_archived(archived))
    }
    fn from_view(view: ListStateView<'_, T>) -> Self {
        ListState { elements: view.0.into_owned() }
    }
    fn layout(layout: &mut Layout) {
        layout.generic("ListState", T::layout);
    }
}

// SAFETY: writes what a `Vec` writes.
unsafe impl<T: Record> Emit for ListState<T> {
    type Record = ListState<T>;
    type Resolver = ListResolver;
    fn as_view(&self) -> ListStateView<'_, T> {
        ListStateView(T::slice_view(&self.elements))
    }
    fn into_record(self) -> Self {
        self
    }
    fn room(&self) -> usize {
        self.elements.room()
    }
    fn tails(&self, out: &mut Tails<'_>) -> ListResolver {
        self.elements.tails(out)
    }
    fn root(&self, resolver: ListResolver, out: &mut Root<'_>) {
        self.elements.root(resolver, out);
    }
}

// SAFETY: writes what a `Vec` writes.
unsafe impl<T: Record> Emit for ListStateView<'_, T> {
    type Record = ListState<T>;
    type Resolver = ListResolver;
    fn as_view(&self) -> ListStateView<'_, T> {
        *self
    }
    fn into_record(self) -> ListState<T> {
        ListState::from_view(self)
    }
    fn room(&self) -> usize {
        self.0.room()
    }
    fn tails(&self, out: &mut Tails<'_>) -> ListResolver {
        self.0.tails(out)
    }
    fn root(&self, resolver: ListResolver, out: &mut Root<'_>) {
        self.0.root(resolver, out);
    }
}

impl<T: Element> Element for ListState<T> {}

impl<T: Record> Clone for ListState<T> {
    fn clone(&self) -> Self {
        ListState::from_view(self.as_view())
    }
}

impl<T: Element> PartialEq for ListStateView<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Element> fmt::Debug for ListStateView<'_, T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl<T: Element> Serialize for ListStateView<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T: Element> PartialEq for ListState<T> {
    fn eq(&self, other: &Self) -> bool {
        self.as_view() == other.as_view()
    }
}

impl<T: Element> fmt::Debug for ListState<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_view().fmt(out)
    }
}

impl<T: Element> Serialize for ListState<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_view().serialize(serializer)
    }
}

impl<'de, T: Record + Deserialize<'de>> Deserialize<'de> for ListState<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(ListState { elements: Vec::deserialize(deserializer)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Arena;

    #[crate::record]
    #[derive(Default)]
    struct Held {
        n: u32,
        lines: ListState<String>,
        pieces: super::super::MapState<String, u32>,
    }

    #[test]
    fn lists_and_maps_are_fields_of_records() {
        let mut held = Held { n: 1, ..Held::default() };
        held.lines.extend(["b", "a"]);
        held.lines.push("c");
        *held.pieces.entry("x") += 3;
        let mut arena = Arena::default();
        let root = arena.put(&held);
        // SAFETY: just written there as this type.
        let view = unsafe { arena.view::<Held>(root) };
        assert_eq!(view, held.as_view());
        assert_eq!(view.lines.elements().get(1), Some("a"));
        assert_eq!(view.into_owned(), held.clone());
        held.lines.replace(["z"]);
        assert_ne!(view, held.as_view());
        assert_eq!(format!("{:?}", held.lines), r#"["z"]"#);
    }
}
