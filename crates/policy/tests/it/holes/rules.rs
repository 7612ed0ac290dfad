//! What a policy is made of: lists that are empty or faulty, order, ports, modes.

use super::{anything, check, deny, fault, open, policy, reached, routes};
use egret_policy::{Ceiling, Mode, Policy, PortRange, Reach, RouteSpec, RuleSpec, Surroundings};
use std::sync::Arc;

// A missing allowlist, or one that could not be loaded, let every host through.
#[test]
fn fazt_missing_allowlist_allows_nothing() {
    check(&Policy::nothing(), "https://api.test/", "policy.rule.no_host");
    check(&policy([]), "https://api.test/", "policy.rule.no_host");
    check(&policy([deny("other.test", &[])]), "https://api.test/", "policy.rule.no_host");
}

// The port was cut off on both sides: an allowed host was allowed on every port.
#[test]
fn fazt_allowed_host_is_not_open_on_every_port() {
    let policy = policy([RuleSpec::host("api.test")]);
    check(&policy, "https://api.test:443/", "allowed");
    for port in [22, 80, 2375, 8443, 65535] {
        check(&policy, &format!("https://api.test:{port}/"), "policy.rule.port");
    }
}

// `*.com` was stored as it was written, a pasted URL became the host "https", spaces, paths and Unicode were accepted.
#[test]
fn fazt_what_is_no_host_is_no_rule() {
    for host in [
        "*",
        "*.com",
        "*.co.uk",
        "**.com",
        "https://api.test",
        "https",
        "api.test/v1",
        "api.test:443",
        " api.test",
        "API.test",
        "bücher.test",
        "api.test.",
        "",
    ] {
        let expected = if host == "https" { None } else { Some("host") };
        assert_eq!(fault(RuleSpec::host(host)).as_deref(), expected, "{host:?}");
    }
    // One word is a name in the grammar; it is refused before anything is asked.
    check(&policy([RuleSpec::host("https")]), "https://https/", "policy.name.single_label");
}

// Whichever row came first decided, so that an earlier wildcard changed what a later exact row meant.
#[test]
fn fazt_order_of_rules_decides_nothing() {
    let exempting = |host: &str| RuleSpec { private: vec!["10.0.0.0/8".to_owned()], ..RuleSpec::host(host) };
    let rules = [exempting("*.corp.test"), RuleSpec::host("api.corp.test"), deny("api.corp.test", &["/admin/**"])];
    let backwards = rules.iter().rev().cloned();
    for policy in [policy(rules.iter().cloned()), policy(backwards)] {
        let reached = |url: &str| reached(&policy, url, &["10.1.2.3"], &Surroundings::default());
        assert_eq!(reached("https://db.corp.test/"), "admitted");
        assert_eq!(reached("https://api.corp.test/"), "egress.addr.private", "the narrower rule has no exemption");
        assert_eq!(reached("https://api.corp.test/admin/x"), "policy.rule.denied");
    }
}

// A host that a rule names, on a port or by a scheme that it does not, fell through to the coarser policy. Here a second rule
// may allow it (decision 3), and then with nothing of what the first one grants.
#[test]
fn iso4_mismatch_of_scheme_or_port_takes_nothing_along() {
    let exempting = RuleSpec { private: vec!["10.0.0.0/8".to_owned()], ..RuleSpec::host("api.test") };
    for mode in [Mode::Enforce, Mode::Report] {
        let policy = Policy::builder().mode(mode).rule(exempting.clone()).build().unwrap();
        check(&policy, "http://api.test/", "policy.rule.scheme");
    }
    check(&policy([exempting.clone()]), "https://api.test:8443/", "policy.rule.port");
    let coarse = RuleSpec { ports: Some(vec!["1-65535".parse().unwrap()]), ..RuleSpec::host("**.test") };
    let both = policy([exempting, coarse]);
    let reached = |url: &str| reached(&both, url, &["10.1.2.3"], &Surroundings::default());
    assert_eq!(reached("https://api.test/"), "admitted");
    assert_eq!(reached("https://api.test:8443/"), "egress.addr.private");
}

// With plain http allowed, http could be spoken on the port of https.
#[test]
fn iso4_scheme_and_port_belong_together() {
    let policy = policy([RuleSpec { https_only: false, ..RuleSpec::host("api.test") }]);
    check(&policy, "http://api.test/", "allowed");
    check(&policy, "http://api.test:443/", "policy.rule.port");
    check(&policy, "https://api.test:80/", "policy.rule.port");
}

// `*.0.0.1` matched 127.0.0.1, and `["*"]` as methods matched nothing in silence.
#[test]
fn iso4_rules_that_do_not_mean_what_they_say_are_faults() {
    for host in ["*.0.0.1", "**.1", "*.168.1.1", "a.*.test", "*api.test"] {
        assert_eq!(fault(RuleSpec::host(host)).as_deref(), Some("host"), "{host}");
    }
    for method in ["*", "get", "CONNECT"] {
        let route = RouteSpec { methods: Some(vec![method.to_owned()]), ..RouteSpec::path("/") };
        let rule = RuleSpec { routes: Some(vec![route]), ..RuleSpec::host("api.test") };
        assert_eq!(fault(rule).as_deref(), Some("routes[0].methods"), "{method}");
    }
}

// Only the first rule whose host, scheme and port matched was asked: a second one for the host was dead.
#[test]
fn iso4_two_rules_of_one_host_both_count() {
    let policy = policy([routes("api.test", &["/a"]), routes("api.test", &["/b"])]);
    check(&policy, "https://api.test/a", "allowed");
    check(&policy, "https://api.test/b", "allowed");
    check(&policy, "https://api.test/c", "policy.rule.path");
}

// An empty list of hosts meant every public host; elsewhere an empty list of rules, methods or paths meant all of them.
#[test]
fn fastfn_empty_list_allows_nothing() {
    check(&policy([routes("api.test", &[])]), "https://api.test/", "policy.rule.path");
    let no_method = RouteSpec { methods: Some(vec![]), ..RouteSpec::path("/**") };
    check(&policy([RuleSpec { routes: Some(vec![no_method]), ..RuleSpec::host("api.test") }]), "https://api.test/", "policy.rule.method");
    assert_eq!(fault(RuleSpec { ports: Some(vec![]), ..RuleSpec::host("api.test") }).as_deref(), Some("ports"));
    let nowhere = Arc::new(Ceiling::build(vec![], Some(vec![])).unwrap());
    check(&open().ceiling(nowhere).build().unwrap(), "https://api.test/", "policy.ceiling.host");
    let no_reach = Reach { ports: vec![], https_only: false, methods: None };
    check(&Policy::builder().mode(Mode::Open(no_reach)).build().unwrap(), "https://api.test/", "policy.rule.port");
    let no_methods = Reach { methods: Some(vec![]), ..anything() };
    check(&Policy::builder().mode(Mode::Open(no_methods)).build().unwrap(), "https://api.test/", "policy.rule.method");
    assert!(Policy::builder().mode(Mode::Denylist(anything())).build().is_err());
}

// The other side of it: a deny rule over an empty list denies nothing, and looks as if it did.
#[test]
fn claude_code_decorative_deny_rule_is_a_fault() {
    let no_routes = RuleSpec { routes: Some(vec![]), ..deny("api.test", &[]) };
    let no_method = RouteSpec { methods: Some(vec![]), ..RouteSpec::path("/**") };
    let no_methods = RuleSpec { routes: Some(vec![no_method]), ..deny("api.test", &[]) };
    for (rule, field) in [(no_routes, "routes"), (no_methods, "routes[0].methods")] {
        assert_eq!(fault(rule.clone()).as_deref(), Some(field), "{rule:?}");
        assert!(Ceiling::build(vec![rule.clone()], None).is_err(), "{rule:?}");
    }
}

// Scheme and port of an allowed host were read and ignored.
#[test]
fn spin_scheme_and_port_of_a_rule_count() {
    let policy = policy([RuleSpec { ports: Some(vec![PortRange::single(8443)]), ..RuleSpec::host("api.test") }]);
    check(&policy, "https://api.test:8443/", "allowed");
    check(&policy, "https://api.test/", "policy.rule.port");
    check(&policy, "http://api.test:8443/", "policy.rule.scheme");
}

// A policy with a fault was loaded without the faulty part.
#[test]
fn smokescreen_half_a_policy_is_never_loaded() {
    let faults = Policy::builder().rules([RuleSpec::host("api.test"), deny("*", &[]), deny("b.test", &["admin"])]).build().unwrap_err();
    assert_eq!(faults.iter().map(|fault| (fault.rule, fault.field.as_str())).collect::<Vec<_>>(), [(1, "host"), (2, "routes[0].path")]);
    assert!(Ceiling::build(vec![deny("api.test", &[]), deny("*", &[])], None).is_err());
}
