//! What completes `event_time`.

use syn::{Expr, parse_quote};

use super::call::{innermost, literal_millis};
use super::{Cursor, Lowering, Pending};
use crate::ast::Call;
use crate::catalog::Kind;
use crate::diagnostic::Extent;
use crate::ir::Op;
use crate::messages as m;

impl Lowering<'_> {
    pub(super) fn watermarks(&mut self, cursor: &mut Cursor, call: &Call, kind: Kind) -> bool {
        let pending = std::mem::replace(&mut cursor.pending, Pending::None);
        let Pending::EventTime { f, site, .. } = pending else {
            let word = call.name.to_string();
            self.errors.report(&m::WATERMARKS_ALONE, call.name.span(), &word, &self.place);
            return false;
        };
        if kind == Kind::Punctuated {
            self.check_captures(&call.args[0]);
            let strategy = parse_quote!(::thalweg::__private::punctuated());
            let punctuated = Some(call.args[0].clone());
            let op = Op::EventTime { f, strategy, punctuated };
            cursor.node = self.add(op, vec![cursor.node], site);
            return true;
        }
        let strategy = call.args[0].clone();
        if strategy_bound_is_negative(&strategy) {
            self.errors.report(&m::NEGATIVE_BOUND, Extent::of(&strategy), "", &self.place);
        }
        cursor.node =
            self.add(Op::EventTime { f, strategy, punctuated: None }, vec![cursor.node], site);
        true
    }
}

fn strategy_bound_is_negative(strategy: &Expr) -> bool {
    match innermost(strategy) {
        Expr::Call(call) => {
            call.args.first().and_then(literal_millis).is_some_and(|millis| millis < 0)
        }
        _ => false,
    }
}
