//! Prints what a file's pipelines become: `cargo run -p thalweg-codegen --example expand FILE`.
use std::process::ExitCode;

use quote::ToTokens;
use syn::Item;
use thalweg_codegen::passes::Options;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: expand FILE");
        return ExitCode::from(2);
    };
    match expand(&path) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {path}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn expand(path: &str) -> Result<String, Box<dyn std::error::Error>> {
    let mut out = String::new();
    for item in syn::parse_file(&std::fs::read_to_string(path)?)?.items {
        let Item::Fn(mut function) = item else { continue };
        let Some(at) = function.attrs.iter().position(|attr| attr.path().is_ident("pipeline"))
        else {
            continue;
        };
        let attribute = match function.attrs.remove(at).meta {
            syn::Meta::List(list) => list.tokens,
            _ => proc_macro2::TokenStream::new(),
        };
        let tokens = thalweg_codegen::pipeline::compile(
            attribute,
            function.to_token_stream(),
            Options::default(),
        );
        out.push_str(&prettyplease::unparse(&syn::parse2(tokens)?));
    }
    Ok(out)
}
