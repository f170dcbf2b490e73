//! `#[pipeline]`: the list of passes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

use crate::diagnostic::{Diagnostics, compile_errors};
use crate::passes::Options;
use crate::{emit, lower, messages, parse, passes};

/// Compiles `#[pipeline(attribute)] item`.
pub fn compile(attribute: TokenStream, item: TokenStream, options: Options) -> TokenStream {
    let function = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => function,
        Err(error) => return not_a_function(&error, item),
    };
    let name = function.sig.ident.to_string();
    let mut errors = Diagnostics::default();
    errors.within(format!("in pipeline `{name}`"));
    let (pipeline, options) = parse::parse_pipeline(attribute, &function, options, &mut errors);
    let mut graph = lower::lower(&name, &pipeline.parameters, &pipeline.statements, &mut errors);
    if pipeline.fallible {
        graph.answer();
    }
    if errors.is_empty() && !graph.has_sink() {
        errors.report(&messages::EMPTY_PIPELINE, pipeline.name.span(), &name, "");
    }
    let checked = passes::check(graph, &mut errors);
    let chained = errors.is_empty().then(|| passes::chain(checked, options));
    if let Some(chained) = &chained {
        passes::check_captures(chained, &mut errors);
    }
    let errors = errors.into_errors();
    let compiled = match chained {
        Some(chained) if errors.is_empty() => emit::emit_pipeline(&pipeline, &function, &chained),
        _ => emit::stub_pipeline(&function),
    };
    let errors = compile_errors(&errors);
    quote!(#errors #compiled)
}

/// Compiles `#[operator] item`.
pub fn compile_fragment(item: TokenStream, options: Options) -> TokenStream {
    let function = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => function,
        Err(error) => return not_a_function(&error, item),
    };
    let mut errors = Diagnostics::default();
    errors.within(format!("in fragment `{}`", function.sig.ident));
    let fragment = parse::parse_fragment(&function, &mut errors);
    let checked = fragment.as_ref().and_then(|fragment| {
        let graph = lower::lower_fragment(fragment, &mut errors);
        let checked = passes::check(graph, &mut errors);
        errors.is_empty().then_some(checked)
    });
    let errors = errors.into_errors();
    let surface = emit::surface_fragment(&function);
    let compiled = match (fragment, checked) {
        (Some(fragment), Some(checked)) if errors.is_empty() => {
            emit::emit_fragment(&fragment, &passes::chain(checked, options))
        }
        _ => emit::stub_fragment(&function),
    };
    let errors = compile_errors(&errors);
    let chosen = emit::choice(&function.sig.ident, &compiled, &surface);
    quote!(#errors #chosen)
}

fn not_a_function(error: &syn::Error, item: TokenStream) -> TokenStream {
    let mut errors = Diagnostics::default();
    if syn::parse2::<syn::Item>(item.clone()).is_ok() {
        errors.report(&messages::NOT_A_FUNCTION, error.span(), "", "");
    } else {
        errors.report_syntax(error);
    }
    let errors = compile_errors(&errors.into_errors());
    quote!(#errors #item)
}
