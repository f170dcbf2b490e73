//! What the user wrote: statements and method chains, every node with its span.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Expr, Ident, Path, Stmt, Type, Visibility};

/// A function marked `#[pipeline]`, or the body of one marked `#[operator]`.
pub struct Pipeline {
    /// The job's display name: `name = ".."`, else the function's.
    pub display_name: String,
    /// Doc comment, joined.
    pub doc: String,
    /// Attributes that are not ours.
    pub attributes: Vec<Attribute>,
    /// Visibility of the function.
    pub visibility: Visibility,
    /// The function's name.
    pub name: Ident,
    /// The job's parameters.
    pub parameters: Vec<Parameter>,
    /// True if the function returns a `Result`.
    pub fallible: bool,
    /// The body.
    pub statements: Vec<Statement>,
}

/// A parameter of the job.
pub struct Parameter {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: Type,
    /// Doc comment, joined.
    pub doc: String,
    /// The text of `#[arg(default = ..)]`.
    pub default: Option<String>,
}

/// A statement of the body.
pub enum Statement {
    /// `let name: annotation = stream;`
    Let {
        /// One name, or two for `partition`.
        names: Vec<Ident>,
        /// `Stream<Bid>`, if written.
        annotation: Option<Type>,
        /// What it is bound to.
        stream: Chain,
    },
    /// `let name = side();`
    Side {
        /// The side's name.
        name: Ident,
        /// `Side<T>`, if written.
        annotation: Option<Type>,
    },
    /// `let name = resource(..);` or `async_resource(..)`.
    Resource {
        /// Its name.
        name: Ident,
        /// Whether the closure returns a future.
        asynchronous: bool,
        /// The closure.
        open: Expr,
    },
    /// A chain that ends in `.sink(..)`.
    Chain(Chain),
    /// `if condition { .. } else { .. }` around statements that end in sinks.
    If {
        /// The condition.
        condition: Expr,
        /// The statements.
        then: Vec<Statement>,
        /// Those of `else`.
        otherwise: Vec<Statement>,
    },
    /// Anything without streams.
    Plain(Stmt),
    /// A statement about streams that was refused: what it mentions and binds is not reported again.
    Refused {
        /// Its tokens.
        tokens: TokenStream,
        /// The names it would have bound.
        names: Vec<Ident>,
    },
}

/// `head.call(..).call(..)`.
pub struct Chain {
    /// What it starts with.
    pub head: Head,
    /// The method calls in order.
    pub calls: Vec<Call>,
}

/// What a chain starts with.
pub enum Head {
    /// `source(expr)`.
    Source {
        /// The word `source`.
        span: Span,
        /// The source.
        expr: Expr,
    },
    /// The name of a stream.
    Binding(Ident),
    /// A call of a fragment.
    Fragment {
        /// Its path.
        path: Path,
        /// Its arguments.
        args: Vec<Argument>,
    },
    /// Something that was refused.
    Refused,
}

/// One argument of a fragment's call.
pub enum Argument {
    /// A stream or side.
    Stream(Chain),
    /// Anything else.
    Value(Expr),
}

/// One method call of a chain.
pub struct Call {
    /// The method.
    pub name: Ident,
    /// What stands between the parentheses.
    pub args: Vec<Expr>,
    /// A stream among the arguments (`union`).
    pub stream: Option<Box<Chain>>,
}

/// A function marked `#[operator]`.
pub struct Fragment {
    /// Attributes that are not ours.
    pub attributes: Vec<Attribute>,
    /// Visibility of the function.
    pub visibility: Visibility,
    /// Its name.
    pub name: Ident,
    /// The stream it is given.
    pub stream: FragmentParameter,
    /// Whether that stream is `Timed`.
    pub timed: bool,
    /// Whether it is `Keyed`.
    pub keyed: bool,
    /// The sides it writes.
    pub sides: Vec<FragmentParameter>,
    /// Its other parameters.
    pub values: Vec<FragmentParameter>,
    /// All parameters behind the stream, in order: true for sides.
    pub order: Vec<bool>,
    /// `Stream<R>`.
    pub returns: Type,
    /// Generic parameters and bounds.
    pub generics: syn::Generics,
    /// The body but its tail.
    pub statements: Vec<Statement>,
    /// The stream it returns.
    pub tail: Chain,
}

/// A parameter of a fragment.
pub struct FragmentParameter {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: Type,
}
