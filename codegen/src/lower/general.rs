//! Triggers, evictors, and functions over the elements of windows.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::visit::Visit;
use syn::{Expr, ExprCall};

use super::call::{innermost, literal_int, literal_millis};
use super::window::word_of;
use super::{Cursor, Lowering, Pending, PendingWindow, site_of};
use crate::ast::Call;
use crate::catalog::FiringWord;
use crate::diagnostic::Extent;
use crate::ir::{Aggregation, Evictor, Firing, GeneralOp, Op, Trigger, WindowBody};
use crate::messages as m;

/// Windows that time does not end.
const FOR_EVER: &[&str] = &["global_window", "tumbling_count", "sliding_count"];
/// Windows of time that never merge.
const ALIGNED: &[&str] = &["tumbling", "sliding"];
/// Windows that merge.
const SESSIONS: &[&str] = &["session", "dynamic_session"];

/// Whether an expression is a call of one of these: `count` for `trigger::count(3)`.
fn is_one_of(spec: &Expr, words: &[&str]) -> bool {
    word_of(spec).is_some_and(|word| words.contains(&word.as_str()))
}

impl PendingWindow {
    /// True if it is no window that time alone fires, and of which an accumulator is all that is kept.
    pub(super) fn is_general(&self) -> bool {
        let Firing { trigger, evictor, .. } = &self.firing;
        trigger.is_some() || evictor.is_some() || is_one_of(&self.spec, FOR_EVER)
    }
}

impl Lowering<'_> {
    /// `.trigger(..)` and its kin.
    pub(super) fn firing_word(&mut self, cursor: &mut Cursor, call: &Call, word: FiringWord) {
        let (name, span) = (call.name.to_string(), call.name.span());
        let args = &call.args;
        if !matches!(cursor.pending, Pending::Window(_)) {
            self.errors.report(&m::NEEDS_WINDOW, span, &name, &self.place);
            return args.iter().for_each(|arg| self.refuse(arg.to_token_stream()));
        }
        match word {
            FiringWord::DeltaTrigger | FiringWord::DeltaEvictor => self.check_captures(&args[1]),
            _ => {}
        }
        for arg in args {
            self.check_numbers(arg);
        }
        let Pending::Window(window) = &mut cursor.pending else { return };
        let site = site_of(call);
        window.site.text = format!("{}.{}", window.site.text, site.text);
        let firing = &mut window.firing;
        let is_duplicate = match word {
            FiringWord::Trigger => {
                firing.trigger.replace(Trigger::Value(args[0].clone())).is_some()
            }
            FiringWord::DeltaTrigger => {
                let (threshold, f) = (args[0].clone(), args[1].clone());
                let trigger = Trigger::Delta { threshold, f, purging: false };
                firing.trigger.replace(trigger).is_some()
            }
            FiringWord::Evictor => {
                firing.evictor.replace(Evictor::Value(args[0].clone())).is_some()
            }
            FiringWord::DeltaEvictor => {
                let (threshold, f) = (args[0].clone(), args[1].clone());
                firing.evictor.replace(Evictor::Delta { threshold, f }).is_some()
            }
            FiringWord::Purging => match &mut firing.trigger {
                Some(Trigger::Delta { purging, .. }) => std::mem::replace(purging, true),
                _ => {
                    self.errors.report(&m::PURGING_ALONE, span, "", &self.place);
                    false
                }
            },
        };
        if is_duplicate {
            self.errors.report(&m::DUPLICATE_MODIFIER, span, &name, &self.place);
        }
    }

    /// `trigger::count(0)`, `evictor::time(secs(0))`, wherever in a trigger they stand.
    fn check_numbers(&mut self, value: &Expr) {
        struct Finder {
            found: Vec<Expr>,
        }
        impl<'ast> Visit<'ast> for Finder {
            fn visit_expr_call(&mut self, call: &'ast ExprCall) {
                let whole = Expr::Call(call.clone());
                let is_known = is_one_of(&whole, &["count", "early", "time"]);
                let first = call.args.first();
                let number = first.and_then(|arg| literal_int(arg).or_else(|| literal_millis(arg)));
                if let (true, Some(first), Some(..=0)) = (is_known, first, number) {
                    self.found.push(first.clone());
                }
                syn::visit::visit_expr_call(self, call);
            }
        }
        let mut finder = Finder { found: Vec::new() };
        finder.visit_expr(value);
        for number in finder.found {
            self.errors.report(&m::EMPTY_COUNT, Extent::of(&number), "", &self.place);
        }
    }

    /// `tumbling_count(0)`; true if the window is one of a number of elements, or of all.
    pub(super) fn check_count_window(&mut self, spec: &Expr) -> bool {
        if !is_one_of(spec, FOR_EVER) {
            return false;
        }
        if let Expr::Call(call) = innermost(spec) {
            for number in call.args.iter().filter(|arg| literal_int(arg).is_some_and(|n| n <= 0)) {
                self.errors.report(&m::EMPTY_COUNT, Extent::of(&number), "", &self.place);
            }
        }
        true
    }

    /// `.offset(..)`, `.late_to(..)`: what windows that time does not end have no use for. True if it was refused.
    pub(super) fn check_timeless(&mut self, spec: &Expr, word: &Ident) -> bool {
        let is_timeless = is_one_of(spec, FOR_EVER);
        if is_timeless {
            let name = word.to_string();
            self.errors.report(&m::TIMELESS_OPTION, word.span(), &name, &self.place);
        }
        is_timeless
    }

    /// `.apply(|w, events, out| ..)`.
    pub(super) fn window_apply(&mut self, cursor: &mut Cursor, call: &Call) {
        self.check_captures(&call.args[0]);
        let function = WindowBody::Apply(call.args[0].clone());
        self.window_function(cursor, call, function);
    }

    /// `.process(value)` behind a window.
    pub(super) fn window_process(&mut self, cursor: &mut Cursor, call: &Call) {
        let made = call.args[0].clone();
        if let Expr::Closure(_) = made {
            self.errors.report(&m::WINDOW_PROCESS_CLOSURE, Extent::of(&made), "", &self.place);
            return self.window_function(cursor, call, WindowBody::Apply(made));
        }
        self.check_captures(&made);
        let mut sides = self.sides_in(&made);
        sides.dedup_by_key(|(_, side)| *side);
        self.window_function(cursor, call, WindowBody::Process { made, sides });
    }

    fn window_function(&mut self, cursor: &mut Cursor, call: &Call, function: WindowBody) {
        match std::mem::replace(&mut cursor.pending, Pending::None) {
            Pending::Window(window) => {
                self.check_gap(&window);
                self.general_window(cursor, call, *window, function);
            }
            other => {
                cursor.pending = other;
                let (name, span) = (call.name.to_string(), call.name.span());
                self.errors.report(&m::NEEDS_WINDOW, span, &name, &self.place);
            }
        }
    }

    /// A window with an aggregation that it needs its elements or its trigger for.
    pub(super) fn general_aggregation(
        &mut self,
        cursor: &mut Cursor,
        call: &Call,
        window: PendingWindow,
        kept: Aggregation,
    ) {
        self.check_kept(&window, &kept, call);
        self.general_window(cursor, call, window, WindowBody::Aggregation(kept));
    }

    fn general_window(
        &mut self,
        cursor: &mut Cursor,
        call: &Call,
        window: PendingWindow,
        function: WindowBody,
    ) {
        self.check_firing(&window);
        let PendingWindow { spec, options, gap, late, mut site, place, modifiers, mut firing } =
            window;
        site.text = format!("{}.{}", site.text, site_of(call).text);
        site.lines.1 = site_of(call).lines.1;
        firing.evicts = is_one_of(&spec, &["sliding_count"]) && firing.evictor.is_none();
        let op = GeneralOp { spec, options, gap, late, firing, function };
        let sides = op.sides();
        cursor.node = self.add(Op::GeneralWindow(Box::new(op)), vec![cursor.node], site);
        let node = &mut self.graph.nodes[cursor.node.0];
        (node.modifiers, node.place) = (modifiers, place);
        for side in sides {
            self.write_side(Some(side), cursor.node);
        }
    }

    /// A window that would never fire, or a trigger that does not fit it, as far as their words tell.
    fn check_firing(&mut self, window: &PendingWindow) {
        let (spec, place, span) = (&window.spec, &window.place, window.site.span);
        let is = |words: &[&str]| is_one_of(spec, words);
        match &window.firing.trigger {
            None if is(&["global_window"]) => {
                self.errors.report(&m::NEVER_FIRES, span, "", place);
            }
            Some(Trigger::Value(trigger)) => {
                let at = Extent::of(trigger);
                let inner = innermost_trigger(trigger);
                let ends = is(ALIGNED) || is(SESSIONS);
                if is_one_of(inner, &["end_of_stream"]) && ends {
                    self.errors.report(&m::ENDS_BEFORE, at, "", place);
                } else if is_one_of(inner, &["processing_time"]) && is(FOR_EVER) {
                    self.errors.report(&m::NO_END, at, "", place);
                }
            }
            Some(Trigger::Delta { threshold, .. }) if is(SESSIONS) => {
                self.errors.report(&m::DELTA_ON_SESSIONS, Extent::of(threshold), "", place);
            }
            _ => {}
        }
    }
}

/// The trigger inside `purging(..)`.
fn innermost_trigger(trigger: &Expr) -> &Expr {
    match innermost(trigger) {
        Expr::Call(call) if is_one_of(trigger, &["purging"]) => {
            call.args.first().map_or(trigger, innermost_trigger)
        }
        other => other,
    }
}
