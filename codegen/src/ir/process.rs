//! Process functions in the graph.

use proc_macro2::Ident;
use syn::Expr;

use super::NodeId;

/// A process function.
pub struct ProcessOp {
    /// The constructor of a key's state; without closures behind it, the function itself.
    pub made: Expr,
    /// Its closures, as written.
    pub closures: Vec<(Hook, Expr)>,
    /// Whether there is a state per key, and timers.
    pub keyed: bool,
    /// The sides it writes to, by the names that it calls them.
    pub sides: Vec<(Ident, NodeId)>,
    /// How it writes: `.emit(..)` of its context, in any closure.
    pub emits: bool,
    /// The first word that sets a timer for which there has to be an `on_timer`.
    pub sets_timer: Option<Ident>,
    /// The first word that asks for a timer in the stream's own time.
    pub needs_time: Option<Ident>,
}

/// When a closure of a process function is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hook {
    /// For an event.
    Event,
    /// For a timer.
    Timer,
    /// At the end of the input.
    End,
}

impl ProcessOp {
    /// The closure for `hook`.
    pub fn closure(&self, hook: Hook) -> Option<&Expr> {
        self.closures.iter().find(|(of, _)| *of == hook).map(|(_, f)| f)
    }

    /// True if the function is a value that implements `ProcessFunction`.
    pub fn is_value(&self) -> bool {
        self.closures.is_empty()
    }

    /// True if something has to be done at `hook`.
    pub fn hears(&self, hook: Hook) -> bool {
        self.is_value() || self.closure(hook).is_some()
    }
}
