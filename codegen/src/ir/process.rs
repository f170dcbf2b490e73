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
    /// What it reads. Rules are the first of the node's inputs: their types have to be known when they are asked for.
    pub inputs: ProcessInputs,
    /// The sides it writes to, by the names that it calls them.
    pub sides: Vec<(Ident, NodeId)>,
    /// How it writes: `.emit(..)` of its context, in any closure.
    pub emits: bool,
    /// The first word that sets a timer for which there has to be an `on_timer`.
    pub sets_timer: Option<Ident>,
    /// The first word that asks for a timer in the stream's own time.
    pub needs_time: Option<Ident>,
}

/// What a process function reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcessInputs {
    /// One stream.
    One,
    /// Two streams of one key.
    Two,
    /// Rules, and a keyed stream.
    Rules,
}

impl ProcessInputs {
    /// The hook of input `index`.
    pub fn hook(self, index: usize) -> Hook {
        match (self, index) {
            (ProcessInputs::Two, 0) => Hook::Left,
            (ProcessInputs::Two, _) => Hook::Right,
            (ProcessInputs::Rules, 0) => Hook::Broadcast,
            _ => Hook::Event,
        }
    }

    /// The hooks that must be there.
    pub fn required(self) -> &'static [Hook] {
        match self {
            ProcessInputs::Two => &[Hook::Left, Hook::Right],
            _ => &[Hook::Event],
        }
    }
}

impl Hook {
    /// Its word in the language.
    pub fn word(self) -> &'static str {
        match self {
            Hook::Event => "on_event",
            Hook::Left => "on_left",
            Hook::Right => "on_right",
            Hook::Broadcast => "on_broadcast",
            Hook::Timer => "on_timer",
            Hook::End => "on_end",
        }
    }
}

/// When a closure of a process function is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hook {
    /// For an event of the only input, or of the keyed one beside rules.
    Event,
    /// For an event of the left input.
    Left,
    /// For an event of the right input.
    Right,
    /// For a rule.
    Broadcast,
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
        self.closures.is_empty() && self.inputs == ProcessInputs::One
    }

    /// True if something has to be done at `hook`.
    pub fn hears(&self, hook: Hook) -> bool {
        self.is_value() || self.closure(hook).is_some()
    }
}
