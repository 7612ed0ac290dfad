//! A name cannot be dialled: the real source of `dial.rs` refuses to compile with anything but an admission.

#[test]
fn only_what_was_admitted_can_be_dialled() {
    trybuild::TestCases::new().compile_fail("tests/forged/*.rs");
}
