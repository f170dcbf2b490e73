//! Prints what a file's pipelines and fragments become: `cargo run -p thalweg-codegen --example expand FILE`.
use std::error::Error;
use std::process::ExitCode;

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

fn expand(path: &str) -> Result<String, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    Ok(prettyplease::unparse(&thalweg_codegen::expand::expand_file(&text)?))
}
