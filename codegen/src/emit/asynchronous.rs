//! `async_map`: what asks, and the loop over answers.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::chain::ChainEmitter;
use super::names::{Names, ours};
use super::operator::{Value, apply};
use crate::ir::{AsyncMap, NodeId, OnError, Op};

/// `let options0 = AsyncOptions::default().capacity(..).checked()?;`
pub fn prelude(names: &Names, id: NodeId, map: &AsyncMap, span: Span) -> TokenStream {
    let name = names.of("options", id, span);
    let words = map.options.iter().map(|(word, args)| code!(.#word(#(#args),*)));
    code!(let #name = <::thalweg::__private::AsyncOptions as ::core::default::Default>::default()
        #(#words)*.checked()?;)
}

impl ChainEmitter<'_> {
    /// The options of the futures that this chain runs.
    pub fn async_options(&self) -> Vec<Ident> {
        let nodes = self.chained.chains[self.chain].nodes.iter();
        nodes
            .filter(|id| matches!(self.chained.graph.node(**id).op, Op::AsyncMap(_)))
            .map(|id| self.names.of("options", *id, self.chained.graph.node(*id).site.span))
            .collect()
    }

    fn async_handle(&mut self, id: NodeId) -> Ident {
        let span = self.chained.graph.node(id).site.span;
        let name = self.names.node(id, span);
        if self.first_use(&name) {
            let options = self.names.of("options", id, span);
            let state = self.state_id(self.chained.ids.get(&id).map_or("", String::as_str));
            self.handles.shared(&name, code!(cx.asynchronous(#state, &#options)?));
        }
        name
    }

    /// Makes the future of a record. It owns the record and what the closure captures; the closure stands in a loop,
    /// once, so that it can be called again.
    pub fn ask(&mut self, id: NodeId, value: &Value) -> TokenStream {
        let node = self.chained.graph.node(id);
        let Op::AsyncMap(map) = &node.op else { return TokenStream::new() };
        let span = Span::mixed_site().located_at(node.site.span);
        let handle = self.async_handle(id);
        let view = value.view(node.site.span);
        let captured: Vec<Ident> = super::captures::captures(node, &self.chained.graph.variables)
            .into_iter()
            .map(|name| Ident::new(&name, Span::call_site()))
            .collect();
        let clones = code!(#(let #captured = ::core::clone::Clone::clone(&#captured);)*);
        let asked = ours("asked", node.site.span);
        let future = apply(&code!(#asked.view()), &value.fitted(&map.f, 0));
        let made = quote_spanned!(span=> |mut #asked| {
            #clones
            async move {
                loop {
                    #clones
                    let answer = ::thalweg::__private::answer(#future.await);
                    if let ::core::option::Option::Some(answer) = #asked.settled(answer).await {
                        break answer;
                    }
                }
            }
        });
        match &map.key {
            None => quote_spanned!(span=> #handle.ask(time, #view, #made);),
            Some(key) => {
                let key = apply(&view, &value.fitted(key, 0));
                quote_spanned!(span=> #handle.ask_cached(turn, time, #view, #key, #made);)
            }
        }
    }

    /// The loop over the answers that may be handed on.
    pub fn answers_stage(&mut self, id: NodeId) -> TokenStream {
        let node = self.chained.graph.node(id);
        let Op::AsyncMap(map) = &node.op else { return TokenStream::new() };
        let span = Span::mixed_site().located_at(node.site.span);
        let handle = self.async_handle(id);
        let (answered, record) = (ours("answered", span), ours("asked", span));
        let (answer, error) = (ours("answer", span), ours("error", span));
        let failed = match map.on_error {
            OnError::Fail => {
                let operator = format!("{} (line {})", node.site.text, node.site.lines.0);
                quote_spanned!(span=> return ::core::result::Result::Err(
                    ::thalweg::__private::Failure::of_operator(#operator, #error)
                        .at(|| ::thalweg::__private::shown(&#record)));)
            }
            policy => self.failed(id, policy, &Value::of_view(record.clone()), &error),
        };
        let (item, bound, rest) = self.bound(id);
        quote_spanned!(span=>
            while let ::core::option::Option::Some(#answered) = #handle.answered(turn)? {
                let time = #answered.time();
                let #record = #answered.record();
                match #answered.answer() {
                    ::core::result::Result::Ok(#answer) => {
                        let #item = (#record, #answer);
                        #bound
                        #rest
                    }
                    ::core::result::Result::Err(#error) => { #failed }
                }
            }
        )
    }
}
