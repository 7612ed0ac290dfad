//! `egret limits show | set | reset | schema`, `egret net limits`.

use super::{House, Outcome};
use serde_json::Value;

/// What `limits show` says of one limit.
fn shown(house: &House, name: &str, more: &[&str]) -> (String, String) {
    let all = house.run(&[&["limits", "show", "--json"], more].concat()).json();
    let one = all["limits"].as_array().unwrap().iter().find(|limit| limit["name"] == name).unwrap().clone();
    (one["value"].as_str().unwrap().to_owned(), one["from"].as_str().unwrap().to_owned())
}

#[test]
fn a_limit_is_shown_set_narrowed_and_reset() {
    let said = |words: (&str, &str)| (words.0.to_owned(), words.1.to_owned());
    for house in House::both() {
        assert_eq!(shown(&house, "invocation.calls", &[]), said(("50", "default")));
        let set = house.done(&["limits", "set", "invocation.calls", "20"]);
        assert!(set.starts_with("invocation.calls ") && set.contains(" 20 ") && set.contains("0 to 1000"), "{set}");
        assert_eq!(shown(&house, "invocation.calls", &["--app", "shop"]), said(("20", "server")));
        house.done(&["limits", "set", "invocation.calls", "5", "--app", "shop"]);
        house.done(&["limits", "set", "outbound.rate_app", "60/min burst 5", "--app", "shop"]);
        assert_eq!(shown(&house, "invocation.calls", &["--app", "shop"]), said(("5", "app")));
        assert_eq!(shown(&house, "outbound.rate_app", &["--app", "shop"]), said(("60/min burst 5", "app")));
        assert_eq!(shown(&house, "outbound.rate_app", &[]), said(("off", "default")));
        house.done(&["limits", "set", "invocation.calls", "3"]);
        let narrowed = house.done(&["limits", "show", "--app", "shop"]);
        assert!(narrowed.contains("set to 5 for this app, which is wider and does not count"), "{narrowed}");
        house.done(&["limits", "reset", "invocation.calls"]);
        house.done(&["limits", "reset", "invocation.calls", "--app", "shop"]);
        assert_eq!(shown(&house, "invocation.calls", &["--app", "shop"]), said(("50", "default")));
        assert!(house.done(&["limits", "set", "invocation.heap", "32MiB"]).contains("counts from the next start on"));
        let net = house.done(&["net", "limits"]);
        assert!(net.contains("outbound.rate_app") && net.contains("invocation.calls") && !net.contains("inbound."), "{net}");
    }
}

#[test]
fn what_cannot_be_set_changes_nothing_and_says_why() {
    for house in House::both() {
        house.done(&["limits", "set", "invocation.calls", "20"]);
        let before = house.done(&["limits", "show", "--json"]);
        for (arguments, code, words) in [
            (&["invocation.calls", "1001"][..], 2, "may be 0 to 1000"),
            (&["invocation.calls", "-1"], 2, "unexpected argument"),
            (&["invocation.calls", "many"], 2, "no whole number"),
            (&["invocation.calls", "off"], 2, "no whole number"),
            (&["invocation.wall", "5"], 2, "no duration"),
            (&["outbound.rate", "60"], 2, "no rate"),
            (&["outbound.rate", "0/s"], 2, "1 to 1000000 calls"),
            (&["invocation.moon", "1"], 3, "egret limits show"),
            (&["invocation.calls", "5", "--app", "nobody"], 3, "no app"),
            (&["invocation.calls", "21", "--app", "shop"], 1, "invocation.calls is 20 for all apps of this server"),
            (&["outbound.in_flight", "5", "--app", "shop"], 2, "without --app"),
        ] {
            let Outcome { code: got, err, .. } = house.run(&[&["limits", "set"], arguments].concat());
            assert!(got == Some(code) && err.contains(words), "{arguments:?}: {got:?} {err}");
        }
        assert_eq!(house.done(&["limits", "show", "--json"]), before);
    }
}

#[test]
fn the_schema_of_limits_is_json() {
    let schema: Value = serde_json::from_str(&House::new().done(&["limits", "schema"])).unwrap();
    assert_eq!(schema["properties"]["outbound.in_flight"]["default"], "12000");
}
