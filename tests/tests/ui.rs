//! What the compiler says about each mistake in a pipeline, word for word. Refresh with `TRYBUILD=overwrite`, and read
//! the difference.

/// The folders of `ui/` that are about pipelines.
const RULES: &[&str] = &[
    "function",
    "parameters",
    "statements",
    "sides",
    "operators",
    "keys",
    "time",
    "windows",
    "aggregates",
    "uids",
    "captures",
    "collected",
    "fragments",
    "rustc",
];

#[test]
fn every_mistake_has_its_message() {
    let cases = trybuild::TestCases::new();
    for rule in RULES {
        cases.compile_fail(format!("ui/{rule}/*.rs"));
    }
}
