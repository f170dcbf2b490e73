//! Windows that keep elements, or have a trigger of their own.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;

use super::aggregate;
use super::chain::ChainEmitter;
use super::names::{Names, ours};
use super::operator::{Value, apply, without_move};
use crate::ir::{Aggregation, Evictor, GeneralOp, NodeId, Op, Trigger, WindowBody};
use crate::lower::{key_word, window_word};
use crate::passes::{Chained, TimeDomain, time_domain};

/// The name of something of a general window: `plan_of_window0`.
fn named(names: &Names, id: NodeId, word: &str, span: Span) -> Ident {
    ours(&format!("{word}_of_{}", names.node(id, span)), span)
}

/// Windows, trigger, evictor and thresholds, made when the plan is built.
pub fn prelude(chained: &Chained, names: &Names, id: NodeId, op: &GeneralOp) -> TokenStream {
    let span = chained.graph.node(id).site.span;
    let name = |word: &str| named(names, id, word, span);
    let (spec, options) = (&op.spec, &op.options);
    let options = options.iter().map(|(word, value)| code!(.#word(#value)));
    let time = match time_domain(&chained.graph, id) {
        TimeDomain::Processing => code!(.processing_time()),
        TimeDomain::Event => TokenStream::new(),
    };
    let spec = match spec {
        Expr::Call(_) | Expr::MethodCall(_) | Expr::Path(_) | Expr::Paren(_) => code!(#spec),
        other => code!((#other)),
    };
    let checked = ours(if op.gap.is_some() { "checked_dynamic" } else { "checked" }, span);
    let (windows, plan) = (name("windows"), name("plan"));
    let mut thresholds = TokenStream::new();
    let threshold = |word: &str, value: &Expr| {
        let name = name(word);
        code!(let #name = #value;)
    };
    let trigger = match &op.firing.trigger {
        None => code!(::thalweg::__private::own_trigger(&#windows)),
        Some(Trigger::Value(trigger)) => code!(#trigger),
        Some(Trigger::Delta { threshold: value, purging, .. }) => {
            thresholds.extend(threshold("fires_at", value));
            code!(::thalweg::__private::delta(#purging))
        }
    };
    let evictor = match &op.firing.evictor {
        Some(Evictor::Value(evictor)) => code!(::core::option::Option::Some(#evictor)),
        Some(Evictor::Delta { threshold: value, .. }) => {
            thresholds.extend(threshold("evicts_at", value));
            code!(::core::option::Option::None)
        }
        None => code!(::core::option::Option::None),
    };
    code! {
        let #windows = ::thalweg::__private::#checked(#spec #(#options)* #time)?;
        #thresholds
        let #plan = ::thalweg::__private::WindowPlan::new(#windows, #trigger, #evictor)?;
    }
}

impl ChainEmitter<'_> {
    fn general(&self, id: NodeId) -> Option<&GeneralOp> {
        match &self.chained.graph.node(id).op {
            Op::GeneralWindow(general) => Some(general),
            _ => None,
        }
    }

    fn named(&self, id: NodeId, word: &str) -> Ident {
        named(self.names, id, word, self.chained.graph.node(id).site.span)
    }

    /// Opens a record's windows, updates them, asks the trigger; hands on what is late.
    pub fn add_to_general(&mut self, id: NodeId, value: &Value) -> TokenStream {
        let window = self.general_handle(id);
        let chained = self.chained;
        let node = chained.graph.node(id);
        let Op::GeneralWindow(op) = &node.op else { return TokenStream::new() };
        let span = Span::mixed_site().located_at(node.site.span);
        let view = value.view(node.site.span);
        let updated = match op.aggregation().filter(|_| !op.keeps_elements()) {
            None => quote_spanned!(span=> #window.keep(#view);),
            Some(Aggregation::Calls { calls, .. }) => {
                let addends = aggregate::addends(calls, value);
                quote_spanned!(span=> #window.accumulate(#addends)?;)
            }
            Some(Aggregation::Reduce(f)) => {
                let f = without_move(f);
                let (kept, next) = (ours("kept", span), ours("next", span));
                quote_spanned!(span=> #window.reduce(#view, |#kept, #next|
                    ::thalweg::__private::into_record(
                        ::thalweg::__private::apply2(#kept, #next, #f)));)
            }
            Some(Aggregation::Fold { f, .. }) => {
                let f = without_move(f);
                quote_spanned!(span=> #window.fold(#view, #f);)
            }
        };
        let asked = match &op.firing.trigger {
            Some(Trigger::Delta { f, .. }) => {
                let (f, threshold) = (without_move(f), self.threshold(id, "fires_at"));
                quote_spanned!(span=> #window.trigger_by(turn, #view, &#threshold, #f);)
            }
            _ => quote_spanned!(span=> #window.trigger(turn, #view);),
        };
        let late = op.late.map(|side| {
            let write = self.write_side(side, &view);
            quote_spanned!(span=> else { #write })
        });
        let at = match &op.gap {
            Some(gap) => {
                let gap = apply(&view, gap);
                quote_spanned!(span=> ::thalweg::__private::WithGap { time, gap: #gap })
            }
            None => quote_spanned!(span=> time),
        };
        quote_spanned!(span=> if #window.open(turn, #at, hash, key)? { #updated #asked } #late)
    }

    /// The loop over firings.
    pub fn general_stage(&mut self, id: NodeId) -> TokenStream {
        let window = self.general_handle(id);
        let chained = self.chained;
        let node = chained.graph.node(id);
        let Op::GeneralWindow(op) = &node.op else { return TokenStream::new() };
        let evicted = match &op.firing.evictor {
            Some(Evictor::Delta { f, .. }) => {
                let (f, threshold) = (without_move(f), self.threshold(id, "evicts_at"));
                code!(firing.evict_by(&#threshold, #f);)
            }
            _ => TokenStream::new(),
        };
        let (is_mut, body) = match &op.function {
            WindowBody::Aggregation(aggregation) if op.keeps_elements() => {
                (!evicted.is_empty(), self.aggregated_elements(id, aggregation))
            }
            WindowBody::Aggregation(aggregation) => (false, self.aggregated(id, aggregation)),
            WindowBody::Apply(f) => (!evicted.is_empty(), self.applied(id, f)),
            WindowBody::Process { sides, .. } => (true, self.processed(id, sides)),
        };
        let firing = if is_mut { code!(mut firing) } else { code!(firing) };
        code!(while let ::core::option::Option::Some(#firing) = #window.fire(turn) {
            #evicted
            #body
        })
    }

    /// The result of a window that keeps an accumulator.
    fn aggregated(&mut self, id: NodeId, aggregation: &Aggregation) -> TokenStream {
        let span = self.chained.graph.node(id).site.span;
        let kept = ours("kept", span);
        let finished = match aggregation {
            Aggregation::Calls { calls, .. } => {
                let aggregate = self.names.aggregate(id, span);
                let names = aggregate::result_names(calls);
                code!(let (#(#names,)*) =
                    ::thalweg::__private::Aggregate::finish(&#aggregate, firing.acc());)
            }
            Aggregation::Reduce(_) => code!(let #kept = firing.reduced();),
            Aggregation::Fold { .. } => code!(let #kept = firing.folded();),
        };
        self.result_of_firing(id, aggregation, &finished)
    }

    /// The result of a window that keeps its elements: what is left of them is aggregated when it fires.
    fn aggregated_elements(&mut self, id: NodeId, aggregation: &Aggregation) -> TokenStream {
        let span = self.chained.graph.node(id).site.span;
        let (kept, element) = (ours("kept", span), ours("element", span));
        let value = Value::of_view(element.clone());
        let finished = match aggregation {
            Aggregation::Calls { calls, .. } => {
                let aggregate = self.names.aggregate(id, span);
                let names = aggregate::result_names(calls);
                let addends = aggregate::addends(calls, &value);
                let key = key_word(span);
                code!(
                    let mut accumulators = ::thalweg::__private::accumulators(&#aggregate);
                    for #element in firing.events() {
                        ::thalweg::__private::accumulate(
                            &#aggregate, &mut accumulators, #key, #addends)?;
                    }
                    let (#(#names,)*) =
                        ::thalweg::__private::Aggregate::finish(&#aggregate, &accumulators);
                )
            }
            Aggregation::Reduce(f) => {
                let f = without_move(f);
                code!(
                    let mut reduced = ::thalweg::__private::none_of(firing.events());
                    for #element in firing.events() {
                        let next = match &reduced {
                            ::core::option::Option::None => ::thalweg::__private::into_record(#element),
                            ::core::option::Option::Some(before) => ::thalweg::__private::into_record(
                                ::thalweg::__private::apply2(
                                    ::thalweg::__private::view(before), #element, #f)),
                        };
                        reduced = ::core::option::Option::Some(next);
                    }
                    let ::core::option::Option::Some(reduced) = reduced else { continue };
                    let #kept = ::thalweg::__private::view(&reduced);
                )
            }
            Aggregation::Fold { init, f } => {
                let (f, first) = (without_move(f), self.named(id, "first"));
                if self.first_use(&first) {
                    self.handles.own(&first, code!(#init));
                }
                code!(
                    let mut folded = ::thalweg::__private::copied(&#first);
                    for #element in firing.events() {
                        folded = ::thalweg::__private::apply2(folded, #element, #f);
                    }
                    let #kept = ::thalweg::__private::view(&folded);
                )
            }
        };
        let body = self.result_of_firing(id, aggregation, &finished);
        code!(if firing.events().is_empty() { continue; } #body)
    }

    fn result_of_firing(
        &mut self,
        id: NodeId,
        aggregation: &Aggregation,
        finished: &TokenStream,
    ) -> TokenStream {
        let span = self.chained.graph.node(id).site.span;
        let (key, window) = (key_word(span), window_word(span));
        let made = aggregate::result(aggregation, true, span);
        let (item, bound, rest) = self.bound(id);
        code!(
            let time = firing.time();
            let #key = firing.key();
            let #window = firing.window();
            #finished
            let #item = #made;
            #bound
            #rest
        )
    }

    /// A closure over elements, and one loop over what it emitted.
    fn applied(&mut self, id: NodeId, f: &Expr) -> TokenStream {
        let (results, f) = (self.results(id), without_move(f));
        let rest = self.scratch_loop(id, &results);
        code!(
            let () = ::thalweg::__private::apply3(
                firing.fired(),
                firing.events(),
                &mut ::thalweg::__private::Out::new(&mut *#results, firing.time()),
                #f,
            );
            #rest
        )
    }

    /// A function over elements, one loop over what it emitted, then its sides.
    fn processed(&mut self, id: NodeId, sides: &[(Ident, NodeId)]) -> TokenStream {
        let (results, function) = (self.results(id), self.named(id, "function"));
        let rest = self.scratch_loop(id, &results);
        let sides = self.written_sides(sides);
        code!(
            firing.process(&#function, &mut *#results, &mut sides);
            #rest
            #sides
        )
    }

    /// The handle of what a window's function emits.
    fn results(&mut self, id: NodeId) -> Ident {
        let name = self.named(id, "results");
        self.open_scratch(id, &name);
        name
    }

    /// A task's own copy of a threshold.
    fn threshold(&mut self, id: NodeId, word: &str) -> Ident {
        let name = self.named(id, word);
        if self.first_use(&name) {
            self.handles.own(&name, code!(::core::clone::Clone::clone(&#name)));
        }
        name
    }

    /// The handle of a general window's state.
    pub fn general_handle(&mut self, id: NodeId) -> Ident {
        let span = self.chained.graph.node(id).site.span;
        let name = self.names.node(id, span);
        if !self.first_use(&name) {
            return name;
        }
        let Some(op) = self.general(id) else { return name };
        let plan = self.named(id, "plan");
        let plan = code!(::core::clone::Clone::clone(&#plan));
        let made = match (&op.function, op.keeps_elements()) {
            (WindowBody::Process { made, sides }, _) => {
                let (made, sides) = (made.clone(), sides.clone());
                self.open_sides(&sides);
                let (function, made) = (self.named(id, "function"), self.made_per_task(&made));
                self.handles.own(&function, made);
                code!(of_process(#plan, &#function))
            }
            (WindowBody::Aggregation(aggregation), false) => match aggregation {
                Aggregation::Calls { .. } => {
                    let aggregate = self.names.aggregate(id, span);
                    code!(of_aggregate(#plan, ::core::clone::Clone::clone(&#aggregate))?)
                }
                Aggregation::Reduce(_) => code!(of_reduce(#plan)?),
                Aggregation::Fold { init, .. } => code!(of_fold(#plan, #init)?),
            },
            _ => code!(of_elements(#plan)),
        };
        let state = self.state_id(self.chained.ids.get(&id).map_or("", String::as_str));
        let open = code!(cx.state(#state, ::thalweg::__private::GeneralWindows::#made));
        self.handles.shared(&name, open.into_token_stream());
        name
    }
}
