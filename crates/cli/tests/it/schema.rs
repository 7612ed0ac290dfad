//! `egret schema`: what the binary prints is what the reference has.

use crate::harness::{egret, stdout, workspace};

#[test]
fn the_printed_schema_is_the_one_of_the_reference() {
    let output = egret(&["schema"]);
    let page = std::fs::read_to_string(workspace().join("docs/reference/egret.schema.json")).unwrap();
    assert_eq!((output.status.code(), stdout(&output)), (Some(0), page));
}
