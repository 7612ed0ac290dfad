//! Files that a chore makes are what the chore would make now.

use crate::house::{read, root};
use aws_lc_rs::digest::{SHA256, digest};
use std::fs;
use std::process::{Command, Output};

const GUEST: &str = "crates/runtime-js/guest/egret-guest.wasm";

#[expect(clippy::disallowed_methods, reason = "test: the chore under test is a process")]
fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).current_dir(root()).output().unwrap()
}

fn check(arguments: &[&str]) -> String {
    let output = xtask(arguments);
    let words = [output.stdout, output.stderr].concat();
    let words = String::from_utf8_lossy(&words).into_owned();
    assert!(output.status.success(), "{words}");
    words
}

#[test]
fn the_reference_is_fresh() {
    check(&["docs", "--check"]);
}

#[test]
fn the_committed_guest_has_the_digest_on_record() {
    let guest = fs::read(root().join(GUEST)).unwrap();
    let digest: String = digest(&SHA256, &guest).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(read(&format!("{GUEST}.sha256")).split(' ').next(), Some(digest.as_str()));
}

/// Builds the guest again where its compiler is installed; the chore compares where it is the very one on record.
#[test]
fn the_guest_is_what_its_sources_give() {
    if !has_compiler() {
        eprintln!("not built: clang-14 is not installed");
        return;
    }
    let words = check(&["guest", "--check"]);
    assert!(words.contains("is what the sources give") || words.contains("not compared"), "{words}");
}

#[expect(clippy::disallowed_methods, reason = "test: asks whether the compiler is installed")]
fn has_compiler() -> bool {
    Command::new("clang-14").arg("--version").output().is_ok_and(|output| output.status.success())
}
