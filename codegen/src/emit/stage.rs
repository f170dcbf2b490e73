//! The loops of a turn: over what comes in, over scratch batches, over firings, over partial aggregates.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::aggregate;
use super::chain::ChainEmitter;
use super::names::{exchange, located, ours, partial};
use super::operator::{Value, apply, without_move};
use crate::ir::{Aggregation, NodeId, Op};
use crate::lower::{key_word, window_word};
use crate::passes::{EdgeId, Payload, Route, Stage};

impl ChainEmitter<'_> {
    /// One loop.
    pub fn stage(&mut self, stage: Stage) -> TokenStream {
        let (tokens, at) = match stage {
            Stage::Source => {
                let head = self.chained.chains[self.chain].head;
                (self.source_input(head), head)
            }
            Stage::Input(edge) => (self.input_stage(edge), self.chained.edge(edge).to),
            Stage::Scratch(id) => (self.scratch_stage(id), id),
            Stage::Fire(id) => (self.fire_stage(id), id),
            Stage::Answers(id) => (self.answers_stage(id), id),
            Stage::Process(id) => (self.process_stage(id), id),
            Stage::Sweep(id) => (self.sweep_stage(id), id),
            Stage::Drain(edge) => (self.drain_stage(edge), self.chained.edge(edge).to),
        };
        located(tokens, self.chained.graph.node(at).site.span)
    }

    fn input_stage(&mut self, edge: EdgeId) -> TokenStream {
        match self.chained.edge(edge).route {
            Route::Key => self.keyed_input(edge),
            _ => self.plain_input(edge),
        }
    }

    fn source_input(&mut self, head: NodeId) -> TokenStream {
        let node = self.chained.graph.node(head);
        let Op::Source { rejects, .. } = &node.op else { return TokenStream::new() };
        let span = Span::mixed_site().located_at(node.site.span);
        let source = self.names.node(head, node.site.span);
        self.handles.shared(&source, code!(cx.source(&#source)?));
        let word = self.word_for(head);
        let body = self.readers(head, &Value::of_view(word.clone()));
        let rejected = rejects.map(|side| {
            let failed = ours("failed", node.site.span);
            let write = self.write_side(side, &code!(#failed));
            code!(for #failed in #source.rejected() {
                let time = ::thalweg::__private::Timestamp::MIN;
                #write
            })
        });
        let split = self.handles.split();
        quote_spanned!(span=>
            let rows = #source.read(turn)?;
            #split
            for #word in rows {
                let time = ::thalweg::__private::Timestamp::MIN;
                #body
            }
            #rejected
        )
    }

    fn plain_input(&mut self, edge: EdgeId) -> TokenStream {
        let exchange = self.open_input(edge);
        let to = self.chained.edge(edge).to;
        let (pattern, rebuilt, value) = self.received(edge, to);
        let body = match self.chained.graph.node(to).op {
            Op::Exchange(_)
            | Op::PartitionBy { .. }
            | Op::BroadcastBy { .. }
            | Op::Union
            | Op::Side { .. } => self.readers(to, &value),
            // An operator with a parallelism of its own reads its exchange itself.
            _ => self.operator(to, &value, true),
        };
        let split = self.handles.split();
        code!(
            #split
            for (time, #pattern) in #exchange.records(turn) { #rebuilt #body }
        )
    }

    fn keyed_input(&mut self, edge: EdgeId) -> TokenStream {
        let exchange = self.open_input(edge);
        let to = self.chained.edge(edge).to;
        if let Payload::Partial(window) = self.chained.edge(edge).payload {
            let window = self.window_handle(window);
            return code!(
                for chunk in #exchange.chunks(turn) {
                    #window.prepare(chunk.hashes());
                    for (time, hash, (key, accumulators)) in chunk.records() {
                        #window.merge(turn, time, hash, key, accumulators)?;
                    }
                }
            );
        }
        let (pattern, rebuilt, value) = self.received(edge, to);
        let body = self.readers(to, &value);
        let prepare = self.prepared(to);
        let split = self.handles.split();
        code!(
            #split
            for chunk in #exchange.chunks(turn) {
                #prepare
                for (time, hash, (key, #pattern)) in chunk.records() { #rebuilt #body }
            }
        )
    }

    fn open_input(&mut self, edge: EdgeId) -> Ident {
        let span = self.chained.graph.node(self.chained.edge(edge).to).site.span;
        let exchange = ours(&exchange(edge).to_string(), span);
        self.handles.own(&exchange, code!(cx.input(#exchange)));
        exchange
    }

    /// Prefetches for the tables that the readers of a keyed exchange keep.
    fn prepared(&mut self, to: NodeId) -> TokenStream {
        let readers = self.chained.graph.readers(to);
        readers
            .into_iter()
            .filter_map(|id| match self.chained.graph.node(id).op {
                Op::Window { .. } => Some(self.window_handle(id)),
                Op::GeneralWindow(_) => Some(self.general_handle(id)),
                Op::Running { .. } => Some(self.running_handle(id)),
                Op::Process(ref process) => Some(self.process_handle(id, process)),
                Op::Dedup => Some(self.dedup_handle(id)),
                Op::Join(_) => Some(self.join_handle(id)),
                _ => None,
            })
            .map(|handle| code!(#handle.prepare(chunk.hashes());))
            .collect()
    }

    /// The pattern of what an edge brings, the statement that names its fields again, and the value.
    fn received(&mut self, edge: EdgeId, to: NodeId) -> (TokenStream, TokenStream, Value) {
        let word = self.word_for(to);
        match &self.chained.edge(edge).payload {
            Payload::Fields(fields) if fields.is_empty() => {
                let pruned = super::plan::pruned(edge);
                (code!(()), code!(let #word = #pruned;), Value::of_pruned(word, pruned))
            }
            Payload::Fields(fields) => {
                let pruned = super::plan::pruned(edge);
                let taken = fields.iter().map(taken).collect::<Vec<_>>();
                let named = fields.iter().zip(&taken).map(|(field, taken)| {
                    if field == taken { code!(#field) } else { code!(#field: #taken) }
                });
                (
                    code!((#(#taken,)*)),
                    code!(let #word = #pruned { #(#named),* };),
                    Value::of_pruned(word, pruned),
                )
            }
            _ => (code!(#word), TokenStream::new(), Value::of_view(word)),
        }
    }

    fn scratch_stage(&mut self, id: NodeId) -> TokenStream {
        let scratch = self.scratch(id);
        self.scratch_loop(id, &scratch)
    }

    fn drain_stage(&mut self, edge: EdgeId) -> TokenStream {
        let (exchange, partial) = (exchange(edge), partial(edge));
        code!(while let ::core::option::Option::Some((time, hash, key, accumulators)) = #partial.drain(turn) {
            #exchange.push_hashed(time, hash, key, accumulators);
        })
    }

    fn fire_stage(&mut self, id: NodeId) -> TokenStream {
        let node = self.chained.graph.node(id);
        if let Op::GeneralWindow(_) = &node.op {
            return self.general_stage(id);
        }
        let Op::Window { aggregation, .. } = &node.op else { return self.join_fire(id) };
        let span = node.site.span;
        let window = self.window_handle(id);
        let (key, window_span) = (key_word(span), window_word(span));
        let finished = match aggregation {
            Aggregation::Calls { calls, .. } => {
                let aggregate = self.names.aggregate(id, span);
                let names = aggregate::result_names(calls);
                code!(let (#(#names,)*) =
                    ::thalweg::__private::Aggregate::finish(&#aggregate, firing.acc());)
            }
            Aggregation::Reduce(_) | Aggregation::Fold { .. } => {
                let kept = ours("kept", span);
                code!(let #kept = firing.kept();)
            }
        };
        let made = aggregate::result(aggregation, true, span);
        let (item, bound, rest) = self.bound(id);
        code!(while let ::core::option::Option::Some(firing) = #window.fire(turn)? {
            let time = firing.time();
            let #key = firing.key();
            let #window_span = firing.window();
            #finished
            let #item = #made;
            #bound
            #rest
        })
    }

    /// Adds a record to a window, and hands on what is late.
    pub fn add_to_window(&mut self, id: NodeId, value: &Value) -> TokenStream {
        let node = self.chained.graph.node(id);
        let Op::Window { aggregation, gap, late, .. } = &node.op else {
            return TokenStream::new();
        };
        let span = Span::mixed_site().located_at(node.site.span);
        let window = self.window_handle(id);
        let view = value.view(node.site.span);
        let at = match gap {
            Some(gap) => {
                let gap = apply(&view, &value.fitted(gap, 0));
                quote_spanned!(span=> ::thalweg::__private::WithGap { time, gap: #gap })
            }
            None => quote_spanned!(span=> time),
        };
        let added = match aggregation {
            Aggregation::Calls { calls, .. } => {
                let addends = aggregate::addends(calls, value);
                quote_spanned!(span=> #window.add(turn, #at, hash, key, #addends)?)
            }
            Aggregation::Reduce(f) => {
                let f = without_move(f);
                let (kept, next) = (ours("kept", span), ours("next", span));
                quote_spanned!(span=> #window.add(turn, #at, hash, key, #view, |#kept, #next|
                    ::thalweg::__private::into_record(
                        ::thalweg::__private::apply2(#kept, #next, #f)))?)
            }
            Aggregation::Fold { f, .. } => {
                let f = without_move(&value.fitted(f, 1));
                quote_spanned!(span=> #window.add(turn, #at, hash, key, #view, #f)?)
            }
        };
        match late {
            Some(side) => {
                let write = self.write_side(*side, &view);
                quote_spanned!(span=> if !#added { #write })
            }
            None => quote_spanned!(span=> let _ = #added;),
        }
    }

    /// A running aggregate: updates, and hands on its result.
    pub fn running(&mut self, id: NodeId, value: &Value) -> TokenStream {
        let node = self.chained.graph.node(id);
        let Op::Running { aggregation } = &node.op else { return TokenStream::new() };
        let span = Span::mixed_site().located_at(node.site.span);
        let running = self.running_handle(id);
        let view = value.view(node.site.span);
        let updated = match aggregation {
            Aggregation::Calls { calls, .. } => {
                let addends = aggregate::addends(calls, value);
                let aggregate = self.names.aggregate(id, node.site.span);
                let names = aggregate::result_names(calls);
                quote_spanned!(span=>
                    let (#(#names,)*) = ::thalweg::__private::Aggregate::finish(
                        &#aggregate, #running.add(hash, key, #addends)?);)
            }
            Aggregation::Reduce(f) => {
                let f = without_move(f);
                let kept = ours("kept", span);
                quote_spanned!(span=>
                    let slot = #running.slot(hash, key, #view);
                    let next = slot.kept().map(|kept| {
                        ::thalweg::__private::into_record(::thalweg::__private::apply2(kept, #view, #f))
                    });
                    let #kept = slot.keep(next);
                )
            }
            Aggregation::Fold { f, .. } => {
                let f = without_move(&value.fitted(f, 1));
                let kept = ours("kept", span);
                quote_spanned!(span=> let #kept = #running.add(hash, key, #view, #f)?;)
            }
        };
        let made = aggregate::result(aggregation, false, node.site.span);
        let (item, bound, rest) = self.bound(id);
        let at = self.moment(id, &running);
        quote_spanned!(span=>
            #at
            #updated
            let #item = #made;
            #bound
            #rest
        )
    }

    /// The handle of a window's state.
    fn window_handle(&mut self, id: NodeId) -> Ident {
        let span = self.chained.graph.node(id).site.span;
        let name = self.names.node(id, span);
        if self.first_use(&name) {
            let Op::Window { aggregation, .. } = &self.chained.graph.node(id).op else {
                return name;
            };
            let spec = self.names.of("spec", id, span);
            let spec = code!(::core::clone::Clone::clone(&#spec));
            let state = self.state_id(self.chained.ids.get(&id).map_or("", String::as_str));
            let made = match aggregation {
                Aggregation::Calls { .. } => {
                    let aggregate = self.names.aggregate(id, span);
                    code!(AggregateWindows::new(#spec, ::core::clone::Clone::clone(&#aggregate)))
                }
                Aggregation::Reduce(_) => code!(ReduceWindows::new(#spec)),
                Aggregation::Fold { init, .. } => code!(FoldWindows::new(#spec, #init)),
            };
            let open = code!(cx.state(#state, ::thalweg::__private::#made));
            self.handles.shared(&name, open);
        }
        name
    }

    /// The handle of a running operator's state.
    pub(super) fn running_handle(&mut self, id: NodeId) -> Ident {
        let span = self.chained.graph.node(id).site.span;
        let name = self.names.node(id, span);
        if self.first_use(&name) {
            let Op::Running { aggregation } = &self.chained.graph.node(id).op else { return name };
            let state = self.state_id(self.chained.ids.get(&id).map_or("", String::as_str));
            let made = match aggregation {
                Aggregation::Calls { .. } => {
                    let aggregate = self.names.aggregate(id, span);
                    code!(Running::new(::core::clone::Clone::clone(&#aggregate)))
                }
                Aggregation::Reduce(_) => code!(Reduce::new()),
                Aggregation::Fold { init, .. } => code!(Fold::new(#init)),
            };
            let ttl = self.ttl_of(id);
            let open = code!(cx.state(#state, ::thalweg::__private::#made #ttl));
            self.handles.shared(&name, open);
        }
        name
    }
}

/// What a field that crossed an exchange is called until its record is rebuilt: as the user does, unless that is a word
/// of ours, such as `key` or `sink0`.
fn taken(field: &Ident) -> Ident {
    const OURS: &[&str] = &["time", "hash", "key", "turn", "chunk", "sides"];
    let name = field.to_string();
    if OURS.contains(&name.as_str()) || name.ends_with(|last: char| last.is_ascii_digit()) {
        ours(&format!("field_{name}"), field.span())
    } else {
        field.clone()
    }
}
