//! Comparisons of rules over calls of a log, with and without their paths.

use super::*;
use crate::past::Fate;
use egret_policy::RouteSpec;
use std::time::SystemTime;

/// A call: a method, a URL, which may have no path, and the template of the rule that let it go, if one did.
fn call(method: &str, origin: &str, path: Option<&str>, route: Option<&str>) -> (Call, Tally) {
    let (host, port) = origin.split_once(':').map_or((origin, 443), |(host, port)| (host, port.parse().unwrap()));
    let fate = if route.is_some() { Fate::Allowed } else { Fate::Refused("policy.rule.no_host".to_owned()) };
    let text = |text: Option<&str>| text.map(str::to_owned);
    let (host, scheme, method) = (host.to_owned(), "https".to_owned(), method.to_owned());
    (
        Call { host, port, scheme, path: text(path), method, route: text(route), fate },
        Tally { calls: 2, last: SystemTime::UNIX_EPOCH, words: None },
    )
}

fn rule(host: &str, routes: &[&str]) -> RuleSpec {
    let routes = routes.iter().map(|path| RouteSpec { methods: Some(vec!["GET".to_owned()]), ..RouteSpec::path(*path) });
    RuleSpec { routes: Some(routes.collect()), ..RuleSpec::host(host) }
}

fn deny(rule: RuleSpec) -> RuleSpec {
    RuleSpec { deny: true, ..rule }
}

/// What becomes of one call when rules change: `same`, `reached`, `refused` or `unknown`.
#[track_caller]
fn check(old: &[RuleSpec], new: &[RuleSpec], call: (Call, Tally), expected: &str) {
    let past = Past { calls: BTreeMap::from([call]), ..Past::default() };
    let rules = |net: &[RuleSpec]| Rules { net: net.to_vec(), ..Rules::default() };
    let found = compare(&past, &rules(old), &rules(new)).unwrap();
    let found = [("reached", found.reached.len()), ("refused", found.refused.len()), ("unknown", found.unknown.len())];
    assert_eq!(found.iter().find(|(_, count)| *count > 0).map_or("same", |(name, _)| name), expected);
}

#[test]
fn a_call_with_its_path_is_decided_by_both() {
    let x = || call("GET", "a.test", Some("/v1/x"), Some("/v1/**"));
    let all = [rule("a.test", &["/v1/**"])];
    check(&all, &[rule("a.test", &["/v1/x"])], x(), "same");
    check(&all, &[rule("a.test", &["/v1/y"])], x(), "refused");
    check(&[], &all, x(), "reached");
    check(&all, &[all[0].clone(), deny(rule("a.test", &["/v1/X"]))], x(), "refused");
    check(&all, &[rule("a.test", &["/v1/**"]), rule("b.test", &["/"])], x(), "same");
    check(&all, &[RuleSpec { ports: Some("8443".parse().into_iter().collect()), ..all[0].clone() }], x(), "refused");
}

#[test]
fn without_a_path_there_is_a_verdict_only_where_it_is_that_of_every_path() {
    let users = || call("GET", "a.test", None, Some("/v1/users/:id"));
    let old = [rule("a.test", &["/v1/users/:id"])];
    check(&old, &[rule("a.test", &["/**"])], users(), "same");
    check(&old, &[rule("a.test", &["/v1/**"])], users(), "same");
    check(&old, &[rule("a.test", &["/v1/users/:id", "/v2"])], users(), "same");
    check(&old, &[rule("b.test", &["/**"])], users(), "refused");
    check(&old, &[deny(RuleSpec::host("*.test"))], users(), "refused");
    check(&old, &[rule("a.test", &["/v1/users/me"])], users(), "unknown");
    check(&old, &[rule("a.test", &["/v1/users/:id", "/v2"]), deny(rule("a.test", &["/v1/users/root"]))], users(), "unknown");
    // A template without a parameter is the path.
    check(&[rule("a.test", &["/v1/x"])], &[rule("a.test", &["/v1/y"])], call("GET", "a.test", None, Some("/v1/x")), "refused");
    // A list of values is not every value.
    let kinds = || call("GET", "a.test", None, Some("/f/:kind(png|jpg)"));
    check(&[rule("a.test", &["/f/:kind(png|jpg)"])], &[rule("a.test", &["/f/png"])], kinds(), "unknown");
}

#[test]
fn what_a_rule_demands_of_fields_is_not_in_the_log_and_nothing_is_said_of_it() {
    let x = || call("GET", "a.test", Some("/x"), Some("/**"));
    let mut demanding = RuleSpec::host("a.test");
    demanding.handling.require_header.insert("x-key".to_owned(), egret_policy::Wanted::Anything);
    check(&[RuleSpec::host("a.test")], &[demanding], x(), "unknown");
}

#[test]
fn a_refused_call_without_a_path_is_reached_only_where_every_path_is() {
    let refused = |host| call("GET", host, None, None);
    check(&[], &[rule("a.test", &["/**"])], refused("a.test"), "reached");
    check(&[], &[rule("a.test", &["/v1/**"])], refused("a.test"), "unknown");
    check(&[], &[rule("a.test", &["/**"])], refused("a.test:8443"), "same");
    check(&[], &[rule("b.test", &["/**"])], refused("a.test"), "same");
    check(&[], &[rule("a.test", &["/**"]), deny(rule("a.test", &["/admin"]))], refused("a.test"), "unknown");
}

#[test]
fn rules_are_compared_and_the_most_frequent_calls_come_first() {
    let many = |calls, call: (Call, Tally)| (call.0, Tally { calls, ..call.1 });
    let past = Past {
        calls: BTreeMap::from([
            many(3, call("GET", "a.test", Some("/x"), Some("/**"))),
            many(7, call("GET", "a.test", Some("/y"), Some("/**"))),
            many(5, call("GET", "b.test", Some("/"), Some("/**"))),
        ]),
        ..Past::default()
    };
    let (one, two, three) = (rule("a.test", &["/**"]), rule("b.test", &["/**"]), rule("c.test", &["/**"]));
    let (old, new) =
        (Rules { net: vec![one.clone(), two.clone()], ..Rules::default() }, Rules { net: vec![two, three.clone()], ..Rules::default() });
    let found = compare(&past, &old, &new).unwrap();
    assert_eq!((found.added, found.removed, found.unchanged), (vec![three], vec![one], 5));
    let refused: Vec<_> = found.refused.iter().map(|one| (one.tally.calls, one.path.as_deref(), one.code.as_deref())).collect();
    assert_eq!(refused, [(7, Some("/y"), Some("policy.rule.no_host")), (3, Some("/x"), Some("policy.rule.no_host"))]);
    // Under the report mode nothing of that is refused.
    let found = compare(&past, &old, &Rules { mode: Mode::Report, ..new }).unwrap();
    assert!(found.refused.is_empty() && found.unchanged == 15, "{found:?}");
    let tie = [RuleSpec { require: true, ..RuleSpec::host("a.test") }, RuleSpec::host("a.test")];
    assert!(matches!(compare(&past, &old, &Rules { net: tie.to_vec(), ..Rules::default() }), Err(Contradiction::New(_))));
}
