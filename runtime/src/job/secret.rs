//! Secrets: values that are given by reference and never shown.

use std::env;
use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::str::FromStr;
use std::sync::Arc;

use zeroize::{Zeroize, Zeroizing};

use super::{Value, kind};

/// A value that is read from where `env:NAME` or `file:PATH` says, and never shown.
///
/// It cannot be printed, logged, serialised or compared, and its memory is overwritten when the last clone is dropped.
/// On a command line or in `job.toml` only the reference stands; giving the value itself is refused.
///
/// ```compile_fail,E0277
/// fn shown(password: thalweg::job::Secret<String>) -> String { format!("{password:?}") }
/// ```
/// ```compile_fail,E0277
/// fn shown(password: thalweg::job::Secret<String>) -> String { format!("{password}") }
/// ```
pub struct Secret<T: Zeroize>(Arc<Zeroizing<T>>);

impl<T: Zeroize> Secret<T> {
    /// A secret that the program has from elsewhere.
    pub fn new(value: T) -> Secret<T> {
        Secret(Arc::new(Zeroizing::new(value)))
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Clone for Secret<T> {
    fn clone(&self) -> Secret<T> {
        Secret(Arc::clone(&self.0))
    }
}

impl<T: FromStr + Zeroize + 'static> Value<kind::Hidden> for Secret<T>
where
    T::Err: Display,
{
    const SECRET: bool = true;

    fn parse(reference: &str) -> Result<Secret<T>, String> {
        let text = resolve(reference)?;
        // The parser's own words may quote the value, so they are not passed on.
        text.parse().map(Secret::new).map_err(|_: T::Err| {
            format!("what {reference} holds is no valid {}", std::any::type_name::<T>())
        })
    }
}

/// The most bytes that a secret file may have: keys and certificates are far smaller, a wrong path may not be.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Reads what a reference points to.
fn resolve(reference: &str) -> Result<Zeroizing<String>, String> {
    match reference.split_once(':') {
        Some(("env", name)) => env::var(name)
            .map(Zeroizing::new)
            .map_err(|error| format!("cannot read env:{name}: {error}")),
        Some(("file", path)) => {
            read(path).map_err(|error| format!("cannot read file:{path}: {error}"))
        }
        _ => {
            Err("a secret is given as env:NAME or file:PATH, never as the value itself".to_owned())
        }
    }
}

/// A file's text without its last line break, which editors add.
fn read(path: &str) -> Result<Zeroizing<String>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len().min(FILE_BYTES_MAX);
    // One allocation of the full size: a growing buffer would leave copies of the secret behind.
    let mut text = Zeroizing::new(String::with_capacity(length as usize + 1));
    file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("it is larger than {FILE_BYTES_MAX} bytes, so hardly a secret"));
    }
    let trimmed = text.trim_end_matches(['\n', '\r']).len();
    text.truncate(trimmed);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_instead_of_a_reference_is_refused_without_being_shown() {
        let error = Secret::<String>::parse("hunter2").err().expect("refused");
        assert!(!error.contains("hunter2"), "{error}");
        let error = Secret::<String>::parse("http://hunter2").err().expect("refused");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_file_gives_its_text_without_the_line_break() {
        let path = env::temp_dir().join(format!("thalweg-secret-{}", std::process::id()));
        std::fs::write(&path, "hunter2\n").expect("written");
        let reference = format!("file:{}", path.display());
        let secret = Secret::<String>::parse(&reference).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(secret.expose(), "hunter2");
        let error = Secret::<u16>::parse(&reference).err().expect("no number");
        assert!(error.contains("u16") && !error.contains("hunter2"), "{error}");
        std::fs::remove_file(&path).expect("removed");
        assert!(Secret::<String>::parse(&reference).is_err());
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = Secret::<String>::parse("env:THALWEG_TEST_NOT_SET").err().expect("not set");
        assert!(error.contains("THALWEG_TEST_NOT_SET"), "{error}");
    }
}
