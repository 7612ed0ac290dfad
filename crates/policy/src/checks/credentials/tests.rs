//! Golden cases: what a guest writes beside a rule's secret, and the code that it comes to.

use crate::Mode;
use crate::policy::{Policy, Request};
use crate::rule::{AuthSpec, RuleSpec};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

const MINE: &str = "egret-secret-KEY-00112233445566778899aabbccddeeff";
const OTHER: &str = "egret-secret-OTHER-00112233445566778899aabbccddeeff";

fn auth(place: &str) -> Option<AuthSpec> {
    Some(AuthSpec { secret: "KEY".parse().unwrap(), place: place.parse().unwrap() })
}

fn request(path: &str, fields: &[(&str, &str)]) -> Request {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    Request::parse(Method::GET, &format!("https://a.test{path}"), headers).unwrap()
}

fn outcome(policy: &Policy, request: Request) -> &'static str {
    policy.decide(request).map_or_else(|denial| denial.code().as_str(), |_| "allowed")
}

#[track_caller]
fn check(place: &str, path: &str, fields: &[(&str, &str)], expected: &str) {
    let rule = RuleSpec { auth: auth(place), ..RuleSpec::host("a.test") };
    let policy = Policy::builder().rule(rule).build().unwrap();
    assert_eq!(outcome(&policy, request(path, fields)), expected, "{place} {path} {fields:?}");
    // A call that asks for the same under a rule without a secret is judged the same.
    let bare = Policy::builder().rule(RuleSpec::host("a.test")).build().unwrap();
    assert_eq!(outcome(&bare, request(path, fields).with_auth(auth(place))), expected, "asked: {place} {path} {fields:?}");
}

#[test]
fn the_field_of_a_rules_secret_is_empty_or_holds_its_placeholder() {
    let encoded = format!("Basic {}", BASE64_STANDARD.encode(MINE));
    check("bearer", "/", &[], "allowed");
    for (place, name, value) in [
        ("bearer", "authorization", &*format!("Bearer {MINE}")),
        ("bearer", "Authorization", &format!("bEARER {MINE}")),
        ("bearer", "authorization", MINE),
        ("basic", "authorization", &format!("Basic {MINE}")),
        ("basic", "authorization", &encoded),
        ("header:x-api-key", "X-Api-Key", MINE),
    ] {
        check(place, "/", &[(name, value)], "allowed");
    }
    for (place, name, value) in [
        ("bearer", "authorization", "Bearer own"),
        ("bearer", "authorization", ""),
        ("bearer", "authorization", &*format!("Bearer {OTHER}")),
        ("bearer", "authorization", &format!("Bearer {MINE}x")),
        ("bearer", "authorization", &format!("Bearer  {MINE}")),
        ("bearer", "authorization", &format!("Basic {MINE}")),
        ("basic", "authorization", &format!("Bearer {MINE}")),
        ("basic", "authorization", "Basic b3duOm93bg=="),
        ("header:x-api-key", "x-api-key", &format!("Bearer {MINE}")),
        ("header:x-api-key", "x_api_key", MINE),
        ("header:x-api-key", "x_api_key", "own"),
    ] {
        check(place, "/", &[(name, value)], "policy.auth.conflict");
    }
    check("bearer", "/", &[("authorization", MINE), ("Authorization", MINE)], "policy.auth.conflict");
}

#[test]
fn the_parameter_of_a_rules_secret_is_absent_or_its_placeholder() {
    for query in ["/", "/?q=1", &format!("/?q=1&key={MINE}"), &format!("/?k%65y=%65{}", &MINE[1..])] {
        check("query:key", query, &[], "allowed");
    }
    for query in
        ["/?key=own", "/?KEY=own", "/?q=1;key=own", "/?key", "/?k%65y=own", &format!("/?key={OTHER}"), &format!("/?key={MINE}&key={MINE}")]
    {
        check("query:key", query, &[], "policy.auth.conflict");
    }
}

#[test]
fn a_placeholder_anywhere_else_is_refused() {
    for path in
        [format!("/{MINE}"), format!("/?a={MINE}"), format!("/?{MINE}"), format!("/?a=%65{}", &MINE[1..]), format!("/?a=1;b={MINE}")]
    {
        check("bearer", &path, &[], "policy.auth.misplaced");
    }
    for (name, value) in [("x-a", &*format!("a {MINE}")), ("cookie", OTHER), ("x-a", &format!("x{MINE}ff"))] {
        check("bearer", "/", &[(name, value)], "policy.auth.misplaced");
    }
    let credentials = format!("Basic {}", BASE64_STANDARD.encode(format!("u:{MINE}")));
    check("header:x-api-key", "/", &[("authorization", &credentials)], "policy.auth.misplaced");
    check("path", &format!("/bot/{MINE}/send"), &[], "allowed");
    check("path", &format!("/bot{MINE}/send"), &[], "policy.auth.misplaced");
    check("path", &format!("/bot/{OTHER}"), &[], "policy.auth.misplaced");
    check("path", &format!("/{MINE}?a={MINE}"), &[], "policy.auth.misplaced");
    check("query:key", &format!("/?key={MINE}&{MINE}=1"), &[], "policy.auth.misplaced");
    check("body", &format!("/{MINE}"), &[], "policy.auth.misplaced");
}

#[test]
fn a_placeholder_is_never_sent_where_no_rule_puts_it_in_whatever_the_mode() {
    let host = format!("https://{}.a.test/", MINE.to_ascii_lowercase());
    let name = Request::parse(Method::GET, &host, HeaderMap::new()).unwrap();
    for mode in [Mode::Report, Mode::Open(crate::Reach::default())] {
        let policy = Policy::builder().mode(mode).build().unwrap();
        assert_eq!(outcome(&policy, name.clone()), "policy.auth.misplaced");
        assert_eq!(outcome(&policy, request(&format!("/{MINE}"), &[])), "policy.auth.misplaced");
        // Where no rule names the host, a call that asks for a secret gets none.
        let asking = request("/", &[("authorization", MINE)]).with_auth(auth("bearer"));
        assert_eq!(outcome(&policy, asking), "policy.auth.misplaced");
        assert!(policy.decide(request("/", &[]).with_auth(auth("bearer"))).unwrap().auth().is_none());
    }
}

#[test]
fn a_rule_that_requires_refuses_credentials_of_the_guests_own() {
    let rule = |place: Option<&str>| RuleSpec { require: true, auth: place.and_then(auth), ..RuleSpec::host("a.test") };
    let check = |place: Option<&str>, path: &str, fields: &[(&str, &str)], expected: &str| {
        let policy = Policy::builder().rule(rule(place)).build().unwrap();
        assert_eq!(outcome(&policy, request(path, fields)), expected, "{place:?} {path} {fields:?}");
    };
    for place in [None, Some("header:x-key"), Some("query:k")] {
        check(place, "/?page_token=1", &[("accept", "text/plain"), ("idempotency-key", "1")], "allowed");
        for (name, value) in [("authorization", "Bearer own"), ("cookie", "a=b"), ("X-Api-Key", "own"), ("x-my-token", "own")] {
            check(place, "/", &[(name, value)], "policy.auth.required");
        }
        for query in ["/?key=own", "/?a=1;api%5Fkey=own", "/?ACCESS_TOKEN=own"] {
            check(place, query, &[], "policy.auth.required");
        }
    }
    check(Some("bearer"), "/", &[("authorization", &format!("Bearer {MINE}"))], "allowed");
    check(Some("bearer"), "/", &[("authorization", "Bearer own")], "policy.auth.conflict");
    check(Some("query:key"), &format!("/?key={MINE}"), &[], "allowed");
    check(Some("bearer"), "/?key=own", &[], "policy.auth.required");
}

#[test]
fn a_change_keeps_what_the_rules_of_a_host_demand() {
    let rule =
        RuleSpec { require: true, auth: auth("bearer"), routes: Some(vec![crate::RouteSpec::path("/v1")]), ..RuleSpec::host("a.test") };
    let policy = Policy::builder().rule(rule).build().unwrap();
    let request = request("/v2", &[]);
    let denial = policy.decide(request.clone()).unwrap_err();
    let change = policy.change_for(&request, &denial).unwrap().rule;
    assert!(change.require && change.auth == auth("bearer"));
}
