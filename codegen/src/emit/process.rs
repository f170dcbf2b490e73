//! Process functions, `dedup`, and times to live.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;

use super::chain::ChainEmitter;
use super::names::{Names, ours};
use super::operator::{Value, apply, without_move};
use crate::diagnostic::Extent;
use crate::ir::{Hook, Node, NodeId, Op, ProcessInputs, ProcessOp};
use crate::passes::TimeDomain;

/// `let ttl_of_dedup0 = Ttl::checked(..)?;`, where one is given.
pub fn ttl(names: &Names, node: &Node, id: NodeId) -> Option<TokenStream> {
    let (ttl, span) = node.modifiers.ttl.as_ref()?;
    let name = ttl_name(names, id, *span);
    Some(code!(let #name = ::thalweg::__private::Ttl::checked(#ttl)?;))
}

fn ttl_name(names: &Names, id: NodeId, span: Span) -> Ident {
    ours(&format!("ttl_of_{}", names.node(id, span)), span)
}

impl ChainEmitter<'_> {
    /// `.ttl(cx.ttl(..))` of an operator's state, where one is given: the configuration may change it.
    pub fn ttl_of(&self, id: NodeId) -> Option<TokenStream> {
        let (_, span) = self.chained.graph.node(id).modifiers.ttl.as_ref()?;
        let name = ttl_name(self.names, id, *span);
        let state = self.state_id(self.chained.ids.get(&id).map_or("", String::as_str));
        Some(code!(.ttl(cx.ttl(#state, #name))))
    }

    /// Tells a state with a time to live what time it is.
    pub fn moment(&self, id: NodeId, handle: &Ident) -> Option<TokenStream> {
        self.ttl_of(id).map(|_| code!(#handle.at(turn, time);))
    }

    /// Forgets some of what is over.
    pub fn sweep_stage(&mut self, id: NodeId) -> TokenStream {
        let handle = match self.chained.graph.node(id).op {
            Op::Dedup => self.dedup_handle(id),
            _ => self.running_handle(id),
        };
        code!(#handle.sweep(turn);)
    }

    /// The first record of each key passes.
    pub fn dedup(&mut self, id: NodeId, value: &Value) -> TokenStream {
        let span = Span::mixed_site().located_at(self.chained.graph.node(id).site.span);
        let handle = self.dedup_handle(id);
        let at = self.moment(id, &handle);
        let rest = self.readers(id, value);
        quote_spanned!(span=> #at if #handle.is_first(hash, key) { #rest })
    }

    /// The handle of a `dedup`'s state.
    pub fn dedup_handle(&mut self, id: NodeId) -> Ident {
        let name = self.names.node(id, self.chained.graph.node(id).site.span);
        if self.first_use(&name) {
            let state = self.state_id(self.chained.ids.get(&id).map_or("", String::as_str));
            let ttl = self.ttl_of(id);
            let open = code!(cx.state(#state, ::thalweg::__private::Dedup::new() #ttl));
            self.handles.shared(&name, open);
        }
        name
    }

    /// Hands a record to a process function, for each of its inputs that it comes in by.
    pub fn process_side(&mut self, id: NodeId, from: NodeId, value: &Value) -> TokenStream {
        let node = self.chained.graph.node(id);
        let Op::Process(process) = &node.op else { return TokenStream::new() };
        let inputs = node.inputs.iter().enumerate().filter(|(_, input)| **input == from);
        inputs
            .map(|(index, _)| match process.inputs.hook(index) {
                Hook::Broadcast => self.tell(id, process, from, value),
                hook => self.hand(id, process, hook, from, value),
            })
            .collect()
    }

    /// Hands an event to a process function.
    fn hand(
        &mut self,
        id: NodeId,
        process: &ProcessOp,
        hook: Hook,
        from: NodeId,
        value: &Value,
    ) -> TokenStream {
        let at = self.chained.graph.node(id).site.span;
        let span = Span::mixed_site().located_at(at);
        let handle = self.process_handle(id, process);
        let emitted = self.emitted(id);
        let view = value.view(at);
        let key = process.keyed.then(|| quote_spanned!(span=> hash, key,));
        let f = match process.closure(hook) {
            Some(f) => pasted(&value.fitted(f, 1)),
            None => self.value_call(id, "on_event"),
        };
        // A key that is not the other side's is reported on the closure that makes it.
        let blamed = match (hook, &self.chained.graph.node(from).op) {
            (Hook::Right, Op::KeyBy { f: Some(f) }) => Extent::of(&without_move(f)).ends().0,
            _ => at,
        };
        let on_event = ours("on_event", blamed);
        quote_spanned!(span=>
            #handle.#on_event(turn, time, #key #view, &mut #emitted, &mut sides, #f);)
    }

    /// Tells a process function a rule.
    fn tell(
        &mut self,
        id: NodeId,
        process: &ProcessOp,
        from: NodeId,
        value: &Value,
    ) -> TokenStream {
        let at = self.chained.graph.node(id).site.span;
        let span = Span::mixed_site().located_at(at);
        let handle = self.process_handle(id, process);
        let emitted = self.emitted(id);
        let view = value.view(at);
        let Op::BroadcastBy { f: key } = &self.chained.graph.node(from).op else {
            return TokenStream::new();
        };
        let key = apply(&view, key);
        match process.closure(Hook::Broadcast) {
            Some(f) => {
                let f = pasted(f);
                quote_spanned!(span=>
                    #handle.on_broadcast(turn, time, #key, #view, &mut #emitted, &mut sides, #f);)
            }
            None => quote_spanned!(span=> #handle.keep(#key, #view);),
        }
    }

    /// What is due in a process function, then one loop over what it emitted, then its sides.
    pub fn process_stage(&mut self, id: NodeId) -> TokenStream {
        let Op::Process(process) = &self.chained.graph.node(id).op else {
            return TokenStream::new();
        };
        let (handle, emitted) = (self.process_handle(id, process), self.emitted(id));
        let timer = self
            .hook(id, process, Hook::Timer)
            .filter(|_| process.keyed)
            .map(|f| code!(#handle.on_timer(turn, &due, &mut #emitted, &mut sides, #f);));
        let end = self
            .hook(id, process, Hook::End)
            .map(|f| code!(#handle.on_end(turn, &mut due, &mut #emitted, &mut sides, #f);));
        let due = match (&timer, &end) {
            (_, Some(_)) => Some(code!(mut due)),
            (Some(_), None) => Some(code!(due)),
            // Timers that nobody hears, and the end of the keys.
            (None, None) => process.keyed.then(|| code!(_)),
        };
        let due = due.map(|due| {
            code!(while let ::core::option::Option::Some(#due) = #handle.due(turn) { #timer #end })
        });
        let rest = self.scratch_loop(id, &emitted);
        let sides = self.written_sides(&process.sides);
        code!(
            #due
            #rest
            #sides
        )
    }

    fn hook(&self, id: NodeId, process: &ProcessOp, hook: Hook) -> Option<TokenStream> {
        match (process.closure(hook), hook) {
            (Some(f), _) => Some(pasted(f)),
            (None, Hook::Timer) if process.is_value() => Some(self.value_call(id, "on_timer")),
            (None, Hook::End) if process.is_value() => Some(self.value_call(id, "on_end")),
            _ => None,
        }
    }

    /// `|state, event, cx| ProcessFunction::on_event(&function0, state, event, cx)`.
    fn value_call(&self, id: NodeId, method: &str) -> TokenStream {
        let span = Span::mixed_site().located_at(self.chained.graph.node(id).site.span);
        let (function, method) = (self.names.of("function", id, span), ours(method, span));
        let what = (method != "on_end").then(|| quote_spanned!(span=> what,));
        quote_spanned!(span=> |state, #what cx|
            ::thalweg::__private::ProcessFunction::#method(&#function, state, #what cx))
    }

    /// The handle of what a process function emits.
    fn emitted(&mut self, id: NodeId) -> Ident {
        let node = self.chained.graph.node(id);
        let name = self.names.of("emitted", id, node.site.span);
        if self.first_use(&name) {
            let open = match &node.annotation {
                Some(ty) => code!(cx.emissions::<::thalweg::__private::RecordOf<#ty>>()),
                None => code!(cx.emissions()),
            };
            self.handles.own_mut(&name, open);
        }
        name
    }

    /// The handle of a process function's state.
    pub fn process_handle(&mut self, id: NodeId, process: &ProcessOp) -> Ident {
        let span = self.chained.graph.node(id).site.span;
        let name = self.names.node(id, span);
        if !self.first_use(&name) {
            return name;
        }
        self.open_sides(&process.sides);
        let made = self.made_per_task(&process.made);
        let init = if process.is_value() {
            let function = self.names.of("function", id, span);
            self.handles.own(&function, made);
            code!(::thalweg::__private::state_of(&#function))
        } else {
            made
        };
        if !process.keyed {
            let open = code!(::thalweg::__private::UnkeyedProcess::new(#init, cx.task()));
            self.handles.own_mut(&name, open);
            return name;
        }
        let state = self.state_id(self.chained.ids.get(&id).map_or("", String::as_str));
        let ttl = self.ttl_of(id);
        let time = match crate::passes::time_domain(&self.chained.graph, id) {
            TimeDomain::Processing => code!(.processing_time()),
            TimeDomain::Event => TokenStream::new(),
        };
        let end = process.hears(Hook::End).then(|| code!(.hears_end()));
        let made = code!(::thalweg::__private::Process::new(#init) #ttl #time #end);
        let made = match process.inputs {
            ProcessInputs::Rules => code!(::thalweg::__private::BroadcastProcess::new(#made)),
            _ => made,
        };
        let open = code!(cx.state(#state, #made));
        self.handles.shared(&name, open);
        name
    }

    /// Hands on what was written to sides by name.
    pub fn written_sides(&mut self, named: &[(Ident, NodeId)]) -> TokenStream {
        named
            .iter()
            .map(|(name, side)| {
                let name = user_word(name);
                let written = ours("written", self.chained.graph.node(*side).site.span);
                let write = self.write_side(*side, &code!(#written));
                code!(
                    for (time, #written) in sides.records(#name) { #write }
                    sides.clear(#name);
                )
            })
            .collect()
    }

    /// The sides that a process function calls by name.
    pub fn open_sides(&mut self, named: &[(Ident, NodeId)]) {
        let sides = ours("sides", Span::call_site());
        if self.first_use(&sides) {
            self.handles.own_mut(&sides, code!(::thalweg::__private::Sides::default()));
        }
        for (name, side) in named {
            if !self.first_use(&ours(&format!("side_{name}"), Span::call_site())) {
                continue;
            }
            let ty = self.chained.graph.node(*side).annotation.as_ref();
            let ty = ty.map(|ty| code!(::<::thalweg::__private::RecordOf<#ty>>));
            self.handles.own(&user_word(name), code!(sides.declare #ty (cx)));
        }
    }

    /// The user's expression, with clones of its own of what it captures: it is evaluated once per task.
    pub fn made_per_task(&self, made: &Expr) -> TokenStream {
        let variables = &self.chained.graph.variables;
        let clones: TokenStream = super::captures::captured_by(made.to_token_stream(), variables)
            .into_iter()
            .map(|name| {
                let word = Ident::new(&name, Span::call_site());
                code!(let #word = ::core::clone::Clone::clone(&#word);)
            })
            .collect();
        if clones.is_empty() {
            return made.to_token_stream();
        }
        let mut made = made.clone();
        if let Expr::Closure(closure) = &mut made {
            closure.capture = Some(Default::default());
        }
        code!({ #clones #made })
    }
}

/// A closure as it is; the name of a function, or a closure that a fragment was given, is called and not used up.
fn pasted(f: &Expr) -> TokenStream {
    match f {
        Expr::Closure(_) => without_move(f).into_token_stream(),
        other => code!(&#other),
    }
}

/// The user's own word, so that closures find it.
fn user_word(name: &Ident) -> Ident {
    Ident::new(&name.to_string(), Span::call_site())
}
