//! `docs/operators.md`: the operators' pages, taken out of the doc comments of the typed surface.
//!
//! No parser of Rust: in the files of the surface a method is a line that begins with `pub fn` or `fn`, and its page
//! is the doc comment above it. Links become plain words, lines that examples hide are left out.

use std::fmt::Write;
use std::path::Path;

/// Where the page is, from the root of the workspace.
pub const PAGE: &str = "docs/operators.md";

const SURFACE: &str = "runtime/src/stream";

/// Files of the surface that have operators, in the order of the page, with the chapter's title.
const CHAPTERS: &[(&str, &str)] = &[
    ("source.rs", "Sources"),
    ("stateless.rs", "Stateless operators"),
    ("owned.rs", "Behind `owned`"),
    ("fallible.rs", "Fallible operators"),
    ("side.rs", "Sides"),
    ("exchanges.rs", "Exchanges"),
    ("time.rs", "Time"),
    ("keyed.rs", "Keyed streams"),
    ("windows.rs", "Windows"),
    ("windowed.rs", "Aggregates over windows"),
    ("general.rs", "Triggers, evictors, functions over elements"),
    ("agg.rs", "What `aggregate(|w| ..)` can ask for"),
    ("running.rs", "Running aggregates, on a keyed stream"),
    ("process.rs", "Process functions"),
    ("connect.rs", "Process functions of two inputs"),
    ("joins.rs", "Joins"),
    ("modifiers.rs", "Modifiers"),
    ("sink.rs", "Sinks"),
];

/// The page, from the files under `root`.
///
/// # Panics
/// If a file of the surface cannot be read.
pub fn operators(root: &Path) -> String {
    let mut page = String::from(
        "# Operators\n\n\
         Made by `cargo xtask docs` out of the doc comments of `runtime/src/stream`: change those. The same pages, with\n\
         links and types, are in `cargo doc --open -p thalweg`.\n",
    );
    for (file, title) in CHAPTERS {
        let path = root.join(SURFACE).join(file);
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
        let _ = write!(page, "\n## {title}\n");
        chapter(&text, &mut page);
    }
    page
}

/// The pages of one file.
fn chapter(source: &str, page: &mut String) {
    let mut doc: Vec<&str> = Vec::new();
    for line in source.lines() {
        let line = line.trim_start();
        if let Some(text) = line.strip_prefix("///") {
            doc.push(text.strip_prefix(' ').unwrap_or(text));
        } else if let Some(name) = public_function(line) {
            let _ = write!(page, "\n### `{name}`\n\n");
            entry(&doc, page);
            doc.clear();
        } else if !line.starts_with("#[") {
            doc.clear();
        }
    }
}

/// The name in a line `pub fn name..`.
fn public_function(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub fn ")?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// One page: prose without links, examples without hidden lines.
fn entry(doc: &[&str], page: &mut String) {
    let mut in_example = false;
    for line in doc {
        match (line.strip_prefix("```"), in_example) {
            (Some(_), true) => page.push_str("```\n"),
            (Some(_), false) => page.push_str("```rust\n"),
            (None, true) if *line == "#" || line.starts_with("# ") => {}
            (None, true) => {
                let _ = writeln!(page, "{line}");
            }
            (None, false) => {
                let _ = writeln!(page, "{}", without_links(line));
            }
        }
        in_example ^= line.starts_with("```");
    }
}

/// `see [map](Stream::map) and [Failed]`, whose names are in backticks, as `see map and Failed`.
fn without_links(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, link)) = rest.split_once('[') {
        let Some((text, after)) = link.split_once(']').filter(|(text, _)| text.starts_with('`'))
        else {
            let (kept, after) = rest.split_at(before.len() + 1);
            plain.push_str(kept);
            rest = after;
            continue;
        };
        plain.push_str(before);
        plain.push_str(text);
        let target = after.strip_prefix('(').and_then(|target| target.split_once(')'));
        rest = target.map_or(after, |(_, after)| after);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_words() {
        let line = "see [`map`](Stream::map), [`Failed`] and `[start, end)`";
        assert_eq!(without_links(line), "see `map`, `Failed` and `[start, end)`");
    }

    #[test]
    fn a_page_has_prose_and_visible_code() {
        let source = "\
/// Not of the method.
struct X;
    /// Does [`it`].
    ///
    /// ```compile_fail
    /// # hidden
    /// x.it();
    /// #[shown]
    /// ```
    #[must_use]
    pub fn it<T>(self) -> T {
";
        let mut page = String::new();
        chapter(source, &mut page);
        assert_eq!(page, "\n### `it`\n\nDoes `it`.\n\n```rust\nx.it();\n#[shown]\n```\n");
    }

    #[test]
    fn the_page_is_current() {
        let kept = std::fs::read_to_string(crate::root().join(PAGE)).unwrap_or_default();
        assert!(kept == operators(crate::root()), "{PAGE} is not current: run `cargo xtask docs`");
    }
}
