//! The rules on files made up for them, and on the workspace.

use super::{check, check_files};
use crate::source::Source;

#[track_caller]
fn assert_finds(files: &[(&str, &str)], expected: &[&str]) {
    let files: Vec<_> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
    let found: Vec<_> = check_files(&files).iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_workspace_is_tidy() {
    let findings: Vec<_> = check(crate::root()).iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "to tidy up:\n{}", findings.join("\n"));
}

#[test]
fn length_counts_no_tests() {
    let code = "//\n".repeat(600);
    let tested = format!("{code}#[cfg(test)]\nmod tests {{\n{code}}}\n");
    assert_finds(&[("a.rs", &code), ("b.rs", &tested), ("c/tests.rs", &code.repeat(2))], &[]);
    let long = code + "//\n";
    let expected = "a.rs: 601 lines without tests, 600 at most: split it by idea";
    assert_finds(&[("a.rs", &long)], &[expected]);
}

#[test]
fn notes_to_oneself_are_found() {
    let note = format!("fn f() {{\n    // {}: later\n}}\n", concat!("FIX", "ME"));
    let word = concat!("FIX", "ME");
    let expected = format!("a.rs:2: `{word}`: do it, or say in the docs that it is not there");
    assert_finds(&[("a.rs", &note)], &[&expected]);
}

#[test]
fn unsafe_files_are_listed_and_say_why() {
    let permission = concat!("#![allow(", "unsafe_code)]");
    let explained = format!("{permission} // Reads bytes.\n");
    let list =
        "# A\n\n## Unsafe code\n\n| file | why |\n|---|---|\n| `a.rs` | bytes |\n| `c.rs` | |\n";
    assert_finds(
        &[("ARCHITECTURE.md", list), ("a.rs", &explained), ("b.rs", permission)],
        &[
            "ARCHITECTURE.md: lists `c.rs` under Unsafe code, which has none",
            "b.rs:1: does not say why it needs `unsafe`",
            "b.rs:1: has `unsafe`, but ARCHITECTURE.md does not list it (Unsafe code)",
        ],
    );
}

#[test]
fn modules_use_lower_layers_only() {
    let table = "# A\n\n## Layers\n\n| layer | modules |\n|---|---|\n| L0 | `time` |\n\
                 | L1 | `exchange`, `state` |\n| L2 | `task` |\n| L3 | `exchange/edge` |\n";
    assert_finds(
        &[
            ("ARCHITECTURE.md", table),
            ("runtime/src/lib.rs", "pub use crate::task::Chain;\n"),
            ("runtime/src/time/mod.rs", "use crate::time::Timestamp;\nuse crate::job;\n"),
            ("runtime/src/exchange/edge.rs", "use crate::task::Turn;\n"),
            ("runtime/src/exchange/batch.rs", "use crate::{time::Timestamp, state::Table};\n"),
            ("runtime/src/exchange/batch/tests.rs", "use crate::task::Turn;\n"),
            ("runtime/src/task.rs", "use crate::exchange::edge::Edge;\n"),
            ("runtime/src/job.rs", "use crate::Result;\n"),
        ],
        &[
            "ARCHITECTURE.md: `job` of the runtime has no layer (table under Layers)",
            "runtime/src/exchange/batch.rs:1: `exchange/batch` (L1) uses `state` (L1), \
             which is not below it",
            "runtime/src/task.rs:1: `task` (L2) uses `exchange` (L3), which is not below it",
        ],
    );
}
