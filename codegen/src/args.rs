//! `#[args]`: a struct whose fields are parameters of a job.
//!
//! The struct stays as it is, without its `#[arg(..)]` attributes, and gets an impl of `Args`: one `Parameter` per field,
//! and a constructor that takes each field from the arguments. What a field's type means is decided by rustc, through
//! the trait `Argument`; nothing here looks into types.
//!
//! [`Parameter`] is also how the parameters of a pipeline function are read.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, ExprLit, ExprUnary, Fields, Ident, ItemStruct, Lit, Type, UnOp};

/// Expands `#[args]` on a struct.
pub fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut item: ItemStruct = match syn::parse2(item.clone()) {
        Ok(item) => item,
        Err(_) => {
            let error = Error::new_spanned(
                &item,
                "`#[args]` stands on a struct\nhelp: make it a struct with named fields",
            );
            return [item, error.into_compile_error()].into_iter().collect();
        }
    };
    let expanded = read(&attribute, &mut item).map(|parameters| implement(&item, &parameters));
    let implementation = expanded.unwrap_or_else(Error::into_compile_error);
    quote! { #item #implementation }
}

/// A parameter as the user wrote it: a field of an `#[args]` struct, or an argument of a pipeline function.
#[derive(Clone)]
pub struct Parameter {
    /// Its name.
    pub ident: Ident,
    /// Its type.
    pub ty: Type,
    /// Its doc comment.
    pub doc: String,
    /// The text of `#[arg(default = ..)]`.
    pub default: Option<String>,
}

impl Parameter {
    /// Reads a parameter and removes `#[arg(..)]` from its attributes.
    ///
    /// # Errors
    /// If `#[arg(..)]` holds anything but a default that is a literal.
    pub fn read(
        ident: &Ident,
        ty: &Type,
        attributes: &mut Vec<Attribute>,
    ) -> Result<Parameter, Error> {
        let doc = doc_of(attributes);
        let mut default = Ok(None);
        attributes.retain(|attribute| {
            if !attribute.path().is_ident("arg") {
                return true;
            }
            match (&mut default, read_default(attribute)) {
                (Ok(text), Ok(read)) => *text = read.or(text.take()),
                (Ok(_), Err(error)) => default = Err(error),
                (Err(all), Err(error)) => all.combine(error),
                (Err(_), Ok(_)) => {}
            }
            false
        });
        Ok(Parameter { ident: ident.clone(), ty: ty.clone(), doc, default: default? })
    }

    /// Its name as text, without `r#`.
    pub fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// `Parameter::of::<T, _>(..)`, blamed on the type if that is no parameter's.
    pub fn describe(&self) -> TokenStream {
        let Parameter { ty, doc, default, .. } = self;
        let (name, text) = (self.name(), type_text(ty));
        let default = match default {
            Some(text) => quote! { ::core::option::Option::Some(#text) },
            None => quote! { ::core::option::Option::None },
        };
        let of = quote_spanned! { ty.span() => ::thalweg::__private::Parameter::of::<#ty, _> };
        quote! { #of(#name, #doc, #text, #default) }
    }
}

fn read(attribute: &TokenStream, item: &mut ItemStruct) -> Result<Vec<Parameter>, Error> {
    let mut errors: Option<Error> = None;
    let mut report = |error: Error| match &mut errors {
        Some(all) => all.combine(error),
        None => errors = Some(error),
    };
    if !attribute.is_empty() {
        report(Error::new_spanned(attribute, "`#[args]` takes nothing\nhelp: write `#[args]`"));
    }
    if !item.generics.params.is_empty() {
        let help = "a struct of parameters cannot be generic\nhelp: write the types out";
        report(Error::new_spanned(&item.generics, help));
    }
    let mut parameters = Vec::new();
    match &mut item.fields {
        Fields::Named(fields) => {
            for field in &mut fields.named {
                let ident = field.ident.clone().expect("named fields have names");
                match Parameter::read(&ident, &field.ty, &mut field.attrs) {
                    Ok(parameter) => parameters.push(parameter),
                    Err(error) => report(error),
                }
            }
        }
        _ => report(Error::new_spanned(
            &item.ident,
            "a struct of parameters needs named fields\nhelp: each field's name is the parameter's",
        )),
    }
    match errors {
        Some(errors) => Err(errors),
        None => Ok(parameters),
    }
}

fn implement(item: &ItemStruct, parameters: &[Parameter]) -> TokenStream {
    let name = &item.ident;
    let described = parameters.iter().map(Parameter::describe);
    let taken = parameters.iter().map(|parameter| {
        let (ident, text) = (&parameter.ident, parameter.name());
        quote! { #ident: arguments.take(#text)? }
    });
    quote! {
        #[automatically_derived]
        impl ::thalweg::__private::Args for #name {
            fn parameters() -> ::std::vec::Vec<::thalweg::__private::Parameter> {
                ::std::vec::Vec::from([ #(#described),* ])
            }
            #[allow(unused_variables)]
            fn take(
                arguments: &::thalweg::__private::Arguments,
            ) -> ::core::result::Result<Self, ::thalweg::__private::Failure> {
                ::core::result::Result::Ok(Self { #(#taken),* })
            }
        }
    }
}

/// A doc comment's text, one line per line.
pub fn doc_of(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(
        |attribute| match &attribute.meta.require_name_value().ok()?.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                let text = text.value();
                Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned())
            }
            _ => None,
        },
    );
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn read_default(attribute: &Attribute) -> Result<Option<String>, Error> {
    let mut default = None;
    attribute.parse_nested_meta(|meta| {
        if !meta.path.is_ident("default") {
            return Err(meta.error("unknown word in `#[arg(..)]`\nhelp: it takes `default = ..`"));
        }
        let value: Expr = meta.value()?.parse()?;
        default = Some(literal_text(&value)?);
        Ok(())
    })?;
    Ok(default)
}

/// The text of a literal, as it would be written on a command line: `1_000u64` is `1000`.
///
/// # Errors
/// If it is no literal.
pub fn literal_text(value: &Expr) -> Result<String, Error> {
    let text = match value {
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Str(text) => Some(text.value()),
            Lit::Int(number) => Some(number.base10_digits().to_owned()),
            Lit::Float(number) => Some(number.base10_digits().to_owned()),
            Lit::Bool(truth) => Some(truth.value.to_string()),
            Lit::Char(letter) => Some(letter.value().to_string()),
            _ => None,
        },
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => {
            Some(format!("-{}", literal_text(expr)?))
        }
        _ => None,
    };
    text.ok_or_else(|| {
        Error::new_spanned(
            value,
            "a default is a literal\nhelp: give the text that one would write on the command line, in quotes",
        )
    })
}

/// A type as people write it: `Option<Vec<u8>>`, not `Option < Vec < u8 > >`.
pub fn type_text(ty: &Type) -> String {
    let mut text = ty.to_token_stream().to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" <", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(item: TokenStream) -> String {
        let tokens = expand(TokenStream::new(), item);
        prettyplease::unparse(&syn::parse2(tokens).expect("what is emitted parses"))
    }

    fn check_error(item: TokenStream, messages: &[&str]) {
        let text = expanded(item);
        for message in messages {
            assert!(text.contains(message), "{message}\n--- not in ---\n{text}");
        }
        assert!(!text.contains("impl ::thalweg"), "{text}");
    }

    #[test]
    fn each_field_becomes_a_parameter() {
        let text = expanded(quote! {
            /// Where it reads.
            #[derive(Clone)]
            pub struct Input {
                /// A file,
                /// or a directory.
                #[arg(default = "data")]
                pub path: std::path::PathBuf,
                #[arg(default = -1)]
                offset: i64,
                r#type: Option<Vec<String>>,
            }
        });
        for part in [
            r#"of::<
                std::path::PathBuf,
                _,
            >(
                "path",
                "A file,\nor a directory.",
                "std::path::PathBuf",
                ::core::option::Option::Some("data"),
            )"#,
            r#"("offset", "", "i64", ::core::option::Option::Some("-1"))"#,
            r#""type","#,
            r#""Option<Vec<String>>","#,
            r#"path: arguments.take("path")?"#,
            r#"r#type: arguments.take("type")?"#,
        ] {
            let squeeze = |text: &str| {
                text.split_whitespace().collect::<String>().replace(",)", ")").replace(",>", ">")
            };
            assert!(squeeze(&text).contains(&squeeze(part)), "{part}\n--- not in ---\n{text}");
        }
        assert!(!text.contains("#[arg("), "{text}");
    }

    #[test]
    fn all_mistakes_are_reported_and_the_struct_stays() {
        check_error(
            quote! { struct A<T> { #[arg(defualt = 1)] a: T, #[arg(default = secs(5))] b: u8 } },
            &["struct A<T>", "cannot be generic", "unknown word", "a default is a literal"],
        );
        check_error(quote! { struct A(u8); }, &["needs named fields"]);
        check_error(quote! { enum A { B } }, &["stands on a struct", "enum A"]);
    }
}
