//! The attributes of a record and of its fields.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, LitStr, Meta, Path, Token, Type};

use super::messages::{self as m, Errors};

/// The traits that `#[record]` implements unless the user does.
const TRAITS: &[&str] =
    &["Debug", "Clone", "PartialEq", "Eq", "PartialOrd", "Ord", "Hash", "Serialize", "Deserialize"];

/// What the item's own attributes say.
#[derive(Default)]
pub(super) struct ItemAttributes {
    /// The traits the user derives in plain sight or names in `#[record(manual(..))]`.
    pub provided: Vec<String>,
    /// The records named in `#[record(recursive(..))]`.
    pub recursive: Vec<String>,
    /// The records named in `#[migrate(from = ..)]`.
    pub ancestors: Vec<Type>,
}

/// Reads the arguments of `#[record]` and the derives below it.
pub(super) fn item(
    arguments: TokenStream,
    attributes: &[Attribute],
    errors: &mut Errors,
) -> ItemAttributes {
    let mut found = ItemAttributes::default();
    for derive in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        let paths = derive.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
        found.provided.extend(paths.iter().flatten().filter_map(last_name));
    }
    for migrate in attributes.iter().filter(|attribute| attribute.path().is_ident("migrate")) {
        match migrate.parse_args_with(from_type) {
            Ok(ancestor) => found.ancestors.push(ancestor),
            Err(_) => errors.add(&m::BAD_MIGRATE, migrate, "", "in the attributes of a record"),
        }
    }
    let place = "in the arguments of `#[record]`";
    let arguments = match Punctuated::<Meta, Token![,]>::parse_terminated.parse2(arguments.clone())
    {
        Ok(arguments) => arguments,
        Err(_) => {
            errors.add(&m::UNKNOWN_ARGUMENT, &arguments, &arguments.to_string(), place);
            return found;
        }
    };
    for argument in arguments {
        let list = match &argument {
            Meta::List(list) => {
                list.parse_args_with(Punctuated::<Ident, Token![,]>::parse_terminated).ok()
            }
            _ => None,
        };
        let word = argument.path().get_ident().map(Ident::to_string).unwrap_or_default();
        match (&*word, list) {
            ("manual", Some(names)) => {
                for name in names.iter().filter(|name| !TRAITS.contains(&&*name.to_string())) {
                    errors.add(&m::UNKNOWN_TRAIT, name, &name.to_string(), place);
                }
                found.provided.extend(names.iter().map(Ident::to_string));
            }
            ("recursive", Some(names)) => {
                found.recursive.extend(names.iter().map(Ident::to_string));
            }
            _ => errors.add(&m::UNKNOWN_ARGUMENT, &argument, &word, place),
        }
    }
    found
}

/// `from = Old`.
fn from_type(input: ParseStream<'_>) -> syn::Result<Type> {
    let word: Ident = input.parse()?;
    input.parse::<Token![=]>()?;
    if word == "from" { input.parse() } else { Err(input.error("another word")) }
}

fn last_name(path: &Path) -> Option<String> {
    path.segments.last().map(|last| last.ident.to_string())
}

/// What a field's attributes say.
#[derive(Default)]
pub(super) struct FieldAttributes {
    /// `#[default]`, and the value if it has one.
    pub default: Option<Option<Expr>>,
    pub was: Vec<LitStr>,
    pub rename: Option<String>,
    /// The `#[serde]` and `#[doc]` lines.
    pub kept: Vec<Attribute>,
}

/// Reads a field's attributes. A scalar is its own view, so serde may call functions with it.
pub(super) fn field(
    attributes: &[Attribute],
    is_scalar: bool,
    place: &str,
    errors: &mut Errors,
) -> FieldAttributes {
    let mut found = FieldAttributes::default();
    for attribute in attributes {
        let name = last_name(attribute.path()).unwrap_or_default();
        match &*name {
            "doc" => found.kept.push(attribute.clone()),
            "allow" | "expect" | "warn" | "deny" | "deprecated" => {}
            "serde" => {
                found.kept.push(attribute.clone());
                found.rename = serde_name(attribute).or(found.rename);
                if let Some(word) = serde_function(attribute).filter(|_| !is_scalar) {
                    errors.add(&m::SERDE_WITH, attribute, &word, place);
                }
            }
            "default" => match &attribute.meta {
                Meta::Path(_) => found.default = Some(None),
                Meta::NameValue(pair) => found.default = Some(Some(pair.value.clone())),
                Meta::List(_) => errors.add(&m::BAD_DEFAULT, attribute, "", place),
            },
            "was" => {
                match attribute.parse_args_with(Punctuated::<LitStr, Token![,]>::parse_terminated) {
                    Ok(names) if !names.is_empty() => found.was.extend(names),
                    _ => errors.add(&m::BAD_WAS, attribute, "", place),
                }
            }
            "cfg" | "cfg_attr" => errors.add(&m::CONDITIONAL, attribute, "", place),
            _ => errors.add(&m::UNKNOWN_ATTRIBUTE, attribute, &name, place),
        }
    }
    found
}

/// `name` in `#[serde(rename = "name")]`.
pub(super) fn serde_name(attribute: &Attribute) -> Option<String> {
    serde_string(attribute, "rename")
}

/// `rule` in `#[serde(rename_all = "rule")]`.
pub(super) fn serde_rule(attributes: &[Attribute]) -> Option<String> {
    let mut serde = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    serde.find_map(|attribute| serde_string(attribute, "rename_all"))
}

fn serde_string(attribute: &Attribute, key: &str) -> Option<String> {
    let metas = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    metas.iter().find_map(|meta| match meta {
        Meta::NameValue(pair) if pair.path.is_ident(key) => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

/// The words of serde that call a function with a reference to the field.
fn serde_function(attribute: &Attribute) -> Option<String> {
    let metas = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    let mut words = metas.iter().filter_map(|meta| last_name(meta.path()));
    let calls = ["with", "serialize_with", "skip_serializing_if", "getter", "flatten"];
    words.find(|word| calls.contains(&&**word))
}
