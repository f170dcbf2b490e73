//! Fragments: fused parts that are compiled where they stand, in any crate.
//!
//! `#[operator] fn clean(..)` becomes a function that is given the caller's rest (what happens to the records it
//! returns) as a *segment* and returns a segment of its own: what happens to the records it is given. Without an exchange
//! inside, one segment calls the other in the caller's loop and rustc inlines both; exchanges inside are its own chains.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{GenericParam, Type};

use super::chain::ChainEmitter;
use super::definition::body;
use super::names::{Names, exchange, ours};
use super::operator::Value;
use crate::ast::Fragment;
use crate::ir::{NodeId, Op};
use crate::passes::Chained;

/// Emits a whole fragment.
pub fn emit_fragment(fragment: &Fragment, chained: &Chained) -> TokenStream {
    let Fragment { attributes, visibility, name, stream, returns, generics, .. } = fragment;
    let (given, returned) = (given_of(&stream.ty), record_of(returns));
    let Parameters { list, closures, bounds } = parameters(fragment);
    let own = &generics.params;
    let own_names = generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(ty) => Some(&ty.ident),
        GenericParam::Const(value) => Some(&value.ident),
        GenericParam::Lifetime(_) => None,
    });
    let where_clause = generics.where_clause.as_ref().map(|clause| &clause.predicates);
    let separator = (!own.is_empty() && !own.trailing_punct()).then(|| code!(,));
    let body = body(chained);
    code! {
        #(#attributes)*
        #[allow(clippy::too_many_arguments)]
        #visibility fn #name<#own #separator #(#closures: #bounds,)* Rest>(
            plan: &mut ::thalweg::__private::Plan,
            path: &str,
            _: ::thalweg::__private::Returned<#returned>,
            rest: ::thalweg::__private::Segment<Rest>,
            #(#list,)*
        ) -> ::core::result::Result<
            ::thalweg::__private::Segment<
                impl ::thalweg::__private::OpenSegment<#given> + use<#(#own_names,)* #(#closures,)* Rest>,
            >,
            ::thalweg::__private::Failure,
        >
        where
            Rest: ::thalweg::__private::OpenSegment<#returned>,
            #where_clause
        {
            #body
            ::core::result::Result::Ok(input)
        }
    }
}

/// A fragment's parameters; closures get a generic parameter each, which what it returns may name.
struct Parameters {
    list: Vec<TokenStream>,
    closures: Vec<Ident>,
    bounds: Vec<TokenStream>,
}

fn parameters(fragment: &Fragment) -> Parameters {
    let mut parameters = Parameters { list: Vec::new(), closures: Vec::new(), bounds: Vec::new() };
    let (mut sides, mut values) = (fragment.sides.iter(), fragment.values.iter());
    for is_side in &fragment.order {
        let Some(parameter) = (if *is_side { sides.next() } else { values.next() }) else {
            continue;
        };
        let (name, ty) = (&parameter.name, &parameter.ty);
        parameters.list.push(match ty {
            _ if *is_side => {
                let (name, record) = (ours(&name.to_string(), Span::call_site()), record_of(ty));
                code!(#name: ::thalweg::__private::Edge<#record>)
            }
            Type::ImplTrait(closure) => {
                let word = ours(&format!("Closure{}", parameters.closures.len()), name.span());
                let bounds = &closure.bounds;
                // Captured, so cloned for every task.
                parameters.bounds.push(code!(#bounds
                    + ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static));
                parameters.closures.push(word.clone());
                code!(#name: #word)
            }
            ty => code!(#name: #ty),
        });
    }
    parameters
}

fn given_of(ty: &Type) -> TokenStream {
    code!(::thalweg::__private::GivenOf<#ty>)
}

fn record_of(ty: &Type) -> TokenStream {
    code!(::thalweg::__private::RecordOf<#ty>)
}

/// The call of a fragment: its rest is emitted first, as an argument.
pub fn call(chained: &Chained, names: &Names, id: NodeId, rest: &TokenStream) -> TokenStream {
    let node = chained.graph.node(id);
    let Op::Fragment { path, args } = &node.op else { return TokenStream::new() };
    let name = names.node(id, node.site.span);
    let word = path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    let place = match node.binding.as_str() {
        "" => format!("{word}/{}", names.number(id)),
        binding => format!("{binding}/{word}/{}", names.number(id)),
    };
    let args = args.iter().enumerate().map(|(index, arg)| match arg {
        Ok(side) => match chained.edge_to(*side) {
            Some(edge) => {
                let edge = exchange(edge);
                code!(#edge)
            }
            None => {
                let side = external_side(chained, *side);
                code!(#side)
            }
        },
        Err(_) => {
            let value = argument(names, id, index);
            code!(#value)
        }
    });
    let place = match is_fragment(chained) {
        true => code!(&::thalweg::__private::state_id(path, #place)),
        false => code!(#place),
    };
    let returned = returned(names, id);
    code! {
        let #returned = ::thalweg::__private::Returned::new();
        let #name = #path(plan, #place, #returned, #rest, #(#args),*)?;
    }
}

/// Tells what follows a call, from its signature, what records it is given: an argument before it fixes their type.
pub fn returned(names: &Names, id: NodeId) -> Ident {
    ours(&format!("returned{}", names.number(id)), Span::call_site())
}

/// The values that a fragment is called with, evaluated when the statement is reached.
pub fn arguments(chained: &Chained, names: &Names, id: NodeId) -> TokenStream {
    let Op::Fragment { args, .. } = &chained.graph.node(id).op else { return TokenStream::new() };
    args.iter()
        .enumerate()
        .filter_map(|(index, arg)| {
            let expr = arg.as_ref().err()?;
            let name = argument(names, id, index);
            Some(code!(let #name = #expr;))
        })
        .collect()
}

fn argument(names: &Names, id: NodeId, index: usize) -> Ident {
    ours(&format!("argument{}_{index}", names.number(id)), Span::call_site())
}

/// True inside a fragment, whose states stand behind the path of its call.
pub fn is_fragment(chained: &Chained) -> bool {
    chained.graph.nodes.iter().any(|node| matches!(node.op, Op::Input { .. }))
}

/// A side that this fragment was itself given.
pub fn external_side(chained: &Chained, side: NodeId) -> Ident {
    match &chained.graph.node(side).op {
        Op::Side { name, .. } => ours(&name.to_string(), Span::call_site()),
        _ => ours("side", Span::call_site()),
    }
}

impl ChainEmitter<'_> {
    /// Hands a record to a fragment.
    pub fn write_fragment(&mut self, id: NodeId, value: &Value) -> TokenStream {
        let name = self.fragment_handle(id);
        let node = self.chained.graph.node(id);
        let view = value.view(node.site.span);
        let keyed = |input: &NodeId| self.chained.graph.node(*input).op.is_keyed();
        let given = if node.inputs.iter().any(keyed) { code!((key, #view)) } else { view };
        code!(#name(turn, ::thalweg::__private::Step::Record(time, #given))?;)
    }

    /// Lets a fragment do what comes behind the loops: firings, scratch batches.
    pub fn after_fragment(&mut self, id: NodeId) -> TokenStream {
        let name = self.fragment_handle(id);
        code!(#name(turn, ::thalweg::__private::Step::After)?;)
    }

    fn fragment_handle(&mut self, id: NodeId) -> Ident {
        let name = self.names.node(id, self.chained.graph.node(id).site.span);
        if self.first_use(&name) {
            let open =
                self.clocked(id, &code!(::thalweg::__private::OpenSegment::open(&#name.open, cx)));
            self.handles.own_mut(&name, code!(#open?));
        }
        name
    }

    /// Hands a record to the caller's rest.
    pub fn write_rest(&mut self, id: NodeId, value: &Value) -> TokenStream {
        let rest = self.rest_handle(id);
        let view = value.view(self.chained.graph.node(id).site.span);
        code!(#rest(turn, ::thalweg::__private::Step::Record(time, #view))?;)
    }

    /// Lets the caller's rest do what comes behind the loops.
    pub fn after_rest(&mut self, id: NodeId) -> TokenStream {
        let rest = self.rest_handle(id);
        code!(#rest(turn, ::thalweg::__private::Step::After)?;)
    }

    fn rest_handle(&mut self, id: NodeId) -> Ident {
        let next = ours("next", Span::call_site());
        if self.first_use(&next) {
            let open =
                self.clocked(id, &code!(::thalweg::__private::OpenSegment::open(&rest.open, cx)));
            self.handles.own_mut(&next, code!(#open?));
        }
        next
    }

    /// Opens something whose outputs follow a generator of this chain, if there is one before it.
    fn clocked(&mut self, id: NodeId, open: &TokenStream) -> TokenStream {
        match self.clock_above(id) {
            Some(watermarks) => {
                self.clock(watermarks);
                let watermarks = self.names.node(watermarks, Span::call_site());
                code!(cx.clocked(&#watermarks, |cx| #open))
            }
            None => open.clone(),
        }
    }
}
