//! The tables hold what the sources hold: no code without a line, no line without a code.

use super::*;
use std::collections::BTreeSet;

/// Every text in quotation marks that begins with one of the prefixes, in the files before their tests.
fn quoted(files: &[&str], prefixes: &[&str]) -> BTreeSet<String> {
    let root = crate::root().unwrap();
    let sources = files.iter().map(|file| fs::read_to_string(root.join(file)).unwrap());
    let is_code = |text: &&str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte));
    let begins = |text: &&str| prefixes.iter().any(|prefix| text.starts_with(prefix));
    sources.flat_map(|source| source.split('"').filter(is_code).filter(begins).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn listed<'a>(codes: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    codes.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_reason_of_the_kernel_has_its_line() {
    let codes = NETWORK.map(|(code, _, _)| code);
    let files = [
        "crates/egress/src/error/reason.rs",
        "crates/egress/src/tls/fault.rs",
        "crates/egress/src/error/limit.rs",
        "crates/egress/src/error/hook.rs",
    ];
    assert_eq!(listed(codes), quoted(&files, &["egress."]));
}

#[test]
fn every_class_that_a_function_can_see_has_its_line() {
    let files = ["crates/egress/src/error.rs", "crates/runtime-js/src/ops.rs", "crates/runtime-js/src/ops/head.rs"];
    assert_eq!(listed(CLASSES.map(|row| row.code)), quoted(&files, &["NET_"]));
}

#[test]
fn every_refusal_of_the_gateway_and_every_limit_has_its_line() {
    let files = ["crates/gateway/src/answer.rs", "crates/runtime/src/limits.rs"];
    let codes = GATEWAY.iter().map(|row| row.0).chain(FUNCTION.iter().map(|row| row.0));
    assert_eq!(listed(codes), quoted(&files, &["gateway.", "function.", "runtime.", "limit."]));
}

#[test]
fn every_code_of_the_law_stands_in_exactly_one_group() {
    let page = codes();
    for code in Code::ALL {
        assert_eq!(page.matches(&format!("| `{code}` |")).count(), 1, "{code}");
    }
}

#[test]
fn every_group_names_a_file_that_exists() {
    let root = crate::root().unwrap();
    for group in GROUPS {
        assert!(root.join(group.file).exists(), "{}", group.file);
    }
}
