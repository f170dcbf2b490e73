//! What pipelines become: golden files, compared and compiled. Refresh with `UPDATE_EXPECT=1`, and read the difference.
#![allow(missing_docs, dead_code, unused)]
#![allow(clippy::all, clippy::too_many_lines, clippy::unwrap_used)] // Emitted code is not read by clippy in a job.

macro_rules! expansions {
    ($($name:ident = $file:literal;)*) => {
        $(#[rustfmt::skip] #[path = $file] mod $name;)*
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

expansions! {
    stateless = "../expand/stateless.expanded.rs";
    fan_out = "../expand/fan_out.expanded.rs";
    tumbling = "../expand/tumbling.expanded.rs";
    sliding = "../expand/sliding.expanded.rs";
    general = "../expand/general.expanded.rs";
    running = "../expand/running.expanded.rs";
    sides = "../expand/sides.expanded.rs";
    branches = "../expand/branches.expanded.rs";
    merged = "../expand/merged.expanded.rs";
    fragment = "../expand/fragment.expanded.rs";
    process = "../expand/process.expanded.rs";
    joins = "../expand/joins.expanded.rs";
    asynchronous = "../expand/asynchronous.expanded.rs";
}

#[test]
fn expansions_are_as_they_were() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/expand");
    let mut different = Vec::new();
    for name in NAMES {
        let source = std::fs::read_to_string(format!("{folder}/{name}.rs")).expect("a pipeline");
        let file = thalweg_codegen::expand::expand_file(&source).expect("Rust");
        let expanded = prettyplease::unparse(&file);
        let golden = format!("{folder}/{name}.expanded.rs");
        if std::fs::read_to_string(&golden).ok().as_deref() == Some(expanded.as_str()) {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&golden, expanded).expect("the folder can be written to");
        } else {
            different.push(*name);
        }
    }
    assert!(
        different.is_empty(),
        "{different:?} differ: refresh with UPDATE_EXPECT=1 and read the difference"
    );
}
