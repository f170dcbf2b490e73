//! What `#[record]` says about each mistake, word for word. Refresh with `TRYBUILD=overwrite`, and read the difference.

#[test]
fn every_mistake_has_its_message() {
    trybuild::TestCases::new().compile_fail("ui/record/*.rs");
}
