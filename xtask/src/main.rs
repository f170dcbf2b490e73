//! Chores of the project that are neither the library nor its tests.
//!
//! ```text
//! cargo xtask tidy     what clippy cannot check: length of files, layers, words, where `unsafe` may be
//! cargo xtask docs     writes docs/operators.md from the doc comments of the typed surface
//! cargo xtask editor   rust-analyzer's errors over the workspace, if the machine has rust-analyzer
//! cargo xtask mutants  plants each known bug in the engine and runs its tests, which must fail
//! ```

#![forbid(unsafe_code)]

mod docs;
mod editor;
mod mutants;
mod source;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Ok(bug) = std::env::var(mutants::wrapper::BUG) {
        let arguments: Vec<_> = std::env::args_os().skip(1).collect();
        return mutants::wrapper::run(&bug, &arguments);
    }
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => tidy(),
        ["docs"] => docs(),
        ["editor"] => editor(),
        ["mutants", ref numbers @ ..] => mutants(numbers),
        _ => {
            eprintln!("usage: cargo xtask tidy|docs|editor|mutants [NN..]");
            ExitCode::from(2)
        }
    }
}

fn tidy() -> ExitCode {
    let findings = tidy::check(root());
    for finding in &findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("{} to tidy up", findings.len());
    ExitCode::FAILURE
}

fn docs() -> ExitCode {
    let page = root().join(docs::PAGE);
    let written = page.parent().map_or(Ok(()), std::fs::create_dir_all);
    match written.and_then(|()| std::fs::write(&page, docs::operators(root()))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} cannot be written: {error}", page.display());
            ExitCode::FAILURE
        }
    }
}

fn editor() -> ExitCode {
    match editor::check(root()) {
        Ok(editor::Answer::Missing) => {
            eprintln!(
                "not checked: there is no rust-analyzer here\n\
                 help: rustup component add rust-analyzer rust-src"
            );
            ExitCode::SUCCESS
        }
        Ok(editor::Answer::Errors(errors)) if errors.is_empty() => ExitCode::SUCCESS,
        Ok(editor::Answer::Errors(errors)) => {
            errors.iter().for_each(|error| eprintln!("{error}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("rust-analyzer cannot be run: {error}");
            ExitCode::FAILURE
        }
    }
}

fn mutants(numbers: &[&str]) -> ExitCode {
    match mutants::run(root(), numbers) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace")
}
