//! What every handle of the surface is: a `Copy` value without contents.

use std::fmt;
use std::marker::PhantomData;

/// Contravariance and `Send` do not matter here; `fn() -> T` only says that a handle holds no `T`.
pub(super) type Of<T> = PhantomData<fn() -> T>;

/// The body of every method of the surface. It takes the arguments, so that none is unused.
#[cold]
#[track_caller]
pub(super) fn not_run<A, R>(_arguments: A) -> R {
    panic!(
        "this function describes a pipeline and cannot be called as it stands\n\
         help: put `#[pipeline]` on it and start it with `thalweg::main(name)`; put `#[operator]` on a fragment"
    )
}

/// Declares a handle type: `Copy` whatever its parameters are.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident<$($param:ident $(= $default:ty)?),*>) => {
        $(#[$doc])*
        pub struct $name<$($param $(= $default)?),*>($crate::stream::base::Of<($($param,)*)>);

        impl<$($param),*> Clone for $name<$($param),*> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($param),*> Copy for $name<$($param),*> {}

        impl<$($param),*> std::fmt::Debug for $name<$($param),*> {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::stream::base::debug::<Self>(out)
            }
        }
    };
}
pub(super) use handle;

/// Lets a handle be used as the stream that it is, too.
macro_rules! deref_to_stream {
    ($($name:ident<$($param:ident),*> => $record:ty;)*) => {$(
        impl<$($param),*> std::ops::Deref for $name<$($param),*> {
            type Target = $crate::stream::Stream<$record>;

            fn deref(&self) -> &Self::Target {
                $crate::stream::base::not_run(self)
            }
        }

        impl<$($param),*> $crate::stream::IntoStream<$record> for $name<$($param),*> {}
    )*};
}
pub(super) use deref_to_stream;

pub(super) fn debug<T>(out: &mut fmt::Formatter<'_>) -> fmt::Result {
    out.write_str(std::any::type_name::<T>())
}

handle! {
    /// A stream of records of type `T`: what operators are methods of.
    ///
    /// A stream is a `Copy` handle: it may be bound, shadowed, annotated (`let bids: Stream<Bid> = ..`) and used more
    /// than once, which sends each of its records down every use (*fan-out*). Every stream has to reach a
    /// [`sink`](Stream::sink).
    ///
    /// ```
    /// # use thalweg::prelude::*;
    /// # #[pipeline]
    /// # fn example() {
    /// # let lines = source(collection(Vec::<String>::new()));
    /// let lines = lines.filter(|line| !line.is_empty());
    /// lines.map(|line| line.len() as u64).sink(print());
    /// lines.filter(|line| line.contains("ERROR")).sink(print());
    /// # }
    /// ```
    Stream<T>
}

/// What may stand where a stream is wanted: a [`Stream`], a [`Side`](super::Side), a [`Keyed`](super::Keyed) stream, a
/// [`Fallible`](super::Fallible) one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stream of `{T}`",
    label = "not a stream of the same records",
    note = "to fix: bring both to the same record type with `.map(..)` first"
)]
pub trait IntoStream<T>: Sized {
    /// The stream.
    fn into_stream(self) -> Stream<T> {
        not_run(())
    }
}

impl<T> IntoStream<T> for Stream<T> {}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn a_body_that_is_called_says_what_is_missing() {
        let bodies: [(&str, fn()); 2] = [
            ("source", || source(collection([1u64])).sink(discard())),
            ("side", || {
                let _ = side::<u64>();
            }),
        ];
        for (name, body) in bodies {
            let panic = std::panic::catch_unwind(body).expect_err(name);
            let text = panic.downcast_ref::<&str>().expect("a literal");
            assert!(text.contains("help: put `#[pipeline]` on it"), "{name}: {text}");
        }
    }
}
