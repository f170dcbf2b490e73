//! `let bids: Stream<Bid> = ..`: what an annotation says of the records, for emitted code.

use super::{
    BroadcastProcess, ConnectedProcess, Fallible, Joined, JoinedByWindow, Keyed, Process, Side,
    Stream,
};
use crate::connector::Source;
use crate::record::{Emit, Key, Record};

/// The record of a stream type as users write it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stream",
    label = "not the type of a stream",
    note = "to fix: annotate with `Stream<T>`, `Keyed<K, T>` or `Side<T>`, or leave the annotation out"
)]
pub trait Annotation {
    /// What the stream carries.
    type Record: Record;
    /// What a fragment with a parameter of this type is given: with the key, if there is one.
    type Given: Record;
}

impl<T: Record> Annotation for Stream<T> {
    type Record = T;
    type Given = T;
}
impl<K: Key, T: Record> Annotation for Keyed<K, T> {
    type Record = T;
    type Given = (K, T);
}
impl<T: Record> Annotation for Side<T> {
    type Record = T;
    type Given = T;
}
/// What operators of several words are once they are complete.
macro_rules! annotations {
    ($($name:ident<$($param:ident),*>)*) => {$(
        impl<$($param,)* O: Record> Annotation for $name<$($param,)* O> {
            type Record = O;
            type Given = O;
        }
    )*};
}
annotations! { Process<K, T, S> ConnectedProcess<K, L, R, S> BroadcastProcess<K, T, B, R, S> }

impl<T, R: Record> Annotation for Fallible<T, R> {
    type Record = R;
    type Given = R;
}

impl<L, R, O: Record> Annotation for Joined<L, R, O> {
    type Record = O;
    type Given = O;
}
impl<L, R, O: Record> Annotation for JoinedByWindow<L, R, O> {
    type Record = O;
    type Given = O;
}

/// What a fragment is given.
pub type GivenOf<A> = <A as Annotation>::Given;

/// The record of an annotated stream.
pub type RecordOf<A> = <A as Annotation>::Record;

/// An item that is a record of the annotated stream.
#[inline(always)]
pub fn annotated<A: Annotation, E: Emit<Record = A::Record>>(item: &E) -> &E {
    item
}

/// A source of the annotated stream's records.
pub fn annotated_source<A: Annotation, S: Source<Record = A::Record>>(source: S) -> S {
    source
}
