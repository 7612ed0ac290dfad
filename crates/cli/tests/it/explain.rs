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
    assert_eq!(words.matches("  pass    ").count(), 17, "{words}");
    assert!(words.contains("-     addresses       not evaluated"), "{words}");
}

#[test]
fn a_refused_request_names_check_code_and_the_lines_that_would_allow_it() {
    let (code, words) = explain("POST", "https://weather.test:8443/forecast/oslo?key=hunter2", &[]);
    assert_eq!(code, Some(1));
    assert!(words.contains("REFUSE  allowed method") && words.contains("[policy.rule.method]"), "{words}");
    assert!(
        words.contains("nearest rule: weather.test (rule ")
            && words.contains(" differs in method: it has ")
            && words.contains("methods = [\"POST\"]"),
        "{words}"
    );
    assert!(!words.contains("hunter2"), "a query is not shown: {words}");
}

#[test]
fn a_slip_of_the_pen_is_told_in_words_and_as_json() {
    let (_, words) = explain("GET", "https://api.githb.com/zen", &[]);
    assert!(words.contains("nearest rule: api.github.com (rule ") && words.contains("the request asks for api.githb.com"), "{words}");
    let (_, text) = explain("GET", "https://api.githb.com/zen", &["--json"]);
    let explanation: serde_json::Value = serde_json::from_str(&text).unwrap();
    let nearest = &explanation["nearest"];
    assert_eq!((nearest["rule"].as_str(), nearest["differs"][0]["field"].as_str()), (Some("api.github.com"), Some("host")), "{nearest}");
    assert_eq!(nearest["differs"][0]["request"], "api.githb.com");
}

#[test]
fn a_hostile_url_neither_floods_nor_rewrites_the_terminal() {
    let url = format!("https://user:hunter2@a.test/\u{1b}[2J\u{9b}\u{202e}{}", "x".repeat(100_000));
    let (code, words) = explain("GET", &url, &[]);
    assert_eq!(code, Some(1));
    assert!(words.len() < 10_000 && !words.contains("hunter2"), "{words}");
    assert!(!words.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{words}");
    let (_, text) = explain("GET", &url, &["--json"]);
    assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']));
}

#[test]
fn json_tells_the_same() {
    let (code, text) = explain("GET", "http://127.1/", &["--json"]);
    let explanation: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (code, explanation["allowed"].as_bool(), explanation["code"].as_str()),
        (Some(1), Some(false), Some("policy.target.ipv4_form"))
    );
    assert_eq!(explanation["checks"].as_array().unwrap().len(), 18);
}

#[test]
fn rules_of_a_file_are_explained_in_either_form_with_lines_in_that_form() {
    let at = tempfile::tempdir().unwrap();
    let ask = |name: &str, text: &str, url: &str| {
        let file = at.path().join(name);
        std::fs::write(&file, text).unwrap();
        let output = egret(&["net", "explain", "GET", url, "--policy", file.to_str().unwrap()]);
        (output.status.code(), stdout(&output), String::from_utf8(output.stderr).unwrap())
    };
    let json = "{ \"version\": 1, \"net\": [\"a.test\"] }";
    let toml = "version = 1\nnet = [\"a.test\"]\n";
    for (name, text) in [("rules.json", json), ("rules.toml", toml)] {
        assert_eq!(ask(name, text, "https://a.test/x").0, Some(0));
    }
    let (code, words, _) = ask("rules.json", json, "https://b.test/x");
    assert!(code == Some(1) && words.contains("add to rules.json:") && words.contains("\"host\": \"b.test\""), "{words}");
    let (code, words, _) = ask("rules.toml", toml, "https://b.test/x");
    assert!(code == Some(1) && words.contains("add to rules.toml:") && words.contains("host = \"b.test\""), "{words}");
    let (code, _, words) = ask("rules.json", "{ \"version\": 1, \"name\": \"a\" }", "https://a.test/");
    assert!(code == Some(1) && words.contains("rules.json:1:17: name: unknown key"), "{words}");
    assert!(ask("rules.txt", toml, "https://a.test/").2.contains("*.toml or *.json"));
}

#[test]
fn explaining_needs_one_set_of_rules() {
    assert_eq!(egret(&["net", "explain", "GET", "https://a.test/"]).status.code(), Some(2));
    assert_eq!(egret(&["net", "explain", "GET", "https://a.test/", "--app", "a", "--policy", "b.toml"]).status.code(), Some(2));
}
