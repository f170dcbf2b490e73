//! A module of the runtime uses only modules of lower layers.
//!
//! The layers are read from the table under "Layers" in the architecture's document, whose rows are
//! `| L2 | modules in backticks | … |`. A file of a module can have a row of its own, by path
//! (`exchange/edge`), where it belongs to another layer than its neighbours.

use std::collections::{BTreeMap, BTreeSet};

use super::{ARCHITECTURE, Finding, quoted, section};
use crate::source::Source;

const HEADING: &str = "Layers";
const RUNTIME: &str = "runtime/src/";

/// Layer by path of module.
type Layers<'a> = BTreeMap<&'a str, u32>;

pub(super) fn check(files: &[Source]) -> Vec<Finding> {
    let layers = read(section(files, HEADING));
    let mut findings = modules_without_layer(files, &layers);
    for file in files.iter().filter(|file| file.is_rust() && !file.is_test()) {
        let Some(module) = module_of(file) else { continue };
        let Some(own_layer) = layer_of(&layers, module) else { continue };
        for (line, path) in crate_paths(file) {
            let is_own = top(&path) == top(module);
            match layer_of(&layers, &path) {
                Some(layer) if !is_own && layer >= own_layer => {
                    let what = format!(
                        "`{module}` (L{own_layer}) uses `{}` (L{layer}), which is not below it",
                        top(&path)
                    );
                    findings.push(Finding::new(&file.path, line, what));
                }
                _ => {}
            }
        }
    }
    findings
}

/// Reads the rows of the table.
fn read(table: &str) -> Layers<'_> {
    let mut layers = Layers::new();
    for row in table.lines() {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let layer = cells.next().and_then(|cell| cell.strip_prefix('L')?.parse().ok());
        if let (Some(layer), Some(modules)) = (layer, cells.next()) {
            layers.extend(quoted(modules).map(|module| (module, layer)));
        }
    }
    layers
}

fn modules_without_layer(files: &[Source], layers: &Layers<'_>) -> Vec<Finding> {
    let modules: BTreeSet<_> = files.iter().filter_map(module_of).map(top).collect();
    let missing = modules.into_iter().filter(|module| !layers.contains_key(module));
    missing
        .map(|module| {
            let what = format!("`{module}` of the runtime has no layer (table under {HEADING})");
            Finding::new(ARCHITECTURE, 0, what)
        })
        .collect()
}

/// The path of a file of the runtime as a module, `exchange/edge`; none for the crate's root.
fn module_of(file: &Source) -> Option<&str> {
    let path = file.path.strip_prefix(RUNTIME)?.strip_suffix(".rs")?;
    (path != "lib").then(|| path.strip_suffix("/mod").unwrap_or(path))
}

fn top(module: &str) -> &str {
    module.split('/').next().unwrap_or(module)
}

/// The layer of the longest part of `path` that has one.
fn layer_of(layers: &Layers<'_>, path: &str) -> Option<u32> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.collect::<Vec<_>>().into_iter().rev().find_map(|end| layers.get(&path[..end]).copied())
}

/// What a file names of its own crate, with lines: `crate::a::{b, c::D}` is `a/b` and `a/c/D`.
fn crate_paths(file: &Source) -> Vec<(usize, String)> {
    let mut code = String::new();
    for (_, line) in file.lines_without_tests() {
        code += line.split("//").next().unwrap_or("");
        code.push('\n');
    }
    let mut paths = Vec::new();
    for (at, prefix) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let mut found = Vec::new();
        expand(&code[at + prefix.len()..], "", &mut found);
        paths.extend(found.into_iter().map(|path| (line, path)));
    }
    paths
}

/// Reads one path or group in braces from the beginning of `text`, and returns what follows it.
fn expand<'a>(text: &'a str, prefix: &str, paths: &mut Vec<String>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = expand(rest, prefix, paths).trim_start();
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => return rest.strip_prefix('}').unwrap_or(rest),
            }
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let path = match (prefix, word) {
        (_, "") => prefix.to_owned(),
        ("", _) => word.to_owned(),
        _ => format!("{prefix}/{word}"),
    };
    match rest.strip_prefix("::") {
        Some(rest) => return expand(rest, &path, paths),
        None if path.is_empty() => {}
        None => paths.push(path),
    }
    skip_rename(rest.strip_prefix('*').unwrap_or(rest))
}

/// Skips `as name`.
fn skip_rename(rest: &str) -> &str {
    let Some(rename) = rest.trim_start().strip_prefix("as ") else { return rest };
    let end = rename.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rename.len());
    &rename[end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_renames_are_read() {
        let text = "use crate::{a::{self, B as C}, g::*, d};\n// crate::no\ncrate::e::f::<G>();";
        let paths: Vec<_> = crate_paths(&Source::new("x.rs", text));
        let expected = [(1, "a/self"), (1, "a/B"), (1, "g"), (1, "d"), (3, "e/f")];
        assert_eq!(paths.iter().map(|(l, p)| (*l, p.as_str())).collect::<Vec<_>>(), expected);
    }
}
