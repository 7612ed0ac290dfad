//! What `egret net explain` says of a request is what happens to it, for every start crossed with every end.

use super::stage::Stage;
use crate::harness::{egret, stdout};
use serde_json::Value;

const STARTS: [&str; 7] = ["/ok", "/ok/admin", "/ok/ro", "/enc", "/u/1", "/post", ""];

const ENDS: [&str; 20] = [
    "",
    "/",
    "/x",
    "/X?a=/../b#c",
    "/%61",
    "/%2f",
    "/%5c",
    "/%2e%2e%2f",
    "/%252f",
    "/%00",
    "/%ff",
    "/%zz",
    "//x",
    "/a;b",
    ";a",
    ".",
    "%20",
    "/\\u2024",
    "/{a|b}^`\\\"<>",
    "/../ok/é",
];

#[test]
fn explaining_and_sending_agree_on_every_pair() {
    let mut attempts = Vec::new();
    for url in STARTS.iter().flat_map(|start| ENDS.map(|end| format!("new URL(\"{start}{end}\", OK).href"))) {
        attempts.push(format!("({{ status: {url}, text() {{}} }})"));
        attempts.push(format!("fetch({url})"));
    }
    let stage = Stage::set(attempts.iter().map(String::as_str));
    let (mut sent, mut refused, mut wrong) = (0, 0, Vec::new());
    for number in (0..attempts.len()).step_by(2) {
        let (url, seen) = (stage.attempt(number), stage.attempt(number + 1));
        let expected = explained(&stage, &url);
        if expected.starts_with("200") {
            sent += 1
        } else {
            refused += 1
        }
        if expected != seen {
            wrong.push(format!("{url}: explained {expected}, happened {seen}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(sent > 20 && refused > 60, "both kinds were there: {sent} sent, {refused} refused");
}

/// What should happen, in the words of an attempt's outcome.
fn explained(stage: &Stage, url: &str) -> String {
    let output = egret(&["net", "explain", "GET", url, "--app", stage.folder.path().to_str().unwrap(), "--json"]);
    let told: Value = serde_json::from_str(&stdout(&output)).unwrap();
    if told["allowed"] == true {
        let url = told["url"].as_str().unwrap();
        return format!("200 <- GET {}", url.strip_prefix(&format!("http://127.0.0.1:{}", stage.open())).unwrap());
    }
    told["code"].as_str().unwrap().to_owned()
}
