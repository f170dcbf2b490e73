//! `a.connect(b).process(..)`: a process function of two inputs.

use proc_macro2::Span;

use super::{Cursor, Lowering, Pending, site_of, text_of};
use crate::ast::Call;
use crate::diagnostic::Extent;
use crate::ir::{NodeId, Op, ProcessInputs};
use crate::messages as m;

/// A `connect` whose function is still to come.
pub(super) struct PendingConnect {
    pub(super) other: NodeId,
    pub(super) inputs: ProcessInputs,
    pub(super) text: String,
    pub(super) span: Span,
    pub(super) place: String,
}

impl Lowering<'_> {
    /// `connect(other)`.
    pub(super) fn connect(&mut self, cursor: &mut Cursor, call: &Call) -> bool {
        let (place, arg) = (self.place.clone(), &call.args[0]);
        let other = match &call.stream {
            Some(chain) => match self.chain(chain) {
                Some(other) if !other.ended => {
                    if !self.check_pending(&other) {
                        return false;
                    }
                    Some(other.node)
                }
                Some(_) => None,
                None => return false,
            },
            None => None,
        };
        self.place = place;
        let inputs = other.and_then(|other| match &self.graph.node(other).op {
            Op::KeyBy { .. } => Some(ProcessInputs::Two),
            Op::BroadcastBy { .. } => Some(ProcessInputs::Rules),
            _ => None,
        });
        let (Some(other), Some(inputs)) = (other, inputs) else {
            let (span, text) = (Extent::of(arg), text_of(arg));
            self.errors.report(&m::CONNECT_OTHER, span, &text, &self.place);
            return false;
        };
        // A fragment's keyed parameter comes without an exchange of its own.
        if !matches!(self.graph.node(cursor.node).op, Op::KeyBy { .. }) {
            self.errors.report(&m::NEEDS_KEY, call.name.span(), "connect", &self.place);
            self.graph.refused.insert(other);
            return false;
        }
        cursor.pending = Pending::Connect(PendingConnect {
            other,
            inputs,
            text: site_of(call).text,
            span: call.name.span(),
            place: self.place.clone(),
        });
        true
    }

    /// `broadcast_by(|rule| ..)`.
    pub(super) fn broadcast_by(&mut self, cursor: &mut Cursor, call: &Call) {
        self.check_captures(&call.args[0]);
        self.push(cursor, call, Op::BroadcastBy { f: call.args[0].clone() });
    }
}
