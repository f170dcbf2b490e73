//! A file with its pipelines and fragments expanded, to be read by people: for golden files and `expand`.

use quote::ToTokens;
use syn::visit_mut::VisitMut;
use syn::{Attribute, Block, File, Item, Meta, Stmt};

use crate::passes::Options;
use crate::pipeline::{compile, compile_fragment};

/// Expands `#[pipeline]` and `#[operator]` in a file's text. The typed surface, which repeats what the user wrote, is
/// left out.
///
/// # Errors
/// If the text is not Rust.
pub fn expand_file(text: &str) -> syn::Result<File> {
    let mut file = syn::parse_file(text)?;
    let mut items = Vec::new();
    for item in file.items {
        items.extend(expand_item(item)?);
    }
    file.items = items;
    WithoutSurface.visit_file_mut(&mut file);
    Ok(file)
}

fn expand_item(item: Item) -> syn::Result<Vec<Item>> {
    let Item::Fn(mut function) = item else { return Ok(vec![item]) };
    let is_ours = |attribute: &Attribute| {
        let word = attribute.path().segments.last().map(|last| last.ident.to_string());
        matches!(word.as_deref(), Some("pipeline" | "operator"))
    };
    let Some(at) = function.attrs.iter().position(is_ours) else {
        return Ok(vec![Item::Fn(function)]);
    };
    let attribute = function.attrs.remove(at);
    let arguments = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => proc_macro2::TokenStream::new(),
    };
    let is_fragment = attribute.path().segments.last().is_some_and(|last| last.ident == "operator");
    let expanded = if is_fragment {
        compile_fragment(function.to_token_stream(), Options::default())
    } else {
        compile(arguments, function.to_token_stream(), Options::default())
    };
    Ok(syn::parse2::<File>(expanded)?.items.into_iter().flat_map(chosen).collect())
}

/// Of a choice between the compiled form and the surface, the compiled form.
fn chosen(item: Item) -> Vec<Item> {
    match &item {
        Item::Mod(module) if is_choice(&module.ident) => Vec::new(),
        Item::Macro(call) if call.mac.path.get_ident().is_some_and(is_choice) => {
            let compiled = call.mac.tokens.clone().into_iter().next();
            let items = match compiled {
                Some(proc_macro2::TokenTree::Group(group)) => syn::parse2::<File>(group.stream()),
                _ => return vec![item],
            };
            items.map_or_else(|_| vec![item.clone()], |file| file.items)
        }
        _ => vec![item],
    }
}

fn is_choice(name: &syn::Ident) -> bool {
    name.to_string().starts_with("__thalweg_choose_")
}

struct WithoutSurface;

impl VisitMut for WithoutSurface {
    fn visit_block_mut(&mut self, block: &mut Block) {
        block.stmts.retain(|statement| match statement {
            Stmt::Item(Item::Fn(function)) => !function.attrs.iter().any(is_surface),
            _ => true,
        });
        syn::visit_mut::visit_block_mut(self, block);
    }

    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        attributes.retain(|attribute| {
            let text = attribute.meta.to_token_stream().to_string();
            text != "cfg (not (rust_analyzer))" && text != "allow (unexpected_cfgs)"
        });
    }
}

fn is_surface(attribute: &Attribute) -> bool {
    attribute.meta.to_token_stream().to_string() == "cfg (rust_analyzer)"
}
