//! `egret net explain`: every check with its outcome, in words and as JSON.

use crate::harness::{egret, stdout, workspace};

fn explain(method: &str, url: &str, more: &[&str]) -> (Option<i32>, String) {
    let app = workspace().join("examples/quickstart");
    let arguments = [&["net", "explain", method, url, "--app", app.to_str().unwrap()], more].concat();
    let output = egret(&arguments);
    (output.status.code(), stdout(&output))
}

#[test]
fn an_allowed_request_passes_every_check_and_leaves_addresses_open() {
    let (code, words) = explain("GET", "https://api.github.com/zen", &[]);
    assert_eq!(code, Some(0));
    assert_eq!(words.matches("  pass    ").count(), 14, "{words}");
    assert!(words.contains("-     addresses       not evaluated"), "{words}");
}

#[test]
fn a_refused_request_names_check_code_and_the_lines_that_would_allow_it() {
    let (code, words) = explain("POST", "https://weather.test:8443/forecast/oslo?key=hunter2", &[]);
    assert_eq!(code, Some(1));
    assert!(words.contains("REFUSE  allowed method") && words.contains("[policy.rule.method]"), "{words}");
    assert!(words.contains("nearest rule: weather.test") && words.contains("methods = [\"POST\"]"), "{words}");
    assert!(!words.contains("hunter2"), "a query is not shown: {words}");
}

#[test]
fn json_tells_the_same() {
    let (code, text) = explain("GET", "http://127.1/", &["--json"]);
    let explanation: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (code, explanation["allowed"].as_bool(), explanation["code"].as_str()),
        (Some(1), Some(false), Some("policy.target.ipv4_form"))
    );
    assert_eq!(explanation["checks"].as_array().unwrap().len(), 15);
}
