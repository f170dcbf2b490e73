//! Operators inside a loop: each emits itself around whatever reads it.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Pat};

use super::aggregate;
use super::chain::ChainEmitter;
use super::names::{condition, exchange, ours, partial};
use crate::diagnostic::Extent;
use crate::ir::{Aggregation, NodeId, OnError, Op, Stateless};
use crate::passes::{EdgeId, Payload, Route};

/// A record on its way through a loop: the name of its view and, where it was just made, of the value itself.
#[derive(Clone)]
pub struct Value {
    view: Ident,
    item: Option<Ident>,
    /// The view's type, if only some of the record's fields crossed an exchange.
    pruned: Option<Ident>,
}

impl Value {
    /// A view.
    pub fn of_view(view: Ident) -> Value {
        Value { view, item: None, pruned: None }
    }

    /// A view of the fields that crossed an exchange.
    pub fn of_pruned(view: Ident, pruned: Ident) -> Value {
        Value { view, item: None, pruned: Some(pruned) }
    }

    /// The closure as it fits the view: where its parameter `index` takes the record apart by name, the type that it
    /// names is that of the fields that are there.
    pub fn fitted(&self, closure: &Expr, index: usize) -> Expr {
        let mut closure = closure.clone();
        if let Some(pruned) = &self.pruned
            && let Expr::Closure(closure) = &mut closure
            && let Some(Pat::Struct(taken)) = closure.inputs.get_mut(index)
        {
            taken.path = pruned.clone().into();
        }
        closure
    }

    /// The view, which is `Copy`, as the operator at `span` uses it: what does not fit is reported there.
    pub fn view(&self, span: Span) -> TokenStream {
        let view = ours(&self.view.to_string(), span);
        code!(#view)
    }

    /// The record itself: moved where it was just made, else a copy.
    fn record(&self, alone: bool) -> TokenStream {
        let value = self.item.as_ref().filter(|_| alone).unwrap_or(&self.view);
        code!(::thalweg::__private::into_record(#value))
    }
}

/// `apply(value, closure)`, its errors on the closure: the call reaches from its first token to its last.
pub fn apply(value: &TokenStream, closure: &Expr) -> TokenStream {
    let (start, end) = Extent::of(&without_move(closure)).ends();
    let closure = match closure {
        Expr::Closure(_) => {
            let closure = without_move(closure);
            code!(#closure)
        }
        // The name of a function, or a closure that a fragment was given: called, not used up.
        other => code!(&#other),
    };
    let head = quote_spanned!(Span::mixed_site().located_at(start)=> ::thalweg::__private::apply);
    let mut arguments = Group::new(Delimiter::Parenthesis, code!(#value, #closure));
    arguments.set_span(Span::mixed_site().located_at(end));
    code!(#head #arguments)
}

/// `&item`, its errors on the closure that made it.
fn borrowed(item: &Ident, made_by: &Op, span: Span) -> TokenStream {
    let (start, end) = match made_by {
        Op::Stateless { f, .. } => Extent::of(f).ends(),
        _ => (span, span),
    };
    let item = ours(&item.to_string(), end);
    let and = quote_spanned!(Span::mixed_site().located_at(start)=> &);
    code!(#and #item)
}

/// A leading `move` means nothing: captures are cloned per task anyway.
pub fn without_move(closure: &Expr) -> Expr {
    let mut closure = closure.clone();
    if let Expr::Closure(closure) = &mut closure {
        closure.capture = None;
    }
    closure
}

impl ChainEmitter<'_> {
    /// Everything that reads `id`, given one of its records.
    pub fn readers(&mut self, id: NodeId, value: &Value) -> TokenStream {
        let readers = self.chained.graph.readers(id);
        let alone = readers.len() == 1;
        readers
            .into_iter()
            .map(|reader| {
                let tokens = self.reader(reader, id, value, alone);
                if alone { tokens } else { code!({ #tokens }) }
            })
            .collect()
    }

    fn reader(&mut self, reader: NodeId, from: NodeId, value: &Value, alone: bool) -> TokenStream {
        let (own, above) =
            (self.chained.graph.node(reader).condition, self.chained.graph.node(from).condition);
        let tokens = match self.chained.edge_to(reader) {
            Some(edge) => self.write_edge(edge, value),
            None if self.chained.is_scratch(reader) => self.write_scratch(reader, value),
            None => match self.chained.graph.node(reader).op {
                Op::Join(_) => self.join_side(reader, from, value),
                Op::Process(_) => self.process_side(reader, from, value),
                _ => self.operator(reader, value, alone),
            },
        };
        match own {
            Some(own) if Some(own) != above => {
                let own = condition(own);
                code!(if #own { #tokens })
            }
            _ => tokens,
        }
    }

    /// One operator and what reads it.
    pub fn operator(&mut self, id: NodeId, value: &Value, alone: bool) -> TokenStream {
        let node = self.chained.graph.node(id);
        let span = Span::mixed_site().located_at(node.site.span);
        let view = value.view(node.site.span);
        match &node.op {
            Op::Stateless { kind, f, owned, fallible } => {
                let input = if *owned { value.record(alone) } else { view };
                let applied = apply(&input, &value.fitted(f, 0));
                self.stateless(id, *kind, applied, *fallible, value)
            }
            Op::Partition { f } => {
                let applied = apply(&view, &value.fitted(f, 0));
                let (matching, rest) = self.arms(id, value);
                quote_spanned!(span=> if #applied { #matching } else { #rest })
            }
            Op::Arm(_) => self.readers(id, value),
            Op::EventTime { f, punctuated: Some(brought), .. } => {
                let applied = apply(&view, &value.fitted(f, 0));
                let brought = apply(&view, &value.fitted(brought, 0));
                let clock = self.clock(id);
                let time = ours("time", node.site.span);
                let rest = self.readers(id, value);
                quote_spanned!(span=> let #time = #clock.punctuated(#applied, #brought); #rest)
            }
            Op::EventTime { f, .. } => {
                let applied = apply(&view, &value.fitted(f, 0));
                let clock = self.clock(id);
                let time = ours("time", node.site.span);
                let rest = self.readers(id, value);
                quote_spanned!(span=> let #time = #clock.observe(#applied); #rest)
            }
            Op::ProcessingTime => {
                let time = ours("time", node.site.span);
                let rest = self.readers(id, value);
                quote_spanned!(span=> let #time = turn.processing_time(); #rest)
            }
            Op::Window { .. } => self.add_to_window(id, value),
            Op::GeneralWindow(_) => self.add_to_general(id, value),
            Op::Running { .. } => self.running(id, value),
            Op::AsyncMap(_) => self.ask(id, value),
            Op::Process(_) => self.process_side(id, node.inputs[0], value),
            Op::Dedup => self.dedup(id, value),
            Op::Sink { rejects: Some(side), .. } => {
                let sink = self.sink(id);
                let rejected = ours("rejected", span);
                let operator = format!("{} (line {})", node.site.text, node.site.lines.0);
                let failed = quote_spanned!(span=> ::thalweg::__private::FailedWith {
                    record: ::thalweg::__private::in_full(&#view),
                    error: #rejected,
                    operator: #operator,
                });
                let write = self.write_side(*side, &failed);
                quote_spanned!(span=>
                    if let ::core::option::Option::Some(#rejected) = #sink.offer(time, #view)? { #write })
            }
            Op::Sink { .. } => {
                let sink = self.sink(id);
                quote_spanned!(span=> #sink.write(time, #view)?;)
            }
            Op::Fragment { .. } => self.write_fragment(id, value),
            Op::Output => self.write_rest(id, value),
            Op::Source { .. }
            | Op::Input { .. }
            | Op::KeyBy { .. }
            | Op::BroadcastBy { .. }
            | Op::Exchange(_)
            | Op::PartitionBy { .. }
            | Op::Union
            | Op::Join(_)
            | Op::Side { .. } => self.readers(id, value),
        }
    }

    fn arms(&mut self, id: NodeId, value: &Value) -> (TokenStream, TokenStream) {
        let mut arms = (TokenStream::new(), TokenStream::new());
        for arm in self.chained.graph.readers(id) {
            let tokens = self.readers(arm, value);
            match self.chained.graph.node(arm).op {
                Op::Arm(true) => arms.0 = tokens,
                _ => arms.1 = tokens,
            }
        }
        arms
    }

    fn stateless(
        &mut self,
        id: NodeId,
        kind: Stateless,
        applied: TokenStream,
        fallible: Option<OnError>,
        value: &Value,
    ) -> TokenStream {
        let span = Span::mixed_site().located_at(self.chained.graph.node(id).site.span);
        match (kind, fallible) {
            (Stateless::Filter, _) => {
                let rest = self.readers(id, value);
                quote_spanned!(span=> if #applied { #rest })
            }
            (Stateless::Inspect, _) => {
                let rest = self.readers(id, value);
                quote_spanned!(span=> let () = #applied; #rest)
            }
            (_, None) => self.made(id, kind, applied),
            (_, Some(policy)) => {
                let answer = ours("answer", span);
                let error = ours("error", span);
                let made = self.made(id, kind, code!(#answer));
                let failed = self.failed(id, policy, value, &error);
                quote_spanned!(span=> match #applied {
                    ::core::result::Result::Ok(#answer) => { #made }
                    ::core::result::Result::Err(#error) => { #failed }
                })
            }
        }
    }

    /// `map`, `filter_map`, `flat_map`: a new value, its view, and what reads it.
    fn made(&mut self, id: NodeId, kind: Stateless, applied: TokenStream) -> TokenStream {
        let span = Span::mixed_site().located_at(self.chained.graph.node(id).site.span);
        let (item, bound, rest) = self.bound(id);
        match kind {
            Stateless::FilterMap => {
                quote_spanned!(span=> if let ::core::option::Option::Some(#item) = #applied { #bound #rest })
            }
            Stateless::FlatMap => quote_spanned!(span=> for #item in #applied { #bound #rest }),
            _ => quote_spanned!(span=> let #item = #applied; #bound #rest),
        }
    }

    /// The names for a value that `id` makes, the statement that takes its view, and what reads it.
    pub fn bound(&mut self, id: NodeId) -> (Ident, TokenStream, TokenStream) {
        let node = self.chained.graph.node(id);
        let span = Span::mixed_site().located_at(node.site.span);
        let item = self.fresh("item", node.site.span);
        let view = self.word_for(id);
        let borrowed = borrowed(&item, &node.op, span);
        let taken = match &node.annotation {
            Some(ty) => quote_spanned!(span=>
                let #view = ::thalweg::__private::view(::thalweg::__private::annotated::<#ty, _>(#borrowed));),
            None => quote_spanned!(span=> let #view = ::thalweg::__private::view(#borrowed);),
        };
        let rest = self.readers(id, &Value { view, item: Some(item.clone()), pruned: None });
        (item, taken, rest)
    }

    /// What becomes of a record that failed.
    pub fn failed(
        &mut self,
        id: NodeId,
        policy: OnError,
        value: &Value,
        error: &Ident,
    ) -> TokenStream {
        let node = self.chained.graph.node(id);
        let span = Span::mixed_site().located_at(node.site.span);
        let operator = format!("{} (line {})", node.site.text, node.site.lines.0);
        let view = value.view(node.site.span);
        match policy {
            OnError::Fail => quote_spanned!(span=>
                return ::core::result::Result::Err(::thalweg::__private::Failure::of_operator(#operator, #error));),
            OnError::Skip => quote_spanned!(span=> let _ = &#error; turn.skip();),
            OnError::Side(side) => {
                let failed = quote_spanned!(span=> ::thalweg::__private::FailedWith {
                    record: #view,
                    error: ::thalweg::__private::to_text(&#error),
                    operator: #operator,
                });
                self.write_side(side, &failed)
            }
        }
    }

    /// Writes to a side: a scratch batch of this chain, or an exchange.
    pub fn write_side(&mut self, side: NodeId, item: &TokenStream) -> TokenStream {
        match self.chained.edge_to(side) {
            None if self.is_external(side) => {
                let name = super::fragment::external_side(self.chained, side);
                if self.first_use(&name) {
                    self.handles.shared(&name, code!(cx.output(#name)));
                }
                code!(#name.push(time, #item);)
            }
            Some(edge) => {
                self.output(edge);
                let exchange = exchange(edge);
                code!(#exchange.push(time, #item);)
            }
            None => {
                let scratch = self.scratch(side);
                code!(#scratch.push(time, #item);)
            }
        }
    }

    fn is_external(&self, side: NodeId) -> bool {
        matches!(self.chained.graph.node(side).op, Op::Side { external: true, .. })
    }

    fn write_scratch(&mut self, id: NodeId, value: &Value) -> TokenStream {
        let view = value.view(self.chained.graph.node(id).site.span);
        self.write_side(id, &view)
    }

    /// Writes to an exchange.
    fn write_edge(&mut self, id: EdgeId, value: &Value) -> TokenStream {
        let edge = self.chained.edge(id);
        let node = self.chained.graph.node(edge.to);
        let span = Span::mixed_site().located_at(node.site.span);
        let view = value.view(node.site.span);
        self.output(id);
        let exchange = exchange(id);
        let payload = match &edge.payload {
            Payload::Whole | Payload::Partial(_) => view.clone(),
            Payload::Fields(fields) => code!((#(#view.#fields,)*)),
        };
        if let Op::PartitionBy { f } = &node.op {
            let task = apply(&view, &value.fitted(f, 0));
            return quote_spanned!(span=> #exchange.push_to(time, #task, #payload););
        }
        if edge.route != Route::Key {
            return quote_spanned!(span=> #exchange.push(time, #payload););
        }
        // What is no key is reported where the closure starts.
        let (key, blamed) = match &node.op {
            Op::KeyBy { f: Some(f) } => {
                (apply(&view, &value.fitted(f, 0)), Extent::of(&without_move(f)).ends().0)
            }
            _ => (code!(()), span),
        };
        if let Payload::Partial(window) = edge.payload
            && let Op::Window { aggregation: Aggregation::Calls { calls, .. }, .. } =
                &self.chained.graph.node(window).op
        {
            let partial = partial(id);
            let addends = aggregate::addends(calls, value);
            let add = ours("add", blamed);
            return quote_spanned!(span=>
                if let ::core::option::Option::Some((hash, key, part)) =
                    #partial.#add(time, #key, #addends)?
                {
                    #exchange.push_hashed(time, hash, key, part);
                }
            );
        }
        let push = ours("push_keyed", blamed);
        quote_spanned!(span=> #exchange.#push(time, #key, #payload);)
    }

    /// What an operator calls the records it emits: the first reader's word, else something neutral.
    pub fn word_for(&self, id: NodeId) -> Ident {
        let readers = self.chained.graph.readers(id);
        let word =
            readers.iter().find_map(|reader| self.chained.graph.node(*reader).site.word.clone());
        let span = self.chained.graph.node(id).site.span;
        match word {
            Some(word) if word != "time" && word != "turn" => ours(&word, span),
            _ => ours("record", span),
        }
    }
}
