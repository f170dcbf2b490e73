//! `a.join(b).on(..)` and its bound: several words that form one operator.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, Ident, RangeLimits};

use super::call::{is_float, literal_millis};
use super::{Cursor, Lowering, Pending, site_of, text_of};
use crate::ast::Call;
use crate::catalog::{self, JoinKind, Kind, Operator};
use crate::diagnostic::Extent;
use crate::ir::{Join, JoinBound, Modifiers, NodeId, Op, Site};
use crate::messages as m;

/// A join that is not complete.
pub(super) struct PendingJoin {
    kind: JoinKind,
    other: NodeId,
    /// What `on` adds: both sides by key.
    keyed: Option<[NodeId; 2]>,
    /// The window of `co_group`, whose function is still to come.
    window: Option<(Expr, Vec<(Ident, Expr)>)>,
    late: [Option<NodeId>; 2],
    sides: [Span; 2],
    site: Site,
    place: String,
    pub(super) modifiers: Modifiers,
}

/// The operator of a word that means something else behind what is pending.
pub(super) fn word_behind(pending: &Pending, call: &Call) -> Option<&'static Operator> {
    match pending {
        Pending::Join(join) if join.kind == JoinKind::CoGroup && call.name == "apply" => {
            Some(&catalog::APPLY_GROUPS)
        }
        _ => None,
    }
}

impl Lowering<'_> {
    /// `join(other)`.
    pub(super) fn join(&mut self, cursor: &mut Cursor, call: &Call, kind: JoinKind) -> bool {
        let (place, arg) = (self.place.clone(), &call.args[0]);
        let other = match &call.stream {
            Some(chain) => match self.chain(chain) {
                Some(other) => (!other.ended).then_some(other),
                None => return false,
            },
            None => None,
        };
        self.place = place;
        let Some(other) = other else {
            let span = Extent::of(arg);
            self.errors.report(&m::JOIN_NOT_A_STREAM, span, &text_of(arg), &self.place);
            return false;
        };
        if !self.check_pending(&other) {
            return false;
        }
        cursor.pending = Pending::Join(Box::new(PendingJoin {
            kind,
            other: other.node,
            keyed: None,
            window: None,
            late: [None, None],
            sides: [self.graph.node(cursor.node).site.span, arg.span()],
            site: site_of(call),
            place: self.place.clone(),
            modifiers: Modifiers::default(),
        }));
        true
    }

    /// `on(left, right)`: each side gets an exchange by its key.
    pub(super) fn join_keys(&mut self, cursor: &mut Cursor, call: &Call) -> bool {
        let Pending::Join(join) = &mut cursor.pending else {
            return self.not_a_join(call);
        };
        let inputs = [cursor.node, join.other];
        let keyed = [0, 1].map(|side| {
            let f = &call.args[side];
            if let Expr::Closure(closure) = f
                && is_float(&closure.body)
            {
                self.errors.report(&m::FLOAT_KEY, Extent::of(&closure.body), "", &self.place);
            }
            self.check_captures(f);
            let mut site = site_of(call);
            site.kind = "on".to_owned();
            site.text = format!("on({})", text_of(f));
            site.word = super::closure_word(f).map(|word| word.to_string());
            self.add(Op::KeyBy { f: Some(f.clone()) }, vec![inputs[side]], site)
        });
        join.keyed = Some(keyed);
        extend(&mut join.site, call);
        true
    }

    /// `window(..)` of a join.
    pub(super) fn join_window(&mut self, cursor: &mut Cursor, call: &Call) -> bool {
        let spec = call.args[0].clone();
        if !self.check_window(&spec) {
            return false;
        }
        let Pending::Join(join) = &mut cursor.pending else { return false };
        if join.kind == JoinKind::CoGroup {
            join.window = Some((spec, Vec::new()));
            extend(&mut join.site, call);
            return true;
        }
        let bound = JoinBound::Window { spec, options: Vec::new() };
        self.complete_join(cursor, call, bound, None)
    }

    /// `within(..)`, `as_of()`.
    pub(super) fn join_by_time(&mut self, cursor: &mut Cursor, call: &Call, kind: Kind) -> bool {
        if !matches!(cursor.pending, Pending::Join(_)) {
            return self.not_a_join(call);
        }
        let span = call.name.span();
        let bound = match kind {
            Kind::Within => {
                self.check_interval(&call.args[0]);
                JoinBound::Within { range: call.args[0].clone(), span }
            }
            _ => JoinBound::AsOf { span },
        };
        self.complete_join(cursor, call, bound, None)
    }

    /// Both ends are there, and something lies between them.
    fn check_interval(&mut self, interval: &Expr) {
        let mut range = interval;
        while let Expr::Paren(inner) = range {
            range = &inner.expr;
        }
        let Expr::Range(range) = range else { return };
        let (Some(start), Some(end)) = (&range.start, &range.end) else {
            let span = Extent::of(interval);
            return self.errors.report(&m::JOIN_INTERVAL_END, span, "", &self.place);
        };
        let (Some(start), Some(end)) = (literal_millis(start), literal_millis(end)) else { return };
        let is_empty = match range.limits {
            RangeLimits::HalfOpen(_) => start >= end,
            RangeLimits::Closed(_) => start > end,
        };
        if is_empty {
            self.errors.report(&m::JOIN_INTERVAL, Extent::of(interval), "", &self.place);
        }
    }

    /// `apply(..)` of `co_group`.
    pub(super) fn apply_groups(&mut self, cursor: &mut Cursor, call: &Call) -> bool {
        let Pending::Join(join) = &mut cursor.pending else { return false };
        let Some((spec, options)) = join.window.take() else { return false };
        self.check_captures(&call.args[0]);
        let bound = JoinBound::Window { spec, options };
        self.complete_join(cursor, call, bound, Some(call.args[0].clone()))
    }

    fn complete_join(
        &mut self,
        cursor: &mut Cursor,
        call: &Call,
        bound: JoinBound,
        groups: Option<Expr>,
    ) -> bool {
        let pending = std::mem::replace(&mut cursor.pending, Pending::None);
        let Pending::Join(mut join) = pending else { return false };
        let Some(keyed) = join.keyed else { return false };
        extend(&mut join.site, call);
        let PendingJoin { kind, late, sides, site, place, modifiers, .. } = *join;
        let op = Op::Join(Join { kind, bound, late, groups, sides });
        cursor.node = self.add(op, keyed.to_vec(), site);
        let node = &mut self.graph.nodes[cursor.node.0];
        node.modifiers = modifiers;
        node.place = place;
        late.into_iter().for_each(|side| self.write_side(side, cursor.node));
        true
    }

    /// True behind a window's join, or in the middle of a `co_group`.
    pub(super) fn is_join_window(&self, cursor: &Cursor) -> bool {
        match &cursor.pending {
            Pending::Join(join) => join.window.is_some(),
            Pending::None => matches!(
                &self.graph.node(cursor.node).op,
                Op::Join(Join { bound: JoinBound::Window { .. }, .. })
            ),
            _ => false,
        }
    }

    /// `offset(..)`, `allowed_lateness(..)` of a join's window.
    pub(super) fn join_option(&mut self, cursor: &mut Cursor, call: &Call) {
        let (word, span) = (call.name.to_string(), call.name.span());
        let value = literal_millis(&call.args[0]);
        if word == "allowed_lateness" && value.is_some_and(|millis| millis < 0) {
            self.errors.report(&m::NEGATIVE_LATENESS, Extent::of(&call.args[0]), "", &self.place);
        }
        let options = match &mut cursor.pending {
            Pending::Join(join) => join.window.as_mut().map(|(_, options)| options),
            _ => match &mut self.graph.nodes[cursor.node.0].op {
                Op::Join(Join { bound: JoinBound::Window { options, .. }, .. }) => Some(options),
                _ => None,
            },
        };
        let Some(options) = options else { return };
        if options.iter().any(|(name, _)| *name == call.name) {
            return self.errors.report(&m::DUPLICATE_MODIFIER, span, &word, &self.place);
        }
        options.push((call.name.clone(), call.args[0].clone()));
    }

    /// `late_left_to(side)`, `late_right_to(side)`.
    pub(super) fn join_late(&mut self, cursor: &mut Cursor, call: &Call, side: usize) -> bool {
        let to = self.side_argument(&call.args[0]);
        let (node, named) = (cursor.node, cursor.named && cursor.count == 1);
        let (late, writer) = match &mut cursor.pending {
            Pending::Join(join) => (&mut join.late[side], None),
            _ => match &mut self.graph.nodes[node.0].op {
                Op::Join(join) if !named => (&mut join.late[side], Some(node)),
                _ => {
                    self.graph.refused.extend(to);
                    return self.not_a_join(call);
                }
            },
        };
        if late.is_some() {
            let (word, span) = (call.name.to_string(), call.name.span());
            self.errors.report(&m::DUPLICATE_MODIFIER, span, &word, &self.place);
            self.graph.refused.extend(to);
            return true;
        }
        *late = to;
        if let Some(writer) = writer {
            self.write_side(to, writer);
        }
        true
    }

    /// Whether a word may follow a join that is not complete; if not, that is reported.
    pub(super) fn check_join_word(&mut self, join: &PendingJoin, kind: Kind, node: NodeId) -> bool {
        let follows = match (&join.keyed, &join.window) {
            (None, _) => matches!(kind, Kind::On | Kind::Modifier),
            (Some(_), None) => match kind {
                Kind::Window | Kind::LateSide(_) | Kind::Modifier => true,
                Kind::Within | Kind::AsOf => join.kind != JoinKind::CoGroup,
                _ => false,
            },
            (Some(_), Some(_)) => matches!(
                kind,
                Kind::WindowOption | Kind::LateSide(_) | Kind::ApplyGroups | Kind::Modifier
            ),
        };
        follows || self.incomplete_join(join, node)
    }

    /// Reports what is missing; always false.
    pub(super) fn incomplete_join(&mut self, join: &PendingJoin, node: NodeId) -> bool {
        let (word, span, place) = (&join.site.kind, join.site.span, &join.place);
        match (&join.keyed, join.kind, &join.window) {
            (None, ..) => self.errors.report(&m::JOIN_NEEDS_ON, span, word, place),
            (_, JoinKind::CoGroup, None) => {
                self.errors.report(&m::GROUPS_WINDOW, span, "a window", place);
            }
            (_, JoinKind::CoGroup, _) => {
                self.errors.report(&m::GROUPS_WINDOW, span, "a function", place);
            }
            _ => self.errors.report(&m::JOIN_NEEDS_BOUND, span, word, place),
        }
        self.graph.refused.extend([node, join.other]);
        self.graph.refused.extend(join.late.into_iter().flatten());
        false
    }

    /// A join's word that stands elsewhere; always false.
    fn not_a_join(&mut self, call: &Call) -> bool {
        let (word, span) = (call.name.to_string(), call.name.span());
        self.errors.report(&m::JOIN_WORD, span, &word, &self.place);
        call.args.iter().for_each(|arg| self.refuse(arg.to_token_stream()));
        false
    }
}

/// A further word of the same operator.
fn extend(site: &mut Site, call: &Call) {
    let more = site_of(call);
    site.text = format!("{}.{}", site.text, more.text);
    site.lines.1 = more.lines.1;
}
