//! One method call of a chain: checked against the catalogue, appended to the graph.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Ident, Lit};

use super::{Cursor, Lowering, Pending, PendingWindow, site_of, text_of};
use crate::ast::Call;
use crate::catalog::{self, AggregateKind, Arg, Kind, Operator};
use crate::diagnostic::nearest;
use crate::ir::{AggregateCall, AggregateResult, Aggregation, NodeId, OnError, Op};
use crate::messages as m;

impl Lowering<'_> {
    /// Applies a call; false if the chain cannot be followed any further.
    pub(super) fn call(&mut self, cursor: &mut Cursor, call: &Call) -> bool {
        if cursor.ended {
            self.errors.report(&m::AFTER_SINK, call.name.span(), "", "");
            return false;
        }
        let name = call.name.to_string();
        let Some(operator) = catalog::find(&name) else {
            self.unknown_operator(cursor, call);
            return false;
        };
        let place = self.place(cursor);
        if operator.kind == Kind::Later {
            self.errors.report(&m::NEXT_VERSION, call.name.span(), &name, &place);
            return false;
        }
        if !self.check_args(operator, &call.name, &call.args) {
            return false;
        }
        cursor.count += 1;
        let applied = self.apply(cursor, call, operator);
        cursor.last = name;
        applied
    }

    fn apply(&mut self, cursor: &mut Cursor, call: &Call, operator: &Operator) -> bool {
        let kind = operator.kind;
        if !self.check_pending_call(cursor, call, kind) {
            return false;
        }
        match kind {
            Kind::Stateless(kind) => {
                let owned = matches!(cursor.pending, Pending::Owned);
                self.push(
                    cursor,
                    call,
                    Op::Stateless { kind, f: call.args[0].clone(), owned, fallible: None },
                )
            }
            Kind::Fallible(kind) => {
                let owned = matches!(cursor.pending, Pending::Owned);
                let fallible = Some(OnError::Fail);
                self.push(
                    cursor,
                    call,
                    Op::Stateless { kind, f: call.args[0].clone(), owned, fallible },
                )
            }
            Kind::Owned => cursor.pending = Pending::Owned,
            Kind::Partition => self.push(cursor, call, Op::Partition { f: call.args[0].clone() }),
            Kind::Union => return self.union(cursor, call),
            Kind::KeyBy => return self.key_by(cursor, call),
            Kind::Exchange(kind) => self.push(cursor, call, Op::Exchange(kind)),
            Kind::EventTime => {
                cursor.pending =
                    Pending::EventTime { f: call.args[0].clone(), site: site_of(call) };
            }
            Kind::Watermarks => return self.watermarks(cursor, call),
            Kind::ProcessingTime => self.push(cursor, call, Op::ProcessingTime),
            Kind::Window | Kind::WindowAll => return self.window(cursor, call, kind),
            Kind::WindowOption | Kind::LateTo => return self.window_option(cursor, call, kind),
            Kind::Aggregate(kind) => return self.short_aggregate(cursor, call, kind),
            Kind::AggregateExpression => {
                let windowed = matches!(cursor.pending, Pending::Window(_));
                let aggregation =
                    self.aggregate_expression(&call.args[0], windowed, call.name.span());
                return aggregation.is_some_and(|kept| self.keyed_operator(cursor, call, kept));
            }
            Kind::Reduce => {
                return self.keyed_operator(
                    cursor,
                    call,
                    Aggregation::Reduce(call.args[0].clone()),
                );
            }
            Kind::Fold => {
                let (init, f) = (call.args[0].clone(), call.args[1].clone());
                return self.keyed_operator(cursor, call, Aggregation::Fold { init, f });
            }
            Kind::ErrorsTo | Kind::OrSkip => return self.error_word(cursor, call),
            Kind::Modifier => return self.modifier(cursor, call),
            Kind::Sink => {
                self.push(cursor, call, Op::Sink { expr: call.args[0].clone() });
                cursor.ended = true;
            }
            Kind::Later => return false,
        }
        true
    }

    /// Whether the call may follow what is pending.
    fn check_pending_call(&mut self, cursor: &Cursor, call: &Call, kind: Kind) -> bool {
        let message = match (&cursor.pending, kind) {
            (Pending::EventTime { .. }, Kind::Watermarks) => return true,
            (Pending::EventTime { .. }, _) => &m::NEEDS_WATERMARKS,
            (
                Pending::Window(_),
                Kind::WindowOption
                | Kind::LateTo
                | Kind::Aggregate(_)
                | Kind::AggregateExpression
                | Kind::Reduce
                | Kind::Fold
                | Kind::Modifier,
            ) => return true,
            (Pending::Window(_), _) => &m::INCOMPLETE_WINDOW,
            (Pending::Owned, Kind::Stateless(_) | Kind::Fallible(_)) => return true,
            (Pending::Owned, _) => {
                let help =
                    "`owned` stands before `map`, `filter_map`, `flat_map` and their `try_` forms";
                let place = self.place(cursor);
                let span = call.name.span();
                self.errors.report_with_help(&m::MISPLACED_MODIFIER, span, "owned", &place, help);
                return false;
            }
            (Pending::None, _) => return true,
        };
        let place = self.place(cursor);
        self.errors.report(message, call.name.span(), &call.name.to_string(), &place);
        false
    }

    /// Appends an operator that reads the cursor.
    fn push(&mut self, cursor: &mut Cursor, call: &Call, op: Op) {
        let mut site = site_of(call);
        site.word = call.args.first().and_then(super::closure_word).map(|word| word.to_string());
        cursor.node = self.add(op, vec![cursor.node], site);
        cursor.pending = Pending::None;
    }

    fn union(&mut self, cursor: &mut Cursor, call: &Call) -> bool {
        let other = call.stream.as_ref().and_then(|chain| self.chain(chain));
        let Some(other) = other.and_then(|other| other.stream()) else {
            self.errors.report(&m::WRONG_ARITY, call.name.span(), "union(other)", "");
            return false;
        };
        self.push(cursor, call, Op::Union);
        self.graph.nodes[cursor.node.0].inputs.push(other);
        true
    }

    fn key_by(&mut self, cursor: &mut Cursor, call: &Call) -> bool {
        if let Expr::Closure(closure) = &call.args[0]
            && is_float(&closure.body)
        {
            self.errors.report(&m::FLOAT_KEY, closure.body.span(), "", "");
            return false;
        }
        self.push(cursor, call, Op::KeyBy { f: Some(call.args[0].clone()) });
        true
    }

    fn watermarks(&mut self, cursor: &mut Cursor, call: &Call) -> bool {
        let pending = std::mem::replace(&mut cursor.pending, Pending::None);
        let Pending::EventTime { f, site } = pending else {
            self.errors.report(&m::WATERMARKS_ALONE, call.name.span(), "", "");
            return false;
        };
        let strategy = call.args[0].clone();
        if strategy_bound_is_negative(&strategy) {
            self.errors.report(&m::NEGATIVE_BOUND, strategy.span(), "", "");
        }
        cursor.node = self.add(Op::EventTime { f, strategy }, vec![cursor.node], site);
        true
    }

    fn window(&mut self, cursor: &mut Cursor, call: &Call, kind: Kind) -> bool {
        let keyed = matches!(self.graph.node(cursor.node).op, Op::KeyBy { .. });
        let place = self.place(cursor);
        if kind == Kind::Window && !keyed {
            self.errors.report(&m::NEEDS_KEY_OR_ALL, call.name.span(), "", &place);
            return false;
        }
        let spec = call.args[0].clone();
        if !self.check_window(&spec) {
            return false;
        }
        if kind == Kind::WindowAll {
            self.push(cursor, call, Op::KeyBy { f: None });
        }
        cursor.pending = Pending::Window(Box::new(PendingWindow {
            spec,
            options: Vec::new(),
            late: None,
            site: site_of(call),
            modifiers: Default::default(),
        }));
        true
    }

    /// Known window, positive length where it is literal.
    fn check_window(&mut self, spec: &Expr) -> bool {
        let Expr::Call(call) = innermost(spec) else { return true };
        let Expr::Path(path) = &*call.func else { return true };
        let Some(word) = path.path.segments.last().map(|last| &last.ident) else { return true };
        let name = word.to_string();
        if catalog::LATER_WINDOWS.contains(&name.as_str()) {
            self.errors.report(&m::NEXT_VERSION, word.span(), &name, "");
            return false;
        }
        if path.path.get_ident().is_some() && !catalog::WINDOWS.contains(&name.as_str()) {
            // A function of the user's that returns a window is spelt with a path or has arguments; a near miss is not.
            if let Some(near) = nearest(&name, catalog::WINDOWS.iter().copied()) {
                let help = format!("did you mean `{near}`?");
                self.errors.report_with_help(&m::UNKNOWN_WINDOW, word.span(), &name, "", &help);
                return false;
            }
        }
        if let Some(size) = call.args.first()
            && literal_millis(size).is_some_and(|millis| millis <= 0)
        {
            self.errors.report(&m::WINDOW_SIZE, size.span(), "", "");
            return false;
        }
        true
    }

    fn window_option(&mut self, cursor: &mut Cursor, call: &Call, kind: Kind) -> bool {
        let Pending::Window(window) = &mut cursor.pending else {
            self.errors.report(
                &m::LATE_WITHOUT_LATENESS,
                call.name.span(),
                &call.name.to_string(),
                "",
            );
            return false;
        };
        if kind == Kind::LateTo {
            window.late = self.side_argument(&call.args[0]);
            return window.late.is_some();
        }
        let value = literal_millis(&call.args[0]);
        let size = match innermost(&window.spec) {
            Expr::Call(spec) => spec.args.first().and_then(literal_millis),
            _ => None,
        };
        if call.name == "allowed_lateness" && value.is_some_and(|millis| millis < 0) {
            self.errors.report(&m::NEGATIVE_LATENESS, call.args[0].span(), "", "");
        }
        if call.name == "offset"
            && let (Some(offset), Some(size)) = (value, size)
            && offset.unsigned_abs() >= size.unsigned_abs()
        {
            self.errors.report(&m::WINDOW_OFFSET, call.args[0].span(), "", "");
        }
        window.options.push((call.name.clone(), call.args[0].clone()));
        true
    }

    fn short_aggregate(&mut self, cursor: &mut Cursor, call: &Call, kind: AggregateKind) -> bool {
        let mut args = call.args.iter().cloned();
        let arg = if call.args.len() == 2 { args.next() } else { None };
        let call_of = AggregateCall { kind, arg, f: args.next(), span: call.name.span() };
        let kept = Aggregation::Calls { calls: vec![call_of], result: AggregateResult::Short };
        self.keyed_operator(cursor, call, kept)
    }

    /// A window's or a keyed stream's aggregate.
    fn keyed_operator(&mut self, cursor: &mut Cursor, call: &Call, kept: Aggregation) -> bool {
        match std::mem::replace(&mut cursor.pending, Pending::None) {
            Pending::Window(window) => {
                let PendingWindow { spec, options, late, mut site, modifiers } = *window;
                site.text = format!("{}.{}", site.text, site_of(call).text);
                site.lines.1 = site_of(call).lines.1;
                let op = Op::Window { spec, options, late, aggregation: kept };
                cursor.node = self.add(op, vec![cursor.node], site);
                self.graph.nodes[cursor.node.0].modifiers = modifiers;
                self.write_side(late, cursor.node);
                true
            }
            _ if matches!(self.graph.node(cursor.node).op, Op::KeyBy { .. }) => {
                self.push(cursor, call, Op::Running { aggregation: kept });
                true
            }
            _ => {
                let place = self.place(cursor);
                self.errors.report(&m::NEEDS_KEY, call.name.span(), &call.name.to_string(), &place);
                false
            }
        }
    }

    fn error_word(&mut self, cursor: &mut Cursor, call: &Call) -> bool {
        let on_error = if call.name == "or_skip" {
            OnError::Skip
        } else {
            match self.side_argument(&call.args[0]) {
                Some(side) => OnError::Side(side),
                None => return false,
            }
        };
        let word = call.name.to_string();
        match &mut self.graph.nodes[cursor.node.0].op {
            Op::Stateless { fallible: Some(policy), .. } if *policy == OnError::Fail => {
                *policy = on_error;
            }
            Op::Stateless { fallible: Some(_), .. } => {
                self.errors.report(&m::TWO_ERROR_WORDS, call.name.span(), "", "");
                return false;
            }
            _ => {
                let place = self.place(cursor);
                self.errors.report(&m::NOTHING_FAILS, call.name.span(), &word, &place);
                return false;
            }
        }
        if let OnError::Side(side) = on_error {
            self.write_side(Some(side), cursor.node);
        }
        true
    }

    fn unknown_operator(&mut self, cursor: &Cursor, call: &Call) {
        let name = call.name.to_string();
        let help = match nearest(&name, catalog::names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the operators are methods of `thalweg::stream::Stream`".to_owned(),
        };
        let place = self.place(cursor);
        self.errors.report_with_help(&m::UNKNOWN_OPERATOR, call.name.span(), &name, &place, &help);
    }

    /// Checks number and form of arguments.
    pub(super) fn check_args(&mut self, operator: &Operator, word: &Ident, args: &[Expr]) -> bool {
        if args.len() != operator.args.len() {
            let what = match (operator.args.len(), args.len()) {
                (0, _) => format!("{}` takes no argument", operator.name),
                (1, n) => format!("{}` takes one argument, not {n}", operator.name),
                (want, n) => format!("{}` takes {want} arguments, not {n}", operator.name),
            };
            let help = format!("write `.{}`", operator.usage);
            let what = what.trim_end_matches('`').to_owned();
            let message = m::Message { what: "`{}", ..m::WRONG_ARITY };
            self.errors.report_with_help(&message, word.span(), &what, "", &help);
            return false;
        }
        operator.args.iter().zip(args).all(|(want, arg)| match want {
            Arg::Closure(parameters) => self.check_closure(operator, *parameters, arg),
            Arg::Value | Arg::Stream | Arg::Side => true,
        })
    }

    fn check_closure(&mut self, operator: &Operator, parameters: usize, arg: &Expr) -> bool {
        match arg {
            Expr::Closure(closure) if closure.inputs.len() == parameters => true,
            Expr::Closure(closure) => {
                let what = format!(
                    "{}` takes a closure with {parameters} parameter{}, this one has {}",
                    operator.name,
                    if parameters == 1 { "" } else { "s" },
                    closure.inputs.len()
                );
                let help = format!("write `.{}`", operator.usage);
                let message = m::Message { what: "`{}", ..m::CLOSURE_ARITY };
                self.errors.report_with_help(
                    &message,
                    closure.inputs_begin.span(),
                    &what,
                    "",
                    &help,
                );
                false
            }
            Expr::Lit(_) | Expr::Binary(_) | Expr::Tuple(_) | Expr::Array(_) => {
                self.errors.report(&m::NEEDS_CLOSURE, arg.span(), operator.name, "");
                false
            }
            _ => true,
        }
    }

    /// `in operator 3 of pipeline `x`, after `filter``.
    pub(super) fn place(&self, cursor: &Cursor) -> String {
        format!(
            "in operator {} of pipeline `{}`, after `{}`",
            cursor.count + 1,
            self.pipeline,
            cursor.last
        )
    }

    fn modifier(&mut self, cursor: &mut Cursor, call: &Call) -> bool {
        let value = call.args[0].clone();
        let span = call.name.span();
        let is_source = matches!(self.graph.node(cursor.node).op, Op::Side { .. } | Op::Arm(_));
        if is_source && !matches!(cursor.pending, Pending::Window(_)) {
            let place = self.place(cursor);
            self.errors.report(&m::MISPLACED_MODIFIER, span, &call.name.to_string(), &place);
            return false;
        }
        let uid = if call.name == "uid" { self.uid(&value) } else { None };
        let node: NodeId = cursor.node;
        let modifiers = match &mut cursor.pending {
            Pending::Window(window) => &mut window.modifiers,
            _ => &mut self.graph.nodes[node.0].modifiers,
        };
        let duplicate = match call.name.to_string().as_str() {
            "uid" => std::mem::replace(&mut modifiers.uid, uid).is_some(),
            "name" => modifiers.name.replace(value).is_some(),
            "parallelism" => {
                if literal_int(&value) == Some(0) {
                    self.errors.report(&m::PARALLELISM_ZERO, value.span(), "", "");
                }
                modifiers.parallelism.replace(value).is_some()
            }
            _ => modifiers.buffer_timeout.replace(value).is_some(),
        };
        if duplicate {
            self.errors.report(&m::DUPLICATE_MODIFIER, span, &call.name.to_string(), "");
        }
        true
    }

    fn uid(&mut self, value: &Expr) -> Option<(String, Span)> {
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = value else {
            self.errors.report(&m::UID_LITERAL, value.span(), &text_of(value), "");
            return None;
        };
        let uid = text.value();
        let legal = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if uid.is_empty() || uid.len() > 64 || !uid.chars().all(legal) {
            self.errors.report(&m::UID_CHARACTERS, value.span(), "", "");
            return None;
        }
        Some((uid, value.span()))
    }
}

/// The call a builder chain starts with: `tumbling(..)` of `tumbling(..).offset(..)`.
fn innermost(expr: &Expr) -> &Expr {
    match expr {
        Expr::MethodCall(call) => innermost(&call.receiver),
        Expr::Paren(inner) => innermost(&inner.expr),
        other => other,
    }
}

fn literal_int(expr: &Expr) -> Option<i64> {
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
fn literal_millis(expr: &Expr) -> Option<i64> {
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

fn strategy_bound_is_negative(strategy: &Expr) -> bool {
    match innermost(strategy) {
        Expr::Call(call) => {
            call.args.first().and_then(literal_millis).is_some_and(|millis| millis < 0)
        }
        _ => false,
    }
}

/// A body that is a float literal or ends in `as f64`.
fn is_float(body: &Expr) -> bool {
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
