//! Windows that keep elements, or have a trigger of their own, in the graph.

use proc_macro2::Ident;
use syn::Expr;

use super::{Aggregation, NodeId};

/// A window with a trigger, an evictor, or a function over its elements.
pub struct GeneralOp {
    /// The window: `tumbling(..)`.
    pub spec: Expr,
    /// `offset(..)`, `allowed_lateness(..)`.
    pub options: Vec<(Ident, Expr)>,
    /// `gap(|x| ..)` of a dynamic session.
    pub gap: Option<Expr>,
    /// Where late records go.
    pub late: Option<NodeId>,
    /// What fires it.
    pub firing: Firing,
    /// What runs when it fires.
    pub function: WindowBody,
}

/// When a window fires, and what leaves it then.
#[derive(Default)]
pub struct Firing {
    /// The trigger, unless it is the window's own.
    pub trigger: Option<Trigger>,
    /// The evictor.
    pub evictor: Option<Evictor>,
    /// The window evicts by itself: `sliding_count(..)`.
    pub evicts: bool,
}

/// A trigger.
#[expect(clippy::large_enum_variant, reason = "a pipeline has a handful of these")]
pub enum Trigger {
    /// `.trigger(..)`.
    Value(Expr),
    /// `.delta_trigger(threshold, |old, new| ..)`, and whether `.purging()` follows.
    Delta {
        /// The threshold.
        threshold: Expr,
        /// The distance.
        f: Expr,
        /// Whether a firing drops the contents.
        purging: bool,
    },
}

/// An evictor.
#[expect(clippy::large_enum_variant, reason = "a pipeline has a handful of these")]
pub enum Evictor {
    /// `.evictor(..)`.
    Value(Expr),
    /// `.delta_evictor(threshold, |old, new| ..)`.
    Delta {
        /// The threshold.
        threshold: Expr,
        /// The distance.
        f: Expr,
    },
}

/// What runs when a window fires.
#[expect(clippy::large_enum_variant, reason = "a pipeline has a handful of these")]
pub enum WindowBody {
    /// An aggregate, a reduction, a fold.
    Aggregation(Aggregation),
    /// `.apply(|w, events, out| ..)`.
    Apply(Expr),
    /// `.process(value)`.
    Process {
        /// The function.
        made: Expr,
        /// The sides it writes to, by the names that it calls them.
        sides: Vec<(Ident, NodeId)>,
    },
}

impl GeneralOp {
    /// True if the elements themselves are kept.
    pub fn keeps_elements(&self) -> bool {
        self.firing.evicts
            || self.firing.evictor.is_some()
            || !matches!(self.function, WindowBody::Aggregation(_))
    }

    /// Its aggregation, if it has one.
    pub fn aggregation(&self) -> Option<&Aggregation> {
        match &self.function {
            WindowBody::Aggregation(aggregation) => Some(aggregation),
            _ => None,
        }
    }

    /// The sides it writes.
    pub fn sides(&self) -> Vec<NodeId> {
        let own: &[(Ident, NodeId)] = match &self.function {
            WindowBody::Process { sides, .. } => sides,
            _ => &[],
        };
        self.late.iter().copied().chain(own.iter().map(|(_, side)| *side)).collect()
    }

    /// The user's closures, as written.
    pub fn closures(&self) -> Vec<&Expr> {
        let mut closures: Vec<&Expr> = self.gap.iter().collect();
        if let Some(Trigger::Delta { f, .. }) = &self.firing.trigger {
            closures.push(f);
        }
        if let Some(Evictor::Delta { f, .. }) = &self.firing.evictor {
            closures.push(f);
        }
        match &self.function {
            WindowBody::Apply(f) => closures.push(f),
            WindowBody::Process { made, .. } => closures.push(made),
            WindowBody::Aggregation(_) => {}
        }
        closures
    }
}
