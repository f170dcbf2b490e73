//! The function that a pipeline becomes: its definition, with the plan's builder inside.

use proc_macro2::{Ident, TokenStream};
use syn::ItemFn;

use super::chain::ChainEmitter;
use super::names::Names;
use super::plan;
use super::surface::surface_build;
use crate::ast::Pipeline;
use crate::ir::Op;
use crate::passes::Chained;

/// Emits a whole pipeline.
pub fn emit_pipeline(pipeline: &Pipeline, function: &ItemFn, chained: &Chained) -> TokenStream {
    let Pipeline { display_name, doc, attributes, visibility, name, .. } = pipeline;
    let function_name = name.to_string();
    let parameters = pipeline.parameters.iter().map(|parameter| {
        let (name, ty, doc) = (parameter.name.to_string(), &parameter.ty, &parameter.doc);
        let shown = crate::args::type_text(ty);
        let default = match &parameter.default {
            Some(text) => code!(::core::option::Option::Some(#text)),
            None => code!(::core::option::Option::None),
        };
        code!(::thalweg::__private::Parameter::of::<#ty, _>(#name, #doc, #shown, #default))
    });
    let (words, types): (Vec<&Ident>, Vec<&syn::Type>) =
        pipeline.parameters.iter().map(|parameter| (&parameter.name, &parameter.ty)).unzip();
    let texts: Vec<String> = words.iter().map(|word| word.to_string()).collect();
    let (body, surface) = (body(chained), surface_build(function));
    code! {
        #(#attributes)*
        #[allow(unexpected_cfgs)]
        #visibility fn #name() -> ::thalweg::__private::Definition {
            #surface
            #[cfg(not(rust_analyzer))]
            fn build(
                plan: &mut ::thalweg::__private::Plan,
                #(#words: #types,)*
            ) -> ::thalweg::Result {
                #body
                ::core::result::Result::Ok(())
            }
            ::thalweg::__private::Definition {
                name: #display_name,
                function: #function_name,
                doc: #doc,
                parameters: ::std::vec![#(#parameters),*],
                build: |plan, arguments| {
                    #(let #words = arguments.take::<#types, _>(#texts)?;)*
                    ::core::result::Result::Ok(build(plan, #(#words),*)?)
                },
            }
        }
    }
}

/// Statements, exchanges, chains.
pub fn body(chained: &Chained) -> TokenStream {
    let names = Names::new(chained);
    let steps = plan::steps(chained, &names, &chained.graph.steps);
    let edges = plan::edges(chained);
    let chains: TokenStream = emission_order(chained)
        .into_iter()
        .map(|chain| ChainEmitter::new(chained, &names, chain).emit())
        .collect();
    code!(#steps #edges #chains)
}

/// The order in which chains are emitted: upstream first, so that types follow from what is pushed; but what follows a
/// fragment is an argument of its call, and so comes before the chain that calls it.
fn emission_order(chained: &Chained) -> Vec<usize> {
    fn visit(chained: &Chained, chain: usize, order: &mut Vec<usize>) {
        if order.contains(&chain) {
            return;
        }
        for id in chained.followers(chain) {
            if matches!(chained.graph.node(id).op, Op::Fragment { .. }) {
                visit(chained, chained.chain_of[&id], order);
            }
        }
        order.push(chain);
    }
    let mut order = Vec::new();
    for chain in 0..chained.chains.len() {
        visit(chained, chain, &mut order);
    }
    order
}
