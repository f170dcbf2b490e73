//! Joins: each side's loop adds to one state, a loop of its own yields what was joined.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::Expr;

use super::chain::ChainEmitter;
use super::names::{Names, ours};
use super::operator::{Value, without_move};
use crate::catalog::JoinKind;
use crate::diagnostic::Extent;
use crate::ir::{Join, JoinBound, NodeId, Op};
use crate::passes::{Chained, TimeDomain};

/// What bounds a join, checked when the plan is built.
pub fn prelude(chained: &Chained, names: &Names, id: NodeId, join: &Join) -> TokenStream {
    let bound = bound(names, id, chained.graph.node(id).site.span);
    match &join.bound {
        JoinBound::Window { spec, options } => {
            let options = options.iter().map(|(word, value)| code!(.#word(#value)));
            let time = match crate::passes::time_domain(&chained.graph, id) {
                TimeDomain::Processing => code!(.processing_time()),
                TimeDomain::Event => TokenStream::new(),
            };
            let spec = match spec {
                Expr::Call(_) | Expr::MethodCall(_) | Expr::Path(_) | Expr::Paren(_) => {
                    code!(#spec)
                }
                other => code!((#other)),
            };
            code!(let #bound = ::thalweg::__private::checked(#spec #(#options)* #time)?;)
        }
        JoinBound::Within { range, .. } => {
            code!(let #bound = ::thalweg::__private::Within::checked(#range)?;)
        }
        JoinBound::AsOf { .. } => TokenStream::new(),
    }
}

fn bound(names: &Names, id: NodeId, span: Span) -> Ident {
    names.of("bound", id, span)
}

fn kind(kind: JoinKind) -> TokenStream {
    let word = match kind {
        JoinKind::Inner => "Inner",
        JoinKind::Left => "Left",
        JoinKind::Right => "Right",
        JoinKind::Full => "Full",
        JoinKind::CoGroup => "CoGroup",
    };
    let word = ours(word, Span::call_site());
    code!(::thalweg::__private::JoinKind::#word)
}

impl ChainEmitter<'_> {
    fn joined(&self, id: NodeId) -> Option<&Join> {
        match &self.chained.graph.node(id).op {
            Op::Join(join) => Some(join),
            _ => None,
        }
    }

    /// The handle of a join's state.
    pub fn join_handle(&mut self, id: NodeId) -> Ident {
        let span = self.chained.graph.node(id).site.span;
        let name = self.names.node(id, span);
        if self.first_use(&name) {
            let Some(join) = self.joined(id) else { return name };
            let (bound, kind) = (bound(self.names, id, span), kind(join.kind));
            let bound = code!(::core::clone::Clone::clone(&#bound));
            let made = match join.bound {
                JoinBound::Window { .. } => code!(WindowJoin::new(#bound, #kind)),
                JoinBound::Within { .. } => code!(IntervalJoin::new(#bound, #kind)),
                JoinBound::AsOf { .. } => code!(AsOfJoin::new(#kind)),
            };
            let state = self.state_id(self.chained.ids.get(&id).map_or("", String::as_str));
            self.handles.shared(&name, code!(cx.state(#state, ::thalweg::__private::#made)));
        }
        name
    }

    /// Adds a record of one side, or of both if one stream is both, and hands on what is late.
    pub fn join_side(&mut self, id: NodeId, from: NodeId, value: &Value) -> TokenStream {
        let inputs = &self.chained.graph.node(id).inputs;
        let sides: Vec<usize> = (0..inputs.len()).filter(|side| inputs[*side] == from).collect();
        sides.into_iter().map(|side| self.add_to_join(id, from, side, value)).collect()
    }

    fn add_to_join(&mut self, id: NodeId, from: NodeId, side: usize, value: &Value) -> TokenStream {
        let Some(join) = self.joined(id) else { return TokenStream::new() };
        let (late, at) = (join.late[side], self.chained.graph.node(id).site.span);
        let handle = self.join_handle(id);
        // A key that is not the other side's is reported on the closure that makes it.
        let blamed = match &self.chained.graph.node(from).op {
            Op::KeyBy { f: Some(f) } => Extent::of(&without_move(f)).ends().0,
            _ => at,
        };
        let add = ours(["left", "right"][side], blamed);
        let view = value.view(at);
        let span = Span::mixed_site().located_at(at);
        let added = quote_spanned!(span=> #handle.#add(turn, time, hash, key, #view));
        match late {
            Some(side) => {
                let write = self.write_side(side, &view);
                quote_spanned!(span=> if !#added { #write })
            }
            None => quote_spanned!(span=> let _ = #added;),
        }
    }

    /// The loop over what was joined.
    pub fn join_fire(&mut self, id: NodeId) -> TokenStream {
        let Some(join) = self.joined(id) else { return TokenStream::new() };
        let rows = match join.kind {
            JoinKind::Inner => "inner",
            JoinKind::Left => "left",
            JoinKind::Right => "right",
            JoinKind::Full => "full",
            JoinKind::CoGroup => return self.groups_fire(id),
        };
        let rows = ours(rows, self.chained.graph.node(id).site.span);
        let handle = self.join_handle(id);
        let (item, bound, rest) = self.bound(id);
        code!(while let ::core::option::Option::Some(joined) = #handle.fire(turn) {
            let time = joined.time();
            let #item = joined.#rows();
            #bound
            #rest
        })
    }

    /// The loop over the groups: what a group's function emits is read before the next group.
    fn groups_fire(&mut self, id: NodeId) -> TokenStream {
        let node = self.chained.graph.node(id);
        let span = node.site.span;
        let Some(f) = self.joined(id).and_then(|join| join.groups.clone()) else {
            return TokenStream::new();
        };
        let handle = self.join_handle(id);
        let scratch = self.names.of("emitted", id, span);
        self.open_scratch(id, &scratch);
        let f = match &f {
            Expr::Closure(_) => {
                let f = without_move(&f);
                code!(#f)
            }
            f => code!(&#f),
        };
        let rest = self.scratch_loop(id, &scratch);
        code!(while let ::core::option::Option::Some(group) = #handle.group(turn) {
            ::thalweg::__private::apply_group(&group, #scratch, #f);
            #rest
        })
    }
}
