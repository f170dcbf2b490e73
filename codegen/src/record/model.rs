//! What the emitters know about a record.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, GenericParam, Generics, LitStr, Member, Type, Visibility};

use super::tokens::{private, tokens};

/// A record: a struct, or an enum with data.
pub(super) struct Model {
    pub vis: Visibility,
    pub name: Ident,
    pub generics: Generics,
    pub is_enum: bool,
    pub variants: Vec<Variant>,
    /// `#[serde(..)]` and `#[doc]` lines of the item.
    pub attributes: Vec<Attribute>,
    pub has_serde_rename: bool,
    /// Traits that the user derives or implements.
    pub provided: Vec<String>,
    /// What the record was before: `#[migrate(from = Old)]`.
    pub ancestors: Vec<Type>,
}

/// A variant of an enum, or the whole of a struct.
pub(super) struct Variant {
    pub name: Ident,
    pub style: Style,
    pub fields: Vec<Field>,
    pub attributes: Vec<Attribute>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    Named,
    Tuple,
    Unit,
}

pub(super) struct Field {
    pub vis: Visibility,
    pub member: Member,
    pub ty: Type,
    /// The generic parameter of the `…With`, unless the written type is a scalar.
    pub part: Option<Ident>,
    /// True if the type mentions the record itself or one that contains it.
    pub is_recursive: bool,
    pub default: Option<FieldDefault>,
    pub was: Vec<LitStr>,
    /// The name in text formats.
    pub column: String,
    /// `#[serde(..)]` and `#[doc]` lines.
    pub attributes: Vec<Attribute>,
}

/// What a field is where it is missing.
pub(super) enum FieldDefault {
    /// `Default::default()`.
    OfType,
    /// What the user wrote, and the function that makes it.
    Is(Box<Expr>, Ident),
}

impl Model {
    pub fn with_name(&self) -> Ident {
        format_ident!("{}With", self.name)
    }
    pub fn ref_name(&self) -> Ident {
        format_ident!("{}Ref", self.name)
    }
    pub fn archived_name(&self) -> Ident {
        format_ident!("Archived{}", self.name)
    }
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.variants.iter().flat_map(|variant| &variant.fields)
    }
    /// The generic parameters of the `…With`.
    pub fn parts(&self) -> Vec<&Ident> {
        self.fields().filter_map(|field| field.part.as_ref()).collect()
    }
    /// True if a field's written type is a float, which has no `Eq`.
    pub fn has_floats(&self) -> bool {
        self.fields().any(Field::is_float)
    }
    /// The user's parameters with their bounds but without defaults: `T: Copy, const N: usize`.
    pub fn generic_params(&self) -> Vec<TokenStream> {
        let params = self.generics.params.iter().cloned();
        params.map(|param| without_default(param).into_token_stream()).collect()
    }
    /// The user's parameters as arguments: `T, N`.
    pub fn generic_args(&self) -> Vec<Ident> {
        let args = self.generics.params.iter().filter_map(|param| match param {
            GenericParam::Type(param) => Some(param.ident.clone()),
            GenericParam::Const(param) => Some(param.ident.clone()),
            GenericParam::Lifetime(_) => None,
        });
        args.collect()
    }
    /// The user's type parameters.
    pub fn type_params(&self) -> Vec<&Ident> {
        self.generics.type_params().map(|param| &param.ident).collect()
    }
    /// The user's `where` conditions.
    pub fn conditions(&self) -> Vec<TokenStream> {
        let clause = self.generics.where_clause.iter();
        clause.flat_map(|clause| &clause.predicates).map(ToTokens::to_token_stream).collect()
    }
    /// The header of an impl for records of these parameters: `T: Copy, const N: usize` and `T: Record, ..`.
    pub fn record_generics(&self) -> (Vec<TokenStream>, Vec<TokenStream>) {
        let private = private!();
        let mut conditions = self.conditions();
        let params = self.type_params();
        conditions.extend(params.iter().map(|param| tokens! { #param: #private::Record }));
        (self.generic_params(), conditions)
    }
    /// The header of an impl for every `…With` that emits this record.
    pub fn with_generics(&self) -> (Vec<TokenStream>, Vec<TokenStream>) {
        let private = private!();
        let (mut params, mut conditions) = self.record_generics();
        for field in self.fields() {
            if let Some(part) = &field.part {
                let ty = &field.ty;
                params.push(part.to_token_stream());
                conditions.push(tokens! { #part: #private::Emit<Record = #ty> });
            }
        }
        (params, conditions)
    }
    /// The `…With` with its parts: `BidWith<Channel, Url>`.
    pub fn with_type(&self) -> TokenStream {
        let (name, parts) = (self.with_name(), self.parts());
        if parts.is_empty() {
            name.to_token_stream()
        } else {
            tokens! { #name<#(#parts),*> }
        }
    }
    /// The archive's type: `ArchivedPair<T>`.
    pub fn archived_type(&self) -> TokenStream {
        let (name, args) = (self.archived_name(), self.generic_args());
        if args.is_empty() {
            name.to_token_stream()
        } else {
            tokens! { #name<#(#args),*> }
        }
    }
    /// The record's type: `Pair<T>`.
    pub fn self_type(&self) -> TokenStream {
        let (name, args) = (&self.name, self.generic_args());
        if args.is_empty() {
            name.to_token_stream()
        } else {
            tokens! { #name<#(#args),*> }
        }
    }
}

impl Variant {
    /// The variant's path in a type of the shape of `model`: `BidWith`, `KindWith::Gift`.
    pub fn path(&self, model: &Model, type_name: &Ident) -> TokenStream {
        let name = &self.name;
        if model.is_enum {
            tokens! { #type_name::#name }
        } else {
            type_name.to_token_stream()
        }
    }
    /// A pattern that binds every field to a name made from `prefix`: `Bid { auction: a_auction, .. }`.
    pub fn pattern(&self, model: &Model, type_name: &Ident, prefix: &str) -> TokenStream {
        let path = self.path(model, type_name);
        let fields = self.fields.iter().map(|field| match (&field.member, field.local(prefix)) {
            (Member::Named(name), local) if *name == local => name.to_token_stream(),
            (member, local) => tokens! { #member: #local },
        });
        tokens! { #path { #(#fields),* } }
    }
    /// The names that [`Variant::pattern`] binds.
    pub fn locals(&self, prefix: &str) -> Vec<Ident> {
        self.fields.iter().map(|field| field.local(prefix)).collect()
    }
    /// The name in messages and fingerprints.
    pub fn text(&self) -> String {
        plain(&self.name)
    }
}

impl Field {
    pub fn local(&self, prefix: &str) -> Ident {
        let name = match &self.member {
            Member::Named(name) => plain(name),
            Member::Unnamed(index) => index.index.to_string(),
        };
        match (prefix, &self.member) {
            // Carries the user's span, so that it cannot meet the names of emitted code.
            ("", Member::Named(name)) => name.clone(),
            ("", _) => Ident::new(&format!("field_{name}"), Span::mixed_site()),
            _ => Ident::new(&format!("{prefix}_{name}"), Span::mixed_site()),
        }
    }
    /// `<Type as Trait>::item`, all of it on the user's type, so that what the type lacks is said there and once.
    pub fn item(&self, of: &str, item: &str) -> TokenStream {
        let span = Span::mixed_site().located_at(self.ty.span());
        let (ty, of, item) = (&self.ty, Ident::new(of, span), Ident::new(item, span));
        quote_spanned! { span=> <#ty as ::thalweg::__private::#of>::#item }
    }
    /// The name in messages and fingerprints.
    pub fn text(&self) -> String {
        match &self.member {
            Member::Named(name) => plain(name),
            Member::Unnamed(index) => index.index.to_string(),
        }
    }
    pub fn is_float(&self) -> bool {
        self.part.is_none()
            && matches!(self.ty.to_token_stream().to_string().as_str(), "f32" | "f64")
    }
}

/// An identifier without `r#`.
pub(super) fn plain(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

fn without_default(mut param: GenericParam) -> GenericParam {
    match &mut param {
        GenericParam::Type(param) => param.default = None,
        GenericParam::Const(param) => param.default = None,
        GenericParam::Lifetime(_) => {}
    }
    param
}
