//! What a rule's data makes of a request, case by case.

use super::*;
use crate::rule::handling::Respond;
use crate::{Policy, RouteSpec, RuleSpec};

fn one(name: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

#[track_caller]
fn faults(change: impl FnOnce(&mut Handling)) -> Vec<String> {
    let mut handling = Handling::default();
    change(&mut handling);
    let route = RouteSpec { handling, ..RouteSpec::path("/v1/:id/**:rest") };
    let rule = RuleSpec { routes: Some(vec![route]), ..RuleSpec::host("a.test") };
    let faults = Policy::builder().rule(rule).build().err().unwrap_or_default();
    faults.into_iter().map(|fault| fault.field).collect()
}

#[test]
fn what_cannot_be_done_is_a_fault_when_loading() {
    assert_eq!(faults(|it| it.middleware = vec!["a b".to_owned()]), ["routes[0].middleware"]);
    assert_eq!(faults(|it| it.middleware = vec!["a".to_owned(); 17]), ["routes[0].middleware"]);
    for (name, value) in [("host", "a"), ("content-length", "1"), ("x-egret-a", "1"), ("X-A", "1"), ("a b", "1"), ("x-a", "a\nb")] {
        assert_eq!(faults(|it| it.set_header = one(name, value)), ["routes[0].set_header"], "{name}");
    }
    let held = "egret-secret-KEY-00112233445566778899aabbccddeeff";
    assert_eq!(faults(|it| it.set_header = one("authorization", held)), ["routes[0].set_header"]);
    assert_eq!(faults(|it| it.remove_header = vec!["transfer-encoding".to_owned()]), ["routes[0].remove_header"]);
    for path in ["v2", "/v2/:other", "/v2/../x", "/v2?x=1", "/v2#x", "//v2", "/a b", "/%2e%2e/x"] {
        assert!(faults(|it| it.rewrite_path = Some(path.to_owned())).contains(&"routes[0].rewrite_path".to_owned()), "{path}");
    }
    assert_eq!(faults(|it| it.respond = Some(Respond::status(101))), ["routes[0].respond.status"]);
    let respond = |body| Some(Respond { body, ..Respond::status(200) });
    assert_eq!(faults(|it| it.respond = respond(Given::Json("{".to_owned()))), ["routes[0].respond.body"]);
    assert_eq!(faults(|it| it.body_schema = Some("{".to_owned())), ["routes[0].body_schema"]);
}

#[test]
fn what_can_be_done_is_no_fault() {
    assert_eq!(faults(|it| it.rewrite_path = Some("/v2/:id/x/:rest".to_owned())), [""; 0]);
    assert_eq!(faults(|it| it.set_header = one("authorization", "Bearer x")), [""; 0]);
    assert_eq!(faults(|it| it.middleware = vec!["host:billing/tag".to_owned()]), [""; 0]);
    assert_eq!(faults(|it| it.body_schema = Some("{\"type\":\"object\"}".to_owned())), [""; 0]);
}

#[test]
fn a_field_that_is_demanded_and_removed_is_a_fault() {
    let both = |it: &mut Handling| {
        it.require_header = BTreeMap::from([("x-a".to_owned(), Wanted::Anything)]);
        it.remove_header = vec!["x-a".to_owned()];
    };
    assert_eq!(faults(both), ["routes[0].remove_header"]);
}

#[test]
fn a_deny_rule_does_nothing_but_deny() {
    let handling = Handling { remove_header: vec!["x-a".to_owned()], ..Handling::default() };
    let rule = RuleSpec { deny: true, handling, ..RuleSpec::host("a.test") };
    let faults = Policy::builder().rule(rule).build().unwrap_err();
    assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["middleware"]);
}

#[test]
fn a_rewritten_path_is_made_of_the_parameters() {
    let handling = Handling { rewrite_path: Some("/v2/:rest/of/:id".to_owned()), ..Handling::default() };
    let parameters = BTreeMap::from([("rest".to_owned(), "a/b%20c".to_owned()), ("id".to_owned(), "7".to_owned())]);
    assert_eq!(handling.rewritten(&parameters).as_deref(), Some("/v2/a/b%20c/of/7"));
    assert_eq!(handling.rewritten(&BTreeMap::new()), None);
}
