//! `egret dev --log`: every line about a request can be found by its id, and holds nothing that it must not.

use crate::harness::{Server, app, egret};
use serde_json::Value;
use std::io::Read;

const REACH: &str = "export default async () => {
    try { return await fetch('https://nowhere.test/path?q=hunter2') } catch (error) { return new Response(error.code) }
}";

#[test]
fn the_id_of_an_answer_is_on_its_lines_and_in_the_event_of_its_call() {
    let at = tempfile::tempdir().unwrap();
    app(at.path(), "version = 1\nname = \"a\"\n", &[("f.js", REACH)]);
    let (server, mut stderr) = Server::logging(at.path(), "debug", &["--log", "json"]);
    let answer = server.get("/f?key=hunter2");
    assert!(answer.ends_with("NET_BLOCKED"), "{answer}");
    let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned();
    let event = server.event("called");
    assert_eq!(event["id"], id.as_str());
    assert_eq!(server.terminate(), Some(0));

    let mut log = String::new();
    stderr.read_to_string(&mut log).unwrap();
    assert!(!log.contains("hunter2") && !log.contains("/path"), "{log}");
    let lines: Vec<Value> = log.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |part: &str| lines.iter().find(|line| line["target"] == part).unwrap_or_else(|| panic!("no {part} in {log}"));
    for part in ["egret::request", "egret::invocation", "egret::call"] {
        assert_eq!(of(part)["spans"][0]["request"], id.as_str(), "{part}");
    }
    let call = of("egret::call");
    assert_eq!((&call["spans"][1]["call"], &call["level"], &call["code"]), (&event["call"], &"INFO".into(), &"policy.rule.no_host".into()));
    assert_eq!(of("egret::server")["message"], "started");
}

#[test]
fn a_filter_that_cannot_be_read_is_told() {
    let (at, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    app(at.path(), "version = 1\nname = \"a\"\n", &[("f.js", REACH)]);
    let arguments = ["dev", at.path().to_str().unwrap(), "--log", "text"];
    let refused = crate::harness::egret_on(data.path(), &[("EGRET_LOG", "h2=trace")], &arguments, b"");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("EGRET_LOG names \"h2\""), "{refused:?}");
    let wrong = egret(&["dev", at.path().to_str().unwrap(), "--log", "xml"]);
    assert_eq!(wrong.status.code(), Some(2));
}
