//! From the user's item to the [`Model`].

use std::collections::BTreeSet;

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Fields, Generics, Item, Member, Type};

use super::attributes;
use super::check;
use super::messages::{self as m, Errors};
use super::model::{Field, FieldDefault, Model, Style, Variant, plain};
use super::names::PartNames;

/// Parses the item on which the attribute stands.
pub(super) fn item(item: TokenStream) -> syn::Result<Item> {
    syn::parse2(item)
}

/// The model of a struct or enum, or nothing for other items, whose mistake is noted.
pub(super) fn model(arguments: TokenStream, item: &Item, errors: &mut Errors) -> Option<Model> {
    let (vis, name, generics, attributes) = match item {
        Item::Struct(item) => (&item.vis, &item.ident, &item.generics, &item.attrs),
        Item::Enum(item) => (&item.vis, &item.ident, &item.generics, &item.attrs),
        other => {
            let (kind, place) = (kind(other), "in the item that follows `#[record]`");
            errors.add_fatal(&m::NOT_A_RECORD, other, kind, place);
            return None;
        }
    };
    let said = attributes::item(arguments, attributes, errors);
    let record = plain(name);
    let recursive = said.recursive.into_iter().chain([record.clone()]).collect();
    for lifetime in generics.lifetimes() {
        let place = format!("in the parameters of record `{record}`");
        errors.add_fatal(&m::LIFETIME, lifetime, &lifetime.lifetime.to_string(), &place);
    }
    let (_, arguments, _) = generics.split_for_impl();
    let self_type = quote! { #name #arguments };
    let mut reader =
        Reader { record, recursive, self_type, names: part_names(item, generics), errors };
    let variants = match item {
        Item::Enum(item) => item.variants.iter().map(|variant| reader.variant(variant)).collect(),
        Item::Struct(item) => {
            let rule = attributes::serde_rule(attributes);
            vec![reader.fields(name, None, &item.fields, rule.as_deref())]
        }
        _ => Vec::new(),
    };
    let is_enum = matches!(item, Item::Enum(_));
    let place = format!("in record `{}`", reader.record);
    if variants.is_empty() {
        reader.errors.add_fatal(&m::EMPTY_ENUM, name, "", &place);
    }
    if variants.len() > 256 {
        reader.errors.add_fatal(&m::MANY_VARIANTS, name, "", &place);
    }
    let kept = attributes.iter().filter(|one| one.path().is_ident("serde")).cloned();
    Some(Model {
        vis: vis.clone(),
        name: name.clone(),
        generics: generics.clone(),
        is_enum,
        has_serde_rename: attributes.iter().any(|one| attributes::serde_name(one).is_some()),
        variants,
        attributes: kept.collect(),
        provided: said.provided,
        ancestors: said.ancestors,
    })
}

struct Reader<'a> {
    record: String,
    /// The records whose mention leads back to this one.
    recursive: Vec<String>,
    self_type: TokenStream,
    names: PartNames,
    errors: &'a mut Errors,
}

impl Reader<'_> {
    fn variant(&mut self, variant: &syn::Variant) -> Variant {
        if let Some((_, number)) = &variant.discriminant {
            let place = format!("in variant `{}` of record `{}`", variant.ident, self.record);
            let word = number.to_token_stream().to_string();
            self.errors.add(&m::DISCRIMINANT, number, &word, &place);
        }
        let rule = attributes::serde_rule(&variant.attrs);
        let mut read = self.fields(&variant.ident, Some(variant), &variant.fields, rule.as_deref());
        let kept = |one: &&Attribute| one.path().is_ident("serde") || one.path().is_ident("doc");
        read.attributes = variant.attrs.iter().filter(kept).cloned().collect();
        read
    }

    fn fields(
        &mut self,
        name: &syn::Ident,
        variant: Option<&syn::Variant>,
        fields: &Fields,
        rule: Option<&str>,
    ) -> Variant {
        let style = match fields {
            Fields::Named(_) => Style::Named,
            Fields::Unnamed(_) => Style::Tuple,
            Fields::Unit => Style::Unit,
        };
        let known: Vec<_> =
            fields.iter().filter_map(|field| field.ident.as_ref().map(plain)).collect();
        let fields = fields
            .members()
            .zip(fields.iter())
            .map(|(member, field)| self.field(variant, member, field, rule, &known));
        let mut fields: Vec<Field> = fields.collect();
        self.refuse_doubled(&mut fields);
        Variant { name: name.clone(), style, fields, attributes: Vec::new() }
    }

    /// A field of before becomes one field.
    fn refuse_doubled(&mut self, fields: &mut [Field]) {
        let mut seen = BTreeSet::new();
        let place = format!("in record `{}`", self.record);
        for field in fields {
            field.was.retain(|was| {
                let is_first = seen.insert(was.value());
                if !is_first {
                    self.errors.add(&m::DOUBLED_WAS, was, &was.value(), &place);
                }
                is_first
            });
        }
    }

    fn field(
        &mut self,
        variant: Option<&syn::Variant>,
        member: Member,
        field: &syn::Field,
        rule: Option<&str>,
        known: &[String],
    ) -> Field {
        let text = match &member {
            Member::Named(name) => plain(name),
            Member::Unnamed(index) => index.index.to_string(),
        };
        let inside = variant.map(|variant| format!("variant `{}` of ", variant.ident));
        let place =
            format!("in field `{text}` of {}record `{}`", inside.unwrap_or_default(), self.record);
        check::field_type(&field.ty, &place, self.errors);
        let is_scalar = check::is_scalar(&field.ty);
        let mut found = attributes::field(&field.attrs, is_scalar, &place, self.errors);
        for was in found.was.iter().filter(|was| known.contains(&was.value())) {
            self.errors.add(&m::WAS_ITSELF, was, &was.value(), &place);
        }
        if matches!(member, Member::Unnamed(_)) {
            for was in std::mem::take(&mut found.was) {
                self.errors.add(&m::NAMELESS_WAS, &was, &was.value(), &place);
            }
        }
        let variant = variant.map(|variant| &variant.ident);
        let default = found.default.map(|value| match value {
            None => FieldDefault::OfType,
            Some(value) => {
                let owner = variant.map_or_else(String::new, |variant| format!("{variant}_"));
                FieldDefault::Is(Box::new(value), format_ident!("__default_of_{owner}{text}"))
            }
        });
        Field {
            vis: field.vis.clone(),
            part: (!is_scalar).then(|| self.names.part(variant, &text)),
            is_recursive: self.recursive.iter().any(|name| mentions(&field.ty, name)),
            column: found.rename.unwrap_or_else(|| renamed(&text, rule)),
            default,
            was: found.was.into_iter().filter(|was| !known.contains(&was.value())).collect(),
            attributes: found.kept,
            ty: without_self(&field.ty, &self.self_type),
            member,
        }
    }
}

/// The type as it reads outside the item: `Self` is the record.
fn without_self(ty: &Type, record: &TokenStream) -> Type {
    fn replace(tokens: TokenStream, record: &TokenStream) -> TokenStream {
        let replaced = tokens.into_iter().map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => record.clone(),
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), replace(group.stream(), record));
                inner.set_span(group.span());
                TokenTree::Group(inner).into()
            }
            other => other.into(),
        });
        replaced.collect()
    }
    syn::parse2(replace(ty.to_token_stream(), record)).unwrap_or_else(|_| ty.clone())
}

/// Every name that a field's type or a parameter mentions is unfit for a part.
fn part_names(item: &Item, generics: &Generics) -> PartNames {
    let types: Vec<&Type> = match item {
        Item::Struct(item) => item.fields.iter().map(|field| &field.ty).collect(),
        Item::Enum(item) => {
            item.variants.iter().flat_map(|one| &one.fields).map(|field| &field.ty).collect()
        }
        _ => Vec::new(),
    };
    let conditions = &generics.where_clause;
    PartNames::new(quote! { #(#types)* #generics #conditions })
}

fn mentions(ty: &Type, name: &str) -> bool {
    fn any(tokens: TokenStream, name: &str) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => plain(&ident) == name || ident == "Self",
            TokenTree::Group(group) => any(group.stream(), name),
            _ => false,
        })
    }
    any(ty.to_token_stream(), name)
}

/// A field's name under serde's `rename_all`.
fn renamed(name: &str, rule: Option<&str>) -> String {
    let camel = || {
        let mut upper = false;
        let letters = name.chars().filter_map(|letter| match letter {
            '_' => {
                upper = true;
                None
            }
            _ if std::mem::take(&mut upper) => Some(letter.to_ascii_uppercase()),
            _ => Some(letter),
        });
        letters.collect::<String>()
    };
    match rule {
        Some("UPPERCASE" | "SCREAMING_SNAKE_CASE") => name.to_ascii_uppercase(),
        Some("camelCase") => camel(),
        Some("PascalCase") => {
            let camel = camel();
            camel[..1].to_ascii_uppercase() + &camel[1..]
        }
        Some("kebab-case") => name.replace('_', "-"),
        Some("SCREAMING-KEBAB-CASE") => name.to_ascii_uppercase().replace('_', "-"),
        _ => name.to_owned(),
    }
}

fn kind(item: &Item) -> &'static str {
    match item {
        Item::Fn(_) => "a function",
        Item::Union(_) => "a union",
        Item::Trait(_) => "a trait",
        Item::Type(_) => "a type alias: mark the type it stands for",
        Item::Impl(_) => "an `impl`",
        Item::Mod(_) => "a module",
        _ => "this item",
    }
}
