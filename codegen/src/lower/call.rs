//! One method call of a chain: checked against the catalogue, appended to the graph.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Ident, Lit};

use super::{Cursor, Lowering, Pending, PendingWindow, site_of, text_of};
use crate::ast::Call;
use crate::catalog::{self, AggregateKind, Arg, Kind, Operator};
use crate::diagnostic::{Extent, nearest};
use crate::ir::{AggregateCall, AggregateResult, Aggregation, AsyncMap, OnError, Op, Stateless};
use crate::messages as m;

impl Lowering<'_> {
    /// Applies a call; false if the chain cannot be followed any further.
    pub(super) fn call(&mut self, cursor: &mut Cursor, call: &Call) -> bool {
        if cursor.ended {
            self.errors.report(&m::AFTER_SINK, call.name.span(), "", &self.place);
            return false;
        }
        let Some(operator) = self.check_form_behind(cursor, call) else { return false };
        if !self.apply(cursor, call, operator) {
            return false;
        }
        cursor.count += 1;
        cursor.last = call.name.to_string();
        true
    }

    /// What can be said of a call wherever it stands: that there is such an operator, and that it takes such arguments.
    fn check_form(&mut self, call: &Call) -> Option<&'static Operator> {
        let name = call.name.to_string();
        let Some(operator) = catalog::find(&name) else {
            self.unknown_operator(call);
            return None;
        };
        self.check_args(operator, &call.name, &call.args).then_some(operator)
    }

    /// The same behind what is pending, which may know words of its own.
    fn check_form_behind(&mut self, cursor: &Cursor, call: &Call) -> Option<&'static Operator> {
        match super::join::word_behind(&cursor.pending, call) {
            Some(own) => self.check_args(own, &call.name, &call.args).then_some(own),
            None => self.check_form(call),
        }
    }

    /// Calls behind one that was refused: what they read is not known, so only their form is checked.
    pub(super) fn check_forms(&mut self, calls: &[Call]) {
        self.place.clear();
        for call in calls {
            call.args.iter().for_each(|arg| self.refuse(arg.to_token_stream()));
            let Some(operator) = self.check_form(call) else { continue };
            match operator.kind {
                Kind::Window | Kind::WindowAll => drop(self.check_window(&call.args[0])),
                Kind::AggregateExpression => {
                    drop(self.aggregate_expression(&call.args[0], true, call.name.span()));
                }
                _ => {}
            }
        }
    }

    fn apply(&mut self, cursor: &mut Cursor, call: &Call, operator: &Operator) -> bool {
        let kind = operator.kind;
        if !self.check_pending_call(cursor, kind) {
            return false;
        }
        let arg = |index: usize| call.args[index].clone();
        match kind {
            Kind::Stateless(kind) => self.stateless(cursor, call, kind, None),
            Kind::Fallible(kind) => self.stateless(cursor, call, kind, Some(OnError::Fail)),
            Kind::Owned => cursor.pending = Pending::Owned { span: call.name.span() },
            Kind::Partition => {
                self.check_captures(&call.args[0]);
                self.push(cursor, call, Op::Partition { f: arg(0) });
            }
            Kind::Union => return self.union(cursor, call),
            Kind::KeyBy => self.key_by(cursor, call),
            Kind::Exchange(kind) => self.push(cursor, call, Op::Exchange(kind)),
            Kind::PartitionBy => {
                self.check_captures(&call.args[0]);
                self.push(cursor, call, Op::PartitionBy { f: arg(0) });
            }
            Kind::EventTime => {
                self.check_captures(&call.args[0]);
                let (mut site, place) = (site_of(call), self.place.clone());
                site.word = super::closure_word(&call.args[0]).map(|word| word.to_string());
                cursor.pending = Pending::EventTime { f: arg(0), site, place };
            }
            Kind::Watermarks | Kind::Punctuated => return self.watermarks(cursor, call, kind),
            Kind::ProcessingTime => self.push(cursor, call, Op::ProcessingTime),
            Kind::Window if matches!(cursor.pending, Pending::Join(_)) => {
                return self.join_window(cursor, call);
            }
            Kind::Window | Kind::WindowAll => return self.window(cursor, call, kind),
            Kind::WindowOption if self.is_join_window(cursor) => self.join_option(cursor, call),
            Kind::WindowOption | Kind::LateTo => self.window_option(cursor, call, kind),
            Kind::Gap => self.gap(cursor, call),
            Kind::Aggregate(_) | Kind::AggregateExpression | Kind::Reduce | Kind::Fold => {
                return self.aggregation(cursor, call, kind);
            }
            Kind::AsyncMap => self.async_map(cursor, call),
            Kind::AsyncOption => self.async_option(cursor, call),
            Kind::Firing(word) => self.firing_word(cursor, call, word),
            Kind::Apply => self.window_apply(cursor, call),
            Kind::Process if matches!(cursor.pending, Pending::Window(_)) => {
                self.window_process(cursor, call);
            }
            Kind::Process
            | Kind::ProcessHook(_)
            | Kind::Dedup
            | Kind::Connect
            | Kind::BroadcastBy => return self.process_word(cursor, call, kind),
            Kind::ErrorsTo | Kind::OrSkip => self.error_word(cursor, call),
            Kind::Modifier => self.modifier(cursor, call),
            Kind::Join(kind) => return self.join(cursor, call, kind),
            Kind::On => return self.join_keys(cursor, call),
            Kind::Within | Kind::AsOf => return self.join_by_time(cursor, call, kind),
            Kind::LateSide(side) => return self.join_late(cursor, call, side),
            Kind::ApplyGroups => return self.apply_groups(cursor, call),
            Kind::Sink => {
                let (expr, rejects) = self.builder_words(&call.args[0]);
                self.push(cursor, call, Op::Sink { expr, rejects });
                self.write_side(rejects, cursor.node);
                cursor.ended = true;
            }
        }
        true
    }

    /// An aggregate of a window, or a running one.
    fn aggregation(&mut self, cursor: &mut Cursor, call: &Call, kind: Kind) -> bool {
        let kept = match kind {
            Kind::Aggregate(kind) => self.short_aggregate(call, kind),
            Kind::AggregateExpression => {
                let windowed = matches!(cursor.pending, Pending::Window(_));
                let span = call.name.span();
                let Some(kept) = self.aggregate_expression(&call.args[0], windowed, span) else {
                    return false;
                };
                self.check_captures(&call.args[0]);
                kept
            }
            Kind::Fold => {
                self.check_captures(&call.args[1]);
                Aggregation::Fold { init: call.args[0].clone(), f: call.args[1].clone() }
            }
            _ => {
                self.check_captures(&call.args[0]);
                Aggregation::Reduce(call.args[0].clone())
            }
        };
        self.keyed_operator(cursor, call, kept);
        true
    }

    fn stateless(
        &mut self,
        cursor: &mut Cursor,
        call: &Call,
        kind: Stateless,
        fallible: Option<OnError>,
    ) {
        self.check_captures(&call.args[0]);
        let owned = matches!(cursor.pending, Pending::Owned { .. });
        self.push(cursor, call, Op::Stateless { kind, f: call.args[0].clone(), owned, fallible });
    }

    /// Whether the call may follow what is pending. Where that is sure to be meant, the mistake is mended, so that the
    /// chain can be followed further.
    fn check_pending_call(&mut self, cursor: &mut Cursor, kind: Kind) -> bool {
        match (&cursor.pending, kind) {
            (Pending::None, _)
            | (Pending::EventTime { .. }, Kind::Watermarks | Kind::Punctuated)
            | (
                Pending::Window(_),
                Kind::WindowOption
                | Kind::LateTo
                | Kind::Firing(_)
                | Kind::Apply
                | Kind::Process
                | Kind::Gap
                | Kind::Aggregate(_)
                | Kind::AggregateExpression
                | Kind::Reduce
                | Kind::Fold
                | Kind::Modifier,
            ) => true,
            (
                Pending::Owned { .. },
                Kind::Stateless(Stateless::Map | Stateless::FilterMap | Stateless::FlatMap)
                | Kind::Fallible(_),
            ) => true,
            (Pending::Connect(_), Kind::Process) => true,
            (Pending::Connect(connect), _) => {
                self.errors.report(&m::CONNECT_ALONE, connect.span, "", &connect.place);
                false
            }
            (Pending::Join(join), _) => self.check_join_word(join, kind, cursor.node),
            (Pending::EventTime { f, site, place }, _) => {
                self.errors.report(&m::NEEDS_WATERMARKS, site.span, "", place);
                let op = Op::EventTime { f: f.clone(), strategy: f.clone(), punctuated: None };
                cursor.node = self.add(op, vec![cursor.node], site.clone());
                cursor.pending = Pending::None;
                true
            }
            (Pending::Window(window), _) => {
                let (span, place) = (window.site.span, &window.place);
                self.errors.report(&m::INCOMPLETE_WINDOW, span, "", place);
                false
            }
            (Pending::Owned { span }, _) => {
                self.errors.report(&m::OWNED_MISPLACED, *span, "", &self.place);
                cursor.pending = Pending::None;
                true
            }
        }
    }

    /// Appends an operator that reads the cursor.
    pub(super) fn push(&mut self, cursor: &mut Cursor, call: &Call, op: Op) {
        let mut site = site_of(call);
        site.word = call.args.first().and_then(super::closure_word).map(|word| word.to_string());
        cursor.node = self.add(op, vec![cursor.node], site);
        cursor.pending = Pending::None;
    }

    fn union(&mut self, cursor: &mut Cursor, call: &Call) -> bool {
        let place = self.place.clone();
        let Some(chain) = &call.stream else {
            let span = Extent::of(&call.args[0]);
            self.errors.report(&m::NOT_A_STREAM, span, &text_of(&call.args[0]), &place);
            return false;
        };
        let Some(other) = self.chain(chain) else { return false };
        self.place = place;
        if other.ended {
            let span = Extent::of(&call.args[0]);
            self.errors.report(&m::NOT_A_STREAM, span, &text_of(&call.args[0]), &self.place);
            return false;
        }
        if !self.check_pending(&other) {
            return false;
        }
        self.push(cursor, call, Op::Union);
        self.graph.nodes[cursor.node.0].inputs.push(other.node);
        true
    }

    fn key_by(&mut self, cursor: &mut Cursor, call: &Call) {
        if let Expr::Closure(closure) = &call.args[0]
            && is_float(&closure.body)
        {
            self.errors.report(&m::FLOAT_KEY, Extent::of(&closure.body), "", &self.place);
        }
        self.check_captures(&call.args[0]);
        self.push(cursor, call, Op::KeyBy { f: Some(call.args[0].clone()) });
    }

    pub(super) fn is_keyed(&self, cursor: &Cursor) -> bool {
        self.graph.node(cursor.node).op.is_keyed()
    }

    fn short_aggregate(&mut self, call: &Call, kind: AggregateKind) -> Aggregation {
        let mut args = call.args.iter().cloned();
        let arg = if call.args.len() == 2 { args.next() } else { None };
        let f = args.next();
        f.iter().for_each(|f| self.check_captures(f));
        let call_of = AggregateCall { kind, arg, f, span: call.name.span() };
        Aggregation::Calls { calls: vec![call_of], result: AggregateResult::Short }
    }

    /// A window's or a keyed stream's aggregate.
    fn keyed_operator(&mut self, cursor: &mut Cursor, call: &Call, kept: Aggregation) {
        match std::mem::replace(&mut cursor.pending, Pending::None) {
            Pending::Window(window) if window.is_general() => {
                self.general_aggregation(cursor, call, *window, kept);
            }
            Pending::Window(window) => {
                self.check_kept(&window, &kept, call);
                let PendingWindow { spec, options, gap, late, mut site, place, modifiers, .. } =
                    *window;
                site.text = format!("{}.{}", site.text, site_of(call).text);
                site.lines.1 = site_of(call).lines.1;
                let op = Op::Window { spec, options, gap, late, aggregation: kept };
                cursor.node = self.add(op, vec![cursor.node], site);
                let node = &mut self.graph.nodes[cursor.node.0];
                node.modifiers = modifiers;
                node.place = place;
                self.write_side(late, cursor.node);
            }
            _ => {
                if !self.is_keyed(cursor) {
                    let (name, span) = (call.name.to_string(), call.name.span());
                    self.errors.report(&m::NEEDS_KEY, span, &name, &self.place);
                }
                self.push(cursor, call, Op::Running { aggregation: kept });
            }
        }
    }

    fn error_word(&mut self, cursor: &mut Cursor, call: &Call) {
        let (word, span) = (call.name.to_string(), call.name.span());
        let side = match call.args.first() {
            Some(arg) => self.side_argument(arg),
            None => None,
        };
        let on_error = side.map_or(OnError::Skip, OnError::Side);
        match &mut self.graph.nodes[cursor.node.0].op {
            Op::Stateless { fallible: Some(policy), .. }
            | Op::AsyncMap(AsyncMap { on_error: policy, .. })
                if *policy == OnError::Fail =>
            {
                *policy = on_error;
                self.write_side(side, cursor.node);
            }
            Op::Stateless { fallible: Some(_), .. } | Op::AsyncMap(_) => {
                self.errors.report(&m::TWO_ERROR_WORDS, span, "", &self.place);
                self.graph.refused.extend(side);
            }
            _ => {
                self.errors.report(&m::NOTHING_FAILS, span, &word, &self.place);
                self.graph.refused.extend(side);
            }
        }
    }

    fn unknown_operator(&mut self, call: &Call) {
        let name = call.name.to_string();
        let help = match nearest(&name, catalog::OPERATORS.iter().map(|known| known.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the operators are methods of `thalweg::stream::Stream`".to_owned(),
        };
        let (span, place) = (call.name.span(), &self.place);
        self.errors.report_with_help(&m::UNKNOWN_OPERATOR, span, &name, place, &help);
    }

    /// Tasks run in parallel, each with its own copy of what a closure captures: none can be written to, and all have to
    /// be there whether or not a branch is taken.
    pub(super) fn check_captures(&mut self, f: &Expr) {
        for word in super::captures::written(f, &self.graph.variables) {
            let name = word.to_string();
            self.errors.report(&m::BORROWED_MUT, word.span(), &name, &self.place);
        }
        for word in super::captures::mentioned(f, &self.branch_variables) {
            let name = word.to_string();
            self.errors.report(&m::BRANCH_CAPTURE, word.span(), &name, &self.place);
        }
    }

    /// Checks number and form of arguments.
    pub(super) fn check_args(&mut self, operator: &Operator, word: &Ident, args: &[Expr]) -> bool {
        if args.len() != operator.args.len() {
            let name = operator.name;
            let what = match (operator.args.len(), args.len()) {
                (0, _) => format!("`{name}` takes no argument"),
                (1, 0) => format!("`{name}` takes an argument"),
                (1, n) => format!("`{name}` takes one argument, not {n}"),
                (want, n) => format!("`{name}` takes {want} arguments, not {n}"),
            };
            let help = format!("write `{}`", operator.usage);
            let place = &self.place;
            self.errors.report_with_help(&m::WRONG_ARITY, word.span(), &what, place, &help);
            return false;
        }
        operator.args.iter().zip(args).all(|(want, arg)| match want {
            Arg::Closure(parameters) => self.check_closure(operator, *parameters, arg),
            Arg::Value | Arg::Stream | Arg::Side => true,
        })
    }

    fn check_closure(&mut self, operator: &Operator, parameters: usize, arg: &Expr) -> bool {
        let (name, place) = (operator.name, &self.place);
        match arg {
            Expr::Closure(closure) if closure.inputs.len() == parameters => true,
            Expr::Closure(closure) => {
                let what = format!(
                    "`{name}` takes a closure with {parameters} parameter{}, this one has {}",
                    if parameters == 1 { "" } else { "s" },
                    closure.inputs.len()
                );
                let help = format!("write `{}`", operator.usage);
                let span = closure.inputs_begin.span();
                self.errors.report_with_help(&m::CLOSURE_ARITY, span, &what, place, &help);
                false
            }
            Expr::Lit(_) | Expr::Binary(_) | Expr::Tuple(_) | Expr::Array(_) => {
                self.errors.report(&m::NEEDS_CLOSURE, Extent::of(&arg), name, place);
                false
            }
            _ => true,
        }
    }

    /// `in operator 3 of pipeline `x`, after `filter``.
    pub(super) fn place(&self, cursor: &Cursor) -> String {
        format!("in operator {} of {}, after `{}`", cursor.count + 1, self.whole, cursor.last)
    }

    fn modifier(&mut self, cursor: &mut Cursor, call: &Call) {
        let value = call.args[0].clone();
        let (word, span) = (call.name.to_string(), call.name.span());
        // A name for a stream is not an operator: what would be modified stands elsewhere.
        if cursor.named && cursor.count == 1 {
            self.errors.report(&m::MISPLACED_MODIFIER, span, &word, &self.place);
            return;
        }
        let uid = if word == "uid" { self.uid(&value) } else { None };
        if word == "ttl" {
            self.check_ttl(cursor, &value);
        }
        let is_zero = word == "parallelism" && literal_int(&value).is_some_and(|n| n <= 0);
        if is_zero {
            self.errors.report(&m::PARALLELISM_ZERO, Extent::of(&value), "", &self.place);
        }
        let modifiers = match &mut cursor.pending {
            Pending::Window(window) => &mut window.modifiers,
            Pending::Join(join) => &mut join.modifiers,
            _ => &mut self.graph.nodes[cursor.node.0].modifiers,
        };
        let duplicate = match word.as_str() {
            "uid" => std::mem::replace(&mut modifiers.uid, uid).is_some(),
            "name" => modifiers.name.replace(value).is_some(),
            "ttl" => modifiers.ttl.replace((value, span)).is_some(),
            "parallelism" => modifiers.parallelism.replace(value).is_some(),
            _ => modifiers.buffer_timeout.replace(value).is_some(),
        };
        if duplicate {
            self.errors.report(&m::DUPLICATE_MODIFIER, span, &word, &self.place);
        }
    }

    fn uid(&mut self, value: &Expr) -> Option<(String, Span)> {
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = value else {
            self.errors.report(&m::UID_LITERAL, Extent::of(&value), &text_of(value), &self.place);
            return None;
        };
        let uid = text.value();
        let legal = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if uid.is_empty() || uid.len() > 64 || !uid.chars().all(legal) {
            self.errors.report(&m::UID_CHARACTERS, Extent::of(&value), "", &self.place);
            return None;
        }
        Some((uid, value.span()))
    }
}

/// The call a builder chain starts with: `tumbling(..)` of `tumbling(..).offset(..)`.
pub(super) fn innermost(expr: &Expr) -> &Expr {
    match expr {
        Expr::MethodCall(call) => innermost(&call.receiver),
        Expr::Paren(inner) => innermost(&inner.expr),
        // What a macro_rules macro was given as an `expr`.
        Expr::Group(inner) => innermost(&inner.expr),
        other => other,
    }
}

pub(super) fn literal_int(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => int.base10_parse().ok(),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => {
            literal_int(&unary.expr).map(|value| -value)
        }
        Expr::Paren(inner) => literal_int(&inner.expr),
        _ => None,
    }
}

/// `mins(5)`, `-secs(1)`: milliseconds, where literal.
pub(super) fn literal_millis(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return None };
            let unit = match path.path.segments.last()?.ident.to_string().as_str() {
                "millis" => 1,
                "secs" => 1_000,
                "mins" => 60_000,
                "hours" => 3_600_000,
                "days" => 86_400_000,
                _ => return None,
            };
            literal_int(call.args.first()?)?.checked_mul(unit)
        }
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => {
            literal_millis(&unary.expr).map(|millis| -millis)
        }
        Expr::Paren(inner) => literal_millis(&inner.expr),
        _ => None,
    }
}

/// A body that is a float literal or ends in `as f64`.
pub(super) fn is_float(body: &Expr) -> bool {
    match body {
        Expr::Lit(ExprLit { lit: Lit::Float(_), .. }) => true,
        Expr::Cast(cast) => {
            matches!(&*cast.ty, syn::Type::Path(path)
                if path.path.is_ident("f64") || path.path.is_ident("f32"))
        }
        Expr::Paren(inner) => is_float(&inner.expr),
        _ => false,
    }
}
