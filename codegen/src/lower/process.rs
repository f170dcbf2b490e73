//! `process` and the closures behind it; `dedup`; `ttl`.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Expr, Ident, Pat};

use super::call::{innermost, literal_millis};
use super::{Cursor, Lowering, Pending, site_of, text_of};
use crate::ast::Call;
use crate::catalog::Kind;
use crate::diagnostic::Extent;
use crate::ir::{Hook, NodeId, Op, ProcessInputs, ProcessOp};
use crate::messages as m;

/// Words of a context that set timers.
const TIMERS: &[&str] =
    &["timer_at", "timer_after", "processing_timer_at", "processing_timer_after"];
/// Words of a context that are about the key.
const KEYED: &[&str] = &["key", "cancel", "cancel_processing", "time_domain", "clear"];

impl Lowering<'_> {
    /// A word of process functions; false if the chain cannot be followed any further.
    pub(super) fn process_word(&mut self, cursor: &mut Cursor, call: &Call, kind: Kind) -> bool {
        match kind {
            Kind::ProcessHook(hook) => return self.process_hook(cursor, call, hook),
            Kind::Connect => return self.connect(cursor, call),
            Kind::Dedup => self.dedup(cursor, call),
            Kind::BroadcastBy => self.broadcast_by(cursor, call),
            _ => self.process(cursor, call),
        }
        true
    }

    /// `.process(..)`: closures may follow, which the node then gets.
    fn process(&mut self, cursor: &mut Cursor, call: &Call) {
        let made = call.args[0].clone();
        let connected = match std::mem::replace(&mut cursor.pending, Pending::None) {
            Pending::Connect(connect) => Some(connect),
            _ => None,
        };
        self.check_captures(&made);
        let sides = self.sides_in(&made);
        let process = ProcessOp {
            made,
            closures: Vec::new(),
            keyed: connected.is_some() || self.is_keyed(cursor),
            inputs: connected.as_ref().map_or(ProcessInputs::One, |connect| connect.inputs),
            sides: Vec::new(),
            emits: false,
            sets_timer: None,
            needs_time: None,
        };
        self.push(cursor, call, Op::Process(Box::new(process)));
        let node = &mut self.graph.nodes[cursor.node.0];
        node.site.word = None;
        if let Some(connect) = connected {
            // Rules come first: whoever asks for them has to know what they are.
            let at = if connect.inputs == ProcessInputs::Rules { 0 } else { 1 };
            node.inputs.insert(at, connect.other);
            node.site.text = format!("{}.{}", connect.text, node.site.text);
        }
        self.write_sides(cursor.node, sides);
    }

    /// `.on_event(..)` and its kin; false if there is no process function that they belong to.
    fn process_hook(&mut self, cursor: &mut Cursor, call: &Call, hook: Hook) -> bool {
        let f = call.args[0].clone();
        self.check_captures(&f);
        let sides = self.sides_in(&f);
        let (word, span) = (call.name.to_string(), call.name.span());
        let words = context_words(&f);
        let node = &mut self.graph.nodes[cursor.node.0];
        let Op::Process(process) = &mut node.op else {
            self.errors.report(&m::PROCESS_WORD, span, &word, &self.place);
            return false;
        };
        // What belongs to an operator stands behind it, not behind a name for its stream.
        let named = cursor.named && cursor.count == 1;
        let belongs = match hook {
            _ if named => false,
            Hook::Event => process.inputs != ProcessInputs::Two,
            Hook::Left | Hook::Right => process.inputs == ProcessInputs::Two,
            Hook::Broadcast => process.inputs == ProcessInputs::Rules,
            Hook::Timer | Hook::End => true,
        };
        if !belongs {
            self.errors.report(&m::PROCESS_WORD, span, &word, &self.place);
            return false;
        }
        if process.closure(hook).is_some() {
            self.errors.report(&m::DUPLICATE_MODIFIER, span, &word, &self.place);
            return true;
        }
        let is = |list: &'static [&'static str]| {
            move |word: &&Ident| list.iter().any(|known| *word == known)
        };
        if process.keyed && hook != Hook::Broadcast {
            process.sets_timer =
                process.sets_timer.take().or(words.called.iter().find(is(TIMERS)).cloned());
            let in_stream_time = words.called.iter().find(is(&TIMERS[..2]));
            process.needs_time = process.needs_time.take().or(in_stream_time.cloned());
        } else if !process.keyed {
            if hook == Hook::Timer {
                self.errors.report(&m::NEEDS_KEY, span, &word, &self.place);
            }
            for called in words.called.iter().filter(|word| is(TIMERS)(word) || is(KEYED)(word)) {
                let (name, span) = (called.to_string(), called.span());
                self.errors.report(&m::NEEDS_KEY, span, &name, &self.place);
            }
        }
        process.emits |= words.escapes || words.called.iter().any(|word| word == "emit");
        let site = site_of(call);
        node.site.text = format!("{}.{word}(..)", node.site.text);
        node.site.lines.1 = site.lines.1;
        if let (Hook::Event | Hook::Left, Expr::Closure(closure)) = (hook, &f) {
            node.site.word =
                closure.inputs.get(1).and_then(plain_name).map(|name| name.to_string());
        }
        process.closures.push((hook, f));
        self.write_sides(cursor.node, sides);
        true
    }

    fn dedup(&mut self, cursor: &mut Cursor, call: &Call) {
        if !self.is_keyed(cursor) {
            self.errors.report(&m::NEEDS_KEY, call.name.span(), "dedup", &self.place);
        }
        self.push(cursor, call, Op::Dedup);
    }

    /// The sides that an expression mentions; a stream that is none cannot be written to.
    pub(super) fn sides_in(&mut self, expr: &Expr) -> Vec<(Ident, NodeId)> {
        let known: Vec<String> = self.names.keys().cloned().collect();
        let mut sides = Vec::new();
        for name in super::captures::mentioned(expr, &known) {
            let Some(&node) = self.names.get(&name.to_string()) else { continue };
            if matches!(self.graph.node(node).op, Op::Side { .. }) {
                sides.push((name, node));
            } else {
                let (span, text) = (name.span(), name.to_string());
                self.errors.report(&m::NOT_A_SIDE, span, &text, &self.place);
            }
        }
        sides
    }

    fn write_sides(&mut self, writer: NodeId, sides: Vec<(Ident, NodeId)>) {
        for (name, side) in sides {
            let Op::Process(process) = &mut self.graph.nodes[writer.0].op else { return };
            if process.sides.iter().all(|(_, known)| *known != side) {
                process.sides.push((name, side));
                self.write_side(Some(side), writer);
            }
        }
    }

    /// `ttl(hours(1))`, `ttl(event_time(hours(1)))`: positive where it is literal.
    pub(super) fn check_ttl(&mut self, cursor: &Cursor, value: &Expr) {
        let text = &mut self.graph.nodes[cursor.node.0].site.text;
        *text = format!("{text}.ttl({})", text_of(value));
        let span = match innermost(value) {
            Expr::Call(call) if is_event_time(value) => call.args.first(),
            _ => Some(value),
        };
        if span.and_then(literal_millis).is_some_and(|millis| millis <= 0) {
            self.errors.report(&m::TTL_LENGTH, Extent::of(&value), "", &self.place);
        }
    }
}

/// True for `event_time(d)`.
pub(crate) fn is_event_time(ttl: &Expr) -> bool {
    let Expr::Call(call) = innermost(ttl) else { return false };
    let Expr::Path(path) = &*call.func else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "event_time")
}

fn plain_name(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(ident) if ident.subpat.is_none() => Some(&ident.ident),
        Pat::Type(typed) => plain_name(&typed.pat),
        _ => None,
    }
}

/// What a closure does with its context.
#[derive(Default)]
struct ContextWords {
    /// The methods that it calls on it.
    called: Vec<Ident>,
    /// Whether it hands the context on, so that not all calls can be seen.
    escapes: bool,
}

/// What a process function's closure does with its context, its last parameter.
fn context_words(f: &Expr) -> ContextWords {
    struct Finder<'n> {
        name: &'n Ident,
        words: ContextWords,
    }
    impl<'ast> Visit<'ast> for Finder<'_> {
        fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
            let is_context = matches!(&*call.receiver, Expr::Path(path)
                if path.path.get_ident().is_some_and(|name| name == self.name));
            if is_context {
                self.words.called.push(call.method.clone());
                call.args.iter().for_each(|arg| self.visit_expr(arg));
            } else {
                syn::visit::visit_expr_method_call(self, call);
            }
        }
        fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
            self.words.escapes |= path.path.get_ident().is_some_and(|name| name == self.name);
        }
        fn visit_macro(&mut self, call: &'ast syn::Macro) {
            self.words.escapes |= mentions(call.tokens.clone(), self.name);
        }
    }
    let unknown = ContextWords { called: Vec::new(), escapes: true };
    let Expr::Closure(closure) = f else { return unknown };
    let Some(name) = closure.inputs.last().and_then(plain_name) else {
        return ContextWords::default();
    };
    let mut finder = Finder { name, words: ContextWords::default() };
    finder.visit_expr(&closure.body);
    finder.words
}

fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Ident(word) => word == *name,
        _ => false,
    })
}
