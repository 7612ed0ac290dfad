//! The attack corpus through the binary, and that its judge can say no.

use crate::harness::{egret, stdout, workspace};
use std::fs;

fn last_line(arguments: &[&str]) -> (Option<i32>, String) {
    let output = egret(&[&["conformance"], arguments].concat());
    (output.status.code(), stdout(&output).lines().last().unwrap_or_default().to_owned())
}

#[test]
fn the_whole_corpus_passes_but_for_what_is_listed_as_later() {
    let corpus = workspace().join("conformance/cases.jsonl");
    let (code, line) = last_line(&["--corpus", corpus.to_str().unwrap()]);
    assert_eq!((code, line.as_str()), (Some(0), "518 passed, 0 failed, 0 skipped, 42 later"));
}

#[test]
fn the_four_classes_of_parsing_and_addresses_pass_whole() {
    let corpus = workspace().join("conformance/cases.jsonl");
    let classes = ["url_parser", "ipv4_notation", "ipv6_literal", "ip_range"].map(|class| ["--class", class]).concat();
    let (code, line) = last_line(&[&["--corpus", corpus.to_str().unwrap()], classes.as_slice()].concat());
    assert_eq!((code, line.as_str()), (Some(0), "216 passed, 0 failed, 0 skipped, 0 later"));
}

/// But for two: where an HTTPS record or an Alt-Svc field is offered, deny means that it is not believed and allow that the
/// request is made all the same. Both hold.
#[test]
fn every_case_fails_once_its_expectation_is_turned_round() {
    let at = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(workspace().join("conformance/cases.jsonl")).unwrap();
    let turned = text
        .replace("\"expect\": \"deny\"", "\"expect\": \"?\"")
        .replace("\"expect\": \"allow\"", "\"expect\": \"deny\"")
        .replace("\"expect\": \"?\"", "\"expect\": \"allow\"");
    assert_ne!(text, turned);
    fs::write(at.path().join("cases.jsonl"), turned).unwrap();
    for file in ["policies.json", "later.toml"] {
        fs::copy(workspace().join("conformance").join(file), at.path().join(file)).unwrap();
    }
    let (code, line) = last_line(&["--corpus", at.path().join("cases.jsonl").to_str().unwrap()]);
    assert_eq!((code, line.as_str()), (Some(1), "2 passed, 516 failed, 0 skipped, 42 later"));
}

/// A value that nobody knows is no success either: a peer that does nothing must not stand in for one that misbehaves.
#[test]
fn what_an_upstream_should_do_is_skipped_where_nothing_here_can_do_it() {
    let at = tempfile::tempdir().unwrap();
    let corpus = at.path().join("cases.jsonl");
    let unknown = [
        ("response", r#""h2": "a new flood""#),
        ("response", r#""stall": "somewhere""#),
        ("response", r#""chunked": "infinite", "riddle": 1"#),
        ("response", r#""encoding": "zstd", "wire_bytes": 1, "decoded_bytes": 1073741824, "window_log": 12"#),
        ("response", r#""status": 200"#),
        ("response", r#""ws": {"rsv1": false}"#),
        ("response", r#""headers": [["Cache-Control", "max-age=1"]], "cache": true"#),
        ("response", r#""cache": true, "cross_app": false"#),
        ("config", r#""rate": "sometimes""#),
        ("config", r#""concurrency": 11, "riddle": 1"#),
        ("config", r#""retries": 100, "riddle": 1"#),
        ("config", r#""reload": "valid""#),
        ("config", "\"kill\": false"),
        ("connect", r#""cert": "a riddle""#),
        ("connect", r#""max_version": "1.4""#),
        ("connect", r#""pool_reuse": {"policy_generation": 2, "current": 2}"#),
    ];
    let lines: Vec<String> = unknown
        .iter()
        .map(|(key, value)| {
            let class = match *key {
                "connect" => "tls",
                "config" => "limits_tenancy",
                other => other,
            };
            format!(r#"{{"id": "x", "class": "{class}", "policy": "limits", "expect": "deny", "why": "", "{key}": {{{value}}}}}"#)
        })
        .collect();
    fs::write(&corpus, lines.join("\n")).unwrap();
    let policies = workspace().join("conformance/policies.json");
    let (code, line) = last_line(&["--corpus", corpus.to_str().unwrap(), "--policies", policies.to_str().unwrap()]);
    assert_eq!((code, line.as_str()), (Some(1), "0 passed, 0 failed, 16 skipped, 0 later"));
}

#[test]
fn an_unknown_shape_is_skipped_and_a_skip_is_no_success() {
    let at = tempfile::tempdir().unwrap();
    let corpus = at.path().join("cases.jsonl");
    fs::write(&corpus, r#"{"id": "x-1", "class": "url_parser", "policy": "open", "expect": "deny", "why": "", "riddle": 1}"#).unwrap();
    let policies = workspace().join("conformance/policies.json");
    let (code, line) = last_line(&["--corpus", corpus.to_str().unwrap(), "--policies", policies.to_str().unwrap()]);
    assert_eq!((code, line.as_str()), (Some(1), "0 passed, 0 failed, 1 skipped, 0 later"));
}
