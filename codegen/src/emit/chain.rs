//! One chain: its factory, its turn, and the handles between them.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::fragment;
use super::handles::Handles;
use super::names::{Names, condition, exchange, ours, partial};
use super::operator::Value;
use crate::diagnostic::Extent;
use crate::ir::{NodeId, Op};
use crate::passes::{Chained, EdgeId, Payload, Stage};

/// Emits one chain.
pub struct ChainEmitter<'c> {
    pub chained: &'c Chained,
    pub names: &'c Names,
    pub chain: usize,
    pub handles: Handles,
    /// What has been opened.
    opened: BTreeSet<String>,
    /// How often each generated word was used.
    words: BTreeMap<String, usize>,
}

impl<'c> ChainEmitter<'c> {
    /// An emitter for chain `chain`.
    pub fn new(chained: &'c Chained, names: &'c Names, chain: usize) -> ChainEmitter<'c> {
        ChainEmitter {
            chained,
            names,
            chain,
            handles: Handles::default(),
            opened: BTreeSet::new(),
            words: BTreeMap::new(),
        }
    }

    /// The statements that register the chain. What follows a fragment is part of the fragment's call instead.
    pub fn emit(mut self) -> TokenStream {
        let head = self.chained.chains[self.chain].head;
        match self.chained.graph.node(head).op {
            Op::Fragment { .. } => {
                let stage = self.stage_value();
                fragment::call(self.chained, self.names, head, &stage)
            }
            Op::Input { .. } => {
                let stage = self.stage_value();
                code!(let input = #stage;)
            }
            _ => self.registered(),
        }
    }

    /// `plan.chain(spec, factory);`
    fn registered(&mut self) -> TokenStream {
        let first = self.first_stages();
        self.handles.take_split();
        let rest = self.later_stages();
        let later_split = self.handles.take_split();
        let (cloned, cloned_per_task) = self.captures();
        let spec = self.spec();
        let (open, borrow) = (self.handles.open(), self.handles.borrow());
        let head = self.chained.graph.node(self.chained.chains[self.chain].head).site.span;
        // What cannot be shared between tasks is reported on the chain's first operator.
        self.under_condition(quote_spanned! { Span::mixed_site().located_at(head)=>
            #cloned
            plan.chain(#spec, move |cx: &mut ::thalweg::__private::TaskContext| {
                #cloned_per_task
                #open
                ::core::result::Result::Ok(
                    move |turn: &mut ::thalweg::__private::Turn<'_>|
                        -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        #borrow
                        #first
                        #later_split
                        #rest
                        ::core::result::Result::Ok(())
                    },
                )
            });
        })
    }

    /// `Segment { spec, open }`: a part of somebody else's loop.
    fn stage_value(&mut self) -> TokenStream {
        let head = self.chained.chains[self.chain].head;
        // What a fragment is given, its signature says; what it returns, its call says before what follows is compiled.
        let given = match &self.chained.graph.node(head).annotation {
            Some(ty) => code! {
                ::thalweg::__private::Returned::<::thalweg::__private::GivenOf<#ty>>::new()
            },
            None => {
                let returned = fragment::returned(self.names, head);
                code!(#returned)
            }
        };
        let word = self.word_for(head);
        let (pattern, hash) = match self.chained.graph.node(head).op {
            Op::Input { keyed: true, .. } => {
                (code!((key, #word)), code!(let hash = ::thalweg::__private::key_hash(&key);))
            }
            _ => (code!(#word), TokenStream::new()),
        };
        let body = self.readers(head, &Value::of_view(word.clone()));
        let split = self.handles.take_split();
        let rest = self.later_stages();
        let later_split = self.handles.take_split();
        let (cloned, cloned_per_task) = self.captures();
        let spec = self.spec();
        let (open, borrow) = (self.handles.open(), self.handles.borrow());
        code!({
            #cloned
            ::thalweg::__private::Segment::new(#spec, move |cx: &mut ::thalweg::__private::TaskContext| {
                #cloned_per_task
                #open
                ::core::result::Result::Ok(
                    move |turn: &mut ::thalweg::__private::Turn<'_>, step: ::thalweg::__private::Step<'_, _>|
                        -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        #borrow
                        match #given.of(step) {
                            ::thalweg::__private::Step::Record(time, #pattern) => { #hash #split #body }
                            ::thalweg::__private::Step::After => { #later_split #rest }
                        }
                        ::core::result::Result::Ok(())
                    },
                )
            })
        })
    }

    /// The loops over what comes in: one for each exchange that the chain reads.
    fn first_stages(&mut self) -> TokenStream {
        let stages = self.chained.chains[self.chain].stages.iter();
        stages.filter(|stage| brings(stage)).map(|stage| self.stage(*stage)).collect()
    }

    /// All loops behind the first, in order; then the stages of fragments; then what was pre-aggregated.
    fn later_stages(&mut self) -> TokenStream {
        let chained = self.chained;
        let (drains, loops): (Vec<Stage>, Vec<Stage>) = chained.chains[self.chain]
            .stages
            .iter()
            .filter(|stage| !brings(stage))
            .partition(|stage| matches!(stage, Stage::Drain(_)));
        let mut tokens: TokenStream = loops.into_iter().map(|stage| self.stage(stage)).collect();
        for id in chained.followers(self.chain) {
            tokens.extend(match chained.graph.node(id).op {
                Op::Output => self.after_rest(id),
                _ => self.after_fragment(id),
            });
        }
        tokens.extend(drains.into_iter().map(|stage| self.stage(stage)).collect::<TokenStream>());
        tokens
    }

    /// The chain takes part only under its head's condition.
    fn under_condition(&self, register: TokenStream) -> TokenStream {
        let head = self.chained.chains[self.chain].head;
        let node = self.chained.graph.node(head);
        match (&node.op, node.condition) {
            (Op::Source { .. }, Some(_)) => {
                let source = self.names.node(head, node.site.span);
                code!(if let ::core::option::Option::Some(#source) = #source { #register })
            }
            (_, Some(own)) => {
                let own = condition(own);
                code!(if #own { #register })
            }
            _ => code!({ #register }),
        }
    }

    /// Clones of captured variables for the chain, and of those for each task.
    fn captures(&self) -> (TokenStream, TokenStream) {
        let (mut chain, mut task) = (TokenStream::new(), TokenStream::new());
        let mut seen = BTreeSet::new();
        for id in self.evaluated() {
            let node = self.chained.graph.node(id);
            for name in super::captures::captures(node, &self.chained.graph.variables) {
                if !seen.insert(name.clone()) {
                    continue;
                }
                let captured = super::plan::captured(&name, id);
                // The user's own word, so that the closure finds it.
                let word = Ident::new(&name, Span::call_site());
                chain.extend(code!(let #word = ::core::clone::Clone::clone(&#captured);));
                task.extend(code!(let #word = ::core::clone::Clone::clone(&#word);));
            }
        }
        if fragment::is_fragment(self.chained) {
            chain.extend(code!(let path = ::std::string::String::from(path);));
        }
        for options in self.async_options() {
            chain.extend(code!(let #options = ::core::clone::Clone::clone(&#options);));
        }
        for aggregate in self.aggregates() {
            chain.extend(code!(let #aggregate = ::core::clone::Clone::clone(&#aggregate);));
            task.extend(code!(let #aggregate = ::core::clone::Clone::clone(&#aggregate);));
        }
        (chain, task)
    }

    /// The nodes whose closures run in this chain: its own, and the keys and pre-aggregates of what it writes.
    fn evaluated(&self) -> Vec<NodeId> {
        let chain = &self.chained.chains[self.chain];
        let mut nodes = chain.nodes.clone();
        for edge in &chain.outputs {
            let edge = self.chained.edge(*edge);
            nodes.push(edge.to);
            if let Payload::Partial(window) = edge.payload {
                nodes.push(window);
            }
        }
        nodes
    }

    /// The aggregates whose accumulators this chain adds to, merges or finishes.
    fn aggregates(&self) -> Vec<Ident> {
        let chain = &self.chained.chains[self.chain];
        let own = chain.nodes.iter().copied();
        let partial =
            chain.outputs.iter().filter_map(|edge| match self.chained.edge(*edge).payload {
                Payload::Partial(window) => Some(window),
                _ => None,
            });
        own.chain(partial)
            .filter(|id| super::plan::has_aggregate(&self.chained.graph.node(*id).op))
            .map(|id| self.names.aggregate(id, self.chained.graph.node(id).site.span))
            .collect()
    }

    fn spec(&self) -> TokenStream {
        let chain = &self.chained.chains[self.chain];
        let operators =
            chain.nodes.iter().filter(|id| self.is_shown(**id)).map(|id| self.operator_spec(*id));
        let inputs = chain.inputs.iter().map(|edge| exchange(*edge));
        let outputs = chain.outputs.iter().map(|edge| exchange(*edge)).chain(
            self.chained
                .external_sides(self.chain)
                .into_iter()
                .map(|side| fragment::external_side(self.chained, side)),
        );
        let parallelism = chain.parallelism.as_ref().map(|n| code!(.parallelism(#n)));
        let stages = self.followers().into_iter().map(|stage| code!(.followed_by(&#stage.spec)));
        code!(::thalweg::__private::ChainSpec::new(
            ::std::vec![#(#operators),*],
            ::std::vec![#(#inputs.id()),*],
            ::std::vec![#(#outputs.id()),*],
        ) #parallelism #(#stages)*)
    }

    /// The fragments, and the caller's rest, that are fused behind this chain.
    fn followers(&self) -> Vec<Ident> {
        let name = |id: NodeId| {
            let node = self.chained.graph.node(id);
            match node.op {
                Op::Output => ours("rest", Span::call_site()),
                _ => self.names.node(id, node.site.span),
            }
        };
        self.chained.followers(self.chain).into_iter().map(name).collect()
    }

    fn is_shown(&self, id: NodeId) -> bool {
        !matches!(
            self.chained.graph.node(id).op,
            Op::Arm(_)
                | Op::KeyBy { f: None }
                | Op::Fragment { .. }
                | Op::Input { .. }
                | Op::Output
        )
    }

    fn operator_spec(&self, id: NodeId) -> TokenStream {
        let node = self.chained.graph.node(id);
        let (kind, text) = (&node.site.kind, &node.site.text);
        let (first, last) = (node.site.lines.0 as u32, node.site.lines.1 as u32);
        let state = self.chained.ids.get(&id).map(|state| {
            let state = self.state_id(state);
            code!(.state(#state))
        });
        let keeps = super::keeps::keeps(node).map(|kept| code!(.keeps(#kept)));
        let ttl = node.modifiers.ttl.as_ref().map(|_| code!(.with_ttl()));
        code!(::thalweg::__private::OperatorSpec::new(#kind, #text, ::core::file!(), #first, #last) #state #keeps #ttl)
    }

    /// A state's id: inside a fragment, behind the path of the call.
    pub fn state_id(&self, id: &str) -> TokenStream {
        if fragment::is_fragment(self.chained) && !id.is_empty() {
            code!(::thalweg::__private::state_id(&path, #id))
        } else {
            code!(#id)
        }
    }

    /// A word of ours that was not used in this chain yet: `item`, `item1`.
    pub fn fresh(&mut self, word: &str, span: Span) -> Ident {
        let count = self.words.entry(word.to_owned()).or_default();
        let name = if *count == 0 { word.to_owned() } else { format!("{word}{count}") };
        *count += 1;
        ours(&name, span)
    }

    /// True the first time a handle is asked for: then it must be opened.
    pub fn first_use(&mut self, name: &Ident) -> bool {
        self.opened.insert(name.to_string())
    }

    /// The handle of a sink.
    pub fn sink(&mut self, id: NodeId) -> Ident {
        let node = self.chained.graph.node(id);
        let name = self.names.node(id, node.site.span);
        if self.first_use(&name) {
            let at = match &node.op {
                Op::Sink { expr, .. } => Extent::of(expr).ends().0,
                _ => node.site.span,
            };
            let at = Span::mixed_site().located_at(at);
            let sink = ours(&name.to_string(), at);
            let open = match node.condition {
                Some(_) => quote_spanned!(at=> cx.optional_sink(&#sink)?),
                None => quote_spanned!(at=> cx.sink(&#sink)?),
            };
            self.handles.shared(&name, open);
        }
        name
    }

    /// The handle of the scratch batch of a side or union.
    pub fn scratch(&mut self, id: NodeId) -> Ident {
        let name = self.names.node(id, self.chained.graph.node(id).site.span);
        self.open_scratch(id, &name);
        name
    }

    /// Opens, once, a scratch batch of what leaves `id`.
    pub fn open_scratch(&mut self, id: NodeId, name: &Ident) {
        if self.first_use(name) {
            let open = match &self.chained.graph.node(id).annotation {
                Some(ty) => code!(cx.scratch::<::thalweg::__private::RecordOf<#ty>>()),
                None => code!(cx.scratch()),
            };
            self.handles.shared(name, open);
        }
    }

    /// The loop of what reads `id` over what was written to a scratch batch.
    pub fn scratch_loop(&mut self, id: NodeId, scratch: &Ident) -> TokenStream {
        let word = self.word_for(id);
        let body = self.readers(id, &Value::of_view(word.clone()));
        code!(
            for (time, #word) in #scratch.records() { #body }
            #scratch.clear();
        )
    }

    /// The handle of an edge's writing end.
    pub fn output(&mut self, edge: EdgeId) {
        let name = exchange(edge);
        if !self.first_use(&name) {
            return;
        }
        let open = match self.clock_above(self.chained.edge(edge).to) {
            Some(watermarks) => {
                self.clock(watermarks);
                let watermarks = self.names.node(watermarks, Span::call_site());
                code!(cx.timed_output(#name, &#watermarks))
            }
            None => code!(cx.output(#name)),
        };
        let to = self.chained.graph.node(self.chained.edge(edge).to).site.span;
        self.handles.shared(&ours(&name.to_string(), to), open);
        if let Payload::Partial(window) = self.chained.edge(edge).payload {
            let span = self.chained.graph.node(window).site.span;
            let spec = self.names.of("spec", window, span);
            let aggregate = self.names.aggregate(window, span);
            let partial = partial(edge);
            let open = code!(cx.state("", ::thalweg::__private::Partials::new(
                ::core::clone::Clone::clone(&#spec),
                ::core::clone::Clone::clone(&#aggregate),
            )));
            self.handles.shared(&ours(&partial.to_string(), span), open);
        }
    }

    /// The generator in this chain whose watermarks reach `to`, if there is one between.
    pub fn clock_above(&self, to: NodeId) -> Option<NodeId> {
        let mut inputs = self.chained.graph.node(to).inputs.clone();
        while let Some(id) = inputs.pop() {
            if self.chained.chain_of.get(&id) != Some(&self.chain) {
                continue;
            }
            let node = self.chained.graph.node(id);
            if matches!(node.op, Op::EventTime { .. }) {
                return Some(id);
            }
            inputs.extend(&node.inputs);
        }
        None
    }

    /// The clock of an `event_time`: its generator for the split that a turn reads.
    pub fn clock(&mut self, id: NodeId) -> Ident {
        let span = self.chained.graph.node(id).site.span;
        let (watermarks, clock) = (self.names.node(id, span), self.names.of("clock", id, span));
        if self.first_use(&watermarks) {
            let strategy = self.names.of("strategy", id, span);
            let open = code!(cx.watermarks(::core::clone::Clone::clone(&#strategy)));
            self.handles.watermarks(&watermarks, &clock, open);
        }
        clock
    }
}

/// True for loops over what comes in.
fn brings(stage: &Stage) -> bool {
    matches!(stage, Stage::Source | Stage::Input(_))
}
