//! The recorded cases that ship with the project are answered as recorded, but for the differences that have a name.

use std::path::Path;

use thalweg_tests::conformance::run_folder;

#[test]
fn recorded_cases_are_answered_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance");
    let report = run_folder(&folder).expect("the cases can be read");
    let failed: Vec<String> =
        report.failed.iter().map(|(_, id, how)| format!("{id}: {how}")).collect();
    assert!(failed.is_empty(), "{} cases:\n{}", failed.len(), failed.join("\n"));
    assert!(report.not_built.is_empty(), "{:?}", report.not_built);
    assert!(report.passed > 600, "{} passed", report.passed);
}
