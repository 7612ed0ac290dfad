//! What rules do and demand as data.

use super::*;
use egret_policy::{Given, Respond, Wanted};
use http::{HeaderValue, Method};
use std::collections::BTreeMap;

fn one<V>(name: &str, value: V) -> BTreeMap<String, V> {
    BTreeMap::from([(name.to_owned(), value)])
}

#[tokio::test]
async fn a_rule_sets_and_removes_fields_and_its_route_comes_after_it() {
    let (peer, house) = (telling(), house(|_| {}));
    let of_rule = Handling {
        set_header: BTreeMap::from([("x-a".to_owned(), "rule".to_owned()), ("x-b".to_owned(), "rule".to_owned())]),
        remove_header: vec!["x-c".to_owned()],
        ..Handling::default()
    };
    let of_route = Handling { set_header: one("x-b", "route".to_owned()), ..Handling::default() };
    let policy = policy([RuleSpec { routes: Some(vec![route("/**", of_route)]), ..rule(peer.address(), of_rule) }]);
    let mut draft = draft(&url("a.test", &peer, "/"));
    for name in ["x-a", "x-a", "x-c", "x-d"] {
        draft.headers.append(name, HeaderValue::from_static("guest"));
    }
    text(house.egress.fetch(&caller(&policy), draft).await).await;
    let seen = &peer.requests()[0].headers;
    assert_eq!(
        (&seen["x-a"], &seen["x-b"], &seen["x-d"]),
        (&HeaderValue::from_static("rule"), &HeaderValue::from_static("route"), &HeaderValue::from_static("guest"))
    );
    assert!(!seen.contains_key("x-c") && seen.get_all("x-a").iter().count() == 1);
}

#[tokio::test]
async fn a_rewritten_path_is_decided_and_keeps_the_query() {
    let (peer, house) = (telling(), house(|_| {}));
    let rewrite = || route("/v1/**:rest", Handling { rewrite_path: Some("/v2/:rest".to_owned()), ..Handling::default() });
    let target = url("a.test", &peer, "/v1/a%20b/c?x=1");
    let refused = policy([RuleSpec { routes: Some(vec![rewrite()]), ..local("a.test", peer.address()) }]);
    assert_eq!(get(&house, &refused, &target).await, "policy.rule.path");
    let allowed = policy([RuleSpec { routes: Some(vec![rewrite(), RouteSpec::path("/v2/**")]), ..local("a.test", peer.address()) }]);
    assert_eq!(get(&house, &allowed, &target).await, "GET /v2/a%20b/c?x=1 ");
}

#[tokio::test]
async fn a_rule_answers_by_itself_with_what_the_path_says() {
    let (peer, house) = (telling(), house(|_| {}));
    let body = Given::Json(r#"{"queued": true, "id": ":id"}"#.to_owned());
    let respond = Respond { headers: one("x-mock", "1".to_owned()), body, ..Respond::status(202) };
    let handling = Handling { respond: Some(respond), ..Handling::default() };
    let policy = policy([RuleSpec { routes: Some(vec![route("/items/:id", handling)]), ..local("a.test", peer.address()) }]);
    let answer = house.get(&policy, &url("a.test", &peer, "/items/a%22b")).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["x-mock"], &answer.headers["content-type"]),
        (202, &HeaderValue::from_static("1"), &HeaderValue::from_static("application/json"))
    );
    assert_eq!(text(Ok(answer)).await, r#"{"id":"a\"b","queued":true}"#);
    assert!(peer.requests().is_empty() && house.zone.queries().is_empty());
    assert_eq!(house.events()[0].hook.as_deref(), Some("respond"));
}

#[tokio::test]
async fn a_demanded_field_or_parameter_is_there_once_and_holds_what_is_wanted() {
    let (peer, house) = (telling(), house(|_| {}));
    let exactly = Wanted::Exactly("7".to_owned());
    let handling = Handling {
        require_header: BTreeMap::from([("x-tenant".to_owned(), exactly.clone()), ("x-any".to_owned(), Wanted::Anything)]),
        require_query: one("v", exactly),
        ..Handling::default()
    };
    let policy = policy([rule(peer.address(), handling)]);
    for (fields, query, expected) in [
        (&[("x-tenant", "7"), ("x-any", "")][..], "?v=7", "GET /?v=7 "),
        (&[("x-tenant", "7"), ("x-any", "")], "?%76=%37", "GET /?%76=%37 "),
        (&[("x-tenant", "7")], "?v=7", "policy.header.required"),
        (&[("x-tenant", "8"), ("x-any", "")], "?v=7", "policy.header.required"),
        (&[("x-tenant", "7"), ("x-tenant", "8"), ("x-any", "")], "?v=7", "policy.header.required"),
        (&[("x-tenant", "7"), ("x_tenant", "8"), ("x-any", "")], "?v=7", "policy.header.required"),
        (&[("x-tenant", "7"), ("x-any", "")], "", "policy.query.required"),
        (&[("x-tenant", "7"), ("x-any", "")], "?v=7&V=8", "policy.query.required"),
        (&[("x-tenant", "7"), ("x-any", "")], "?v=7;v=8", "policy.query.required"),
    ] {
        let mut draft = draft(&url("a.test", &peer, &format!("/{query}")));
        for (name, value) in fields {
            draft.headers.append(*name, HeaderValue::from_static(value));
        }
        assert_eq!(text(house.egress.fetch(&caller(&policy), draft).await).await, expected, "{fields:?} {query}");
    }
    assert_eq!(peer.requests().len(), 2);
}

#[tokio::test]
async fn a_body_fits_its_schema_or_is_not_sent() {
    let (peer, house) = (telling(), house(|_| {}));
    let schema = r#"{"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer", "maximum": 100}}}"#;
    let handling = Handling { body_schema: Some(schema.to_owned()), ..Handling::default() };
    let policy = policy([rule(peer.address(), handling)]);
    let large = format!(r#"{{"amount": 1, "x": "{}"}}"#, "x".repeat(1 << 20));
    for (kind, body, expected) in [
        ("application/json", r#"{"amount": 7}"#, r#"POST / {"amount": 7}"#),
        ("application/vnd.api+json; charset=utf-8", r#"{"amount": 7}"#, r#"POST / {"amount": 7}"#),
        ("application/json", r#"{"amount": 101}"#, "policy.body.schema"),
        ("application/json", r#"{"amount": 101, "amount": 1}"#, "policy.body.schema"),
        ("application/json", "", "policy.body.schema"),
        ("application/x-www-form-urlencoded", r#"{"amount": 7}"#, "policy.body.schema"),
        ("text/plain", r#"{"amount": 7}"#, "policy.body.schema"),
        ("application/json", &large, "policy.body.schema"),
    ] {
        let mut draft = Draft { method: Method::POST, body: body.to_owned().into(), ..draft(&url("a.test", &peer, "/")) };
        draft.headers.insert("content-type", HeaderValue::from_static(kind));
        assert_eq!(text(house.egress.fetch(&caller(&policy), draft).await).await, expected, "{kind} {}", body.len());
    }
    let stream = egret_egress::RequestBody::stream(futures_util::stream::iter([Ok::<_, ()>(Bytes::from_static(b"{\"amount\": 7}"))]));
    let streamed = Draft { method: Method::POST, body: stream, ..draft(&url("a.test", &peer, "/")) };
    assert_eq!(text(house.egress.fetch(&caller(&policy), streamed).await).await, "policy.body.schema");
    assert_eq!(get(&house, &policy, &url("a.test", &peer, "/")).await, "GET / ", "no body, and none is meant");
    assert_eq!(peer.requests().len(), 3);
}

#[tokio::test]
async fn what_a_middleware_made_is_demanded_of_too() {
    let peer = telling();
    let house = house(|config| config.hooks.register("strip", changes(|context: &mut Context| drop(context.headers_mut().remove("x-a")))));
    let handling = Handling { require_header: one("x-a", Wanted::Anything), ..named(&["strip"]) };
    let policy = policy([rule(peer.address(), handling)]);
    let mut draft = draft(&url("a.test", &peer, "/"));
    draft.headers.insert("x-a", HeaderValue::from_static("1"));
    assert_eq!(text(house.egress.fetch(&caller(&policy), draft).await).await, "policy.header.required");
    assert!(peer.requests().is_empty());
}
