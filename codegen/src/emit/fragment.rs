//! Fragments.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Expr;

use super::chain::ChainEmitter;
use super::names::Names;
use super::operator::Value;
use crate::ir::NodeId;

/// The values that a fragment is called with, evaluated when the plan is built.
pub fn arguments(
    _names: &Names,
    _id: NodeId,
    _span: Span,
    _args: &[Result<NodeId, Expr>],
) -> TokenStream {
    quote!()
}

/// x
pub fn emit_fragment() {}

impl ChainEmitter<'_> {
    /// x
    pub fn write_fragment(&mut self, _id: NodeId, _value: &Value) -> TokenStream {
        quote!()
    }

    /// x
    pub fn fragment_input(&mut self, _head: NodeId) -> TokenStream {
        quote!()
    }
}
