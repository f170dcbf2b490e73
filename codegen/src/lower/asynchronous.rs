//! `async_map` and the words behind it.

use syn::Expr;

use super::call::{literal_int, literal_millis};
use super::{Cursor, Lowering};
use crate::ast::Call;
use crate::diagnostic::Extent;
use crate::ir::{AsyncMap, OnError, Op};
use crate::messages as m;

impl Lowering<'_> {
    pub(super) fn async_map(&mut self, cursor: &mut Cursor, call: &Call) {
        let f = call.args[0].clone();
        self.check_captures(&f);
        if never_awaits(&f) {
            let at = Extent::of(&f);
            self.errors.report(&m::NEEDS_FUTURE, at, "", &self.place);
        }
        let map = AsyncMap { f, options: Vec::new(), key: None, on_error: OnError::Fail };
        self.push(cursor, call, Op::AsyncMap(map));
    }

    /// `ordered`, `unordered`, `capacity`, `timeout`, `retry`, `cache`.
    pub(super) fn async_option(&mut self, cursor: &mut Cursor, call: &Call) {
        let (word, span) = (call.name.to_string(), call.name.span());
        if word == "cache" {
            self.check_captures(&call.args[2]);
        }
        self.check_async_value(call);
        // A name for a stream is not the operator that a word is about.
        let is_named = cursor.named && cursor.count == 1;
        let (errors, place) = (&mut self.errors, &self.place);
        let Op::AsyncMap(map) = &mut self.graph.nodes[cursor.node.0].op else {
            return errors.report(&m::NEEDS_ASYNC, span, &word, place);
        };
        if is_named {
            return errors.report(&m::NEEDS_ASYNC, span, &word, place);
        }
        let is_order = |word: &str| matches!(word, "ordered" | "unordered");
        if map.options.iter().any(|(given, _)| *given == call.name) {
            return errors.report(&m::DUPLICATE_MODIFIER, span, &word, place);
        }
        if is_order(&word) && map.options.iter().any(|(given, _)| is_order(&given.to_string())) {
            return errors.report(&m::ASYNC_ORDER, span, "", place);
        }
        let mut args = call.args.clone();
        if word == "cache" {
            map.key = args.pop();
        }
        map.options.push((call.name.clone(), args));
    }

    /// What is literally wrong is said where it stands; the rest when the plan is built.
    fn check_async_value(&mut self, call: &Call) {
        let word = call.name.to_string();
        let is_zero = |arg: &Expr| literal_int(arg).is_some_and(|n| n <= 0);
        let is_never = |arg: &Expr| literal_millis(arg).is_some_and(|millis| millis <= 0);
        let attempts = |arg: &Expr| match arg {
            Expr::Call(call) => call.args.first().is_some_and(is_zero),
            _ => false,
        };
        let (what, help) = match word.as_str() {
            "capacity" if is_zero(&call.args[0]) => {
                ("`capacity` must be positive", "give how many records may wait in one task")
            }
            "timeout" if is_never(&call.args[0]) => {
                ("`timeout` must be positive", "give a duration such as `secs(5)`")
            }
            "retry" if attempts(&call.args[0]) => (
                "`retry` needs at least one attempt",
                "the first one counts: `fixed_delay(3, millis(100))` retries twice",
            ),
            "cache" if is_zero(&call.args[0]) || is_never(&call.args[1]) => (
                "`cache` needs room for at least one answer and a positive time",
                "write `.cache(10_000, mins(5), |x| x.key)`",
            ),
            _ => return,
        };
        let at = Extent::of(&call.args[0]);
        self.errors.report_with_help(&m::ASYNC_VALUE, at, what, &self.place, help);
    }
}

/// A closure whose body can be no future: a literal, an operation, a comparison, a format.
fn never_awaits(f: &Expr) -> bool {
    let Expr::Closure(closure) = f else { return false };
    let is_async = closure.asyncness.is_some();
    let plain = matches!(
        &*closure.body,
        Expr::Lit(_) | Expr::Binary(_) | Expr::Field(_) | Expr::Tuple(_) | Expr::Cast(_)
    );
    plain && !is_async
}
