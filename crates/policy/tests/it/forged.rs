//! The proofs cannot be made outside of the law: each of these programs must fail to compile.

#[test]
fn permit_and_admitted_cannot_be_forged() {
    trybuild::TestCases::new().compile_fail("tests/forged/*.rs");
}
