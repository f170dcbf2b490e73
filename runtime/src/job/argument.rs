//! Which types a parameter may have, and what each means on a command line.
//!
//! There is one trait with an impl per kind of type. Any `FromStr` type of the user's is a value, and std could make
//! `Option<T>` one tomorrow, so for the compiler the impls would overlap; the trait therefore has a second parameter,
//! the [`kind`], different in each impl. Rustc tries the impls and keeps the one whose bounds hold, so nobody ever
//! names a kind (axum's handlers use the same technique).

use std::any::TypeId;
use std::fmt::Display;
use std::str::FromStr;

use super::{Arguments, Arity, Parameter};
use crate::task::Failure;

/// The kinds of arguments, which tell apart the impls of [`Argument`] and [`Value`]. Nobody has to name them.
pub mod kind {
    /// A type with `FromStr`.
    #[derive(Debug)]
    pub struct Parsed;
    /// A [`Secret`](super::super::Secret).
    #[derive(Debug)]
    pub struct Hidden;
    /// One value, or a flag.
    #[derive(Debug)]
    pub struct Single<V>(std::marker::PhantomData<V>);
    /// `Option<T>`.
    #[derive(Debug)]
    pub struct Optional<V>(std::marker::PhantomData<V>);
    /// `Vec<T>`.
    #[derive(Debug)]
    pub struct Repeated<V>(std::marker::PhantomData<V>);
    /// A struct with `#[args]`.
    #[derive(Debug)]
    pub struct Group;
}

/// A type that a pipeline's parameter may have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a job's parameter",
    label = "not a parameter type",
    note = "parameters are types with `FromStr` whose error has `Display`, `bool`, `Secret<T>`, `Option` and `Vec` of \
            those, and structs with `#[args]`",
    note = "to fix: implement `std::str::FromStr` for it, or put `#[args]` on the struct"
)]
pub trait Argument<Kind>: Sized + 'static {
    /// How many values it takes.
    #[doc(hidden)]
    fn shape() -> Shape;
    /// Makes it from what was given; the error says what is wrong, without the parameter's name.
    #[doc(hidden)]
    fn take(arguments: &Arguments, name: &str) -> Result<Self, String>;
}

/// A type that is made from one text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a command line",
    note = "to fix: implement `std::str::FromStr` for it, with an error that has `Display`"
)]
pub trait Value<Kind>: Sized + 'static {
    /// True if it must not be shown.
    #[doc(hidden)]
    const SECRET: bool;
    /// Makes it; the error says what is wrong.
    #[doc(hidden)]
    fn parse(text: &str) -> Result<Self, String>;
}

/// A struct of parameters; `#[args]` implements it.
///
/// ```
/// /// How to reach Kafka.
/// #[thalweg::args]
/// struct Kafka {
///     /// Bootstrap servers.
///     brokers: String,
///     #[arg(default = 3)]
///     retries: u8,
///     password: Option<thalweg::job::Secret<String>>,
/// }
/// let parameters = <Kafka as thalweg::job::Args>::parameters();
/// assert_eq!(parameters[0].doc, "Bootstrap servers.");
/// assert_eq!(parameters[1].default, Some("3"));
/// assert!(parameters[2].is_secret());
/// ```
pub trait Args: Sized + 'static {
    /// One parameter per field.
    fn parameters() -> Vec<Parameter>;

    /// Makes the struct.
    ///
    /// # Errors
    /// If a field's value is missing or wrong.
    fn take(arguments: &Arguments) -> Result<Self, Failure>;
}

/// What an argument's type asks for.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub enum Shape {
    /// Text, so many times.
    Value {
        /// How many times.
        arity: Arity,
        /// True if it must not be shown.
        secret: bool,
    },
    /// The parameters of a struct.
    Group(Vec<Parameter>),
}

impl<T: FromStr + 'static> Value<kind::Parsed> for T
where
    T::Err: Display,
{
    const SECRET: bool = false;

    fn parse(text: &str) -> Result<T, String> {
        text.parse().map_err(|error: T::Err| error.to_string())
    }
}

/// `bool` is a value like any other where it is optional or repeated, but a flag where it stands alone.
fn is_flag<T: 'static>() -> bool {
    TypeId::of::<T>() == TypeId::of::<bool>()
}

impl<T: Value<V>, V> Argument<kind::Single<V>> for T {
    fn shape() -> Shape {
        let arity = if is_flag::<T>() { Arity::Flag } else { Arity::One };
        Shape::Value { arity, secret: T::SECRET }
    }

    fn take(arguments: &Arguments, name: &str) -> Result<T, String> {
        match arguments.values(name) {
            [text] if is_flag::<T>() => T::parse(truth(text)),
            [] if is_flag::<T>() => T::parse("false"),
            [text] => T::parse(text),
            [] => Err("a value is needed".to_owned()),
            several => Err(given_too_often(several.len())),
        }
    }
}

impl<T: Value<V>, V> Argument<kind::Optional<V>> for Option<T> {
    fn shape() -> Shape {
        Shape::Value { arity: Arity::Optional, secret: T::SECRET }
    }

    fn take(arguments: &Arguments, name: &str) -> Result<Option<T>, String> {
        match arguments.values(name) {
            [] => Ok(None),
            [text] => T::parse(text).map(Some),
            several => Err(given_too_often(several.len())),
        }
    }
}

impl<T: Value<V>, V> Argument<kind::Repeated<V>> for Vec<T> {
    fn shape() -> Shape {
        Shape::Value { arity: Arity::Many, secret: T::SECRET }
    }

    fn take(arguments: &Arguments, name: &str) -> Result<Vec<T>, String> {
        arguments.values(name).iter().map(|text| T::parse(text)).collect()
    }
}

impl<T: Args> Argument<kind::Group> for T {
    fn shape() -> Shape {
        Shape::Group(T::parameters())
    }

    fn take(arguments: &Arguments, _: &str) -> Result<T, String> {
        T::take(arguments).map_err(|failure| failure.to_string())
    }
}

fn given_too_often(times: usize) -> String {
    format!("it takes one value but has {times}")
}

/// Environment variables say `1` and `0` as often as `true` and `false`.
fn truth(text: &str) -> &str {
    match text {
        "1" => "true",
        "0" => "false",
        other => other,
    }
}
