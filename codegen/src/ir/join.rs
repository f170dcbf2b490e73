//! Joins in the graph.

use proc_macro2::Span;
use syn::{Expr, Ident};

use super::NodeId;
use crate::catalog::JoinKind;

/// A join of two keyed inputs, the left one first.
pub struct Join {
    /// Which rows it yields.
    pub kind: JoinKind,
    /// What bounds its state.
    pub bound: JoinBound,
    /// Where late records of the left and of the right side go.
    pub late: [Option<NodeId>; 2],
    /// The function that a group is given to, of `co_group`.
    pub groups: Option<Expr>,
    /// Where each side was written, for messages.
    pub sides: [Span; 2],
}

/// What bounds a join's state.
pub enum JoinBound {
    /// Both sides lie in one window.
    Window {
        /// The window.
        spec: Expr,
        /// `offset(..)`, `allowed_lateness(..)`.
        options: Vec<(Ident, Expr)>,
    },
    /// The right side's time minus the left side's lies in a range.
    Within {
        /// `-mins(10)..=mins(0)`.
        range: Expr,
        /// The word `within`.
        span: Span,
    },
    /// The latest right record at or before the left one.
    AsOf {
        /// The word `as_of`.
        span: Span,
    },
}
