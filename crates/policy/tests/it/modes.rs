//! Modes, the server's ceiling, label budgets, and what tells two policies apart.

use egret_policy::{Ceiling, Mode, Outcome, Policy, Reach, Request, RuleSpec, Surroundings};
use http::{HeaderMap, Method};
use std::sync::Arc;

fn request(url: &str) -> Request {
    Request::parse(Method::GET, url, HeaderMap::new()).unwrap()
}

fn code(policy: &Policy, url: &str) -> String {
    match Request::parse(Method::GET, url, HeaderMap::new()).and_then(|request| policy.decide(request)) {
        Ok(permit) => permit.reported().map_or_else(|| "allowed".to_owned(), |denial| format!("reported {}", denial.code())),
        Err(denial) => denial.code().to_string(),
    }
}

#[test]
fn report_mode_softens_no_match_and_nothing_else() {
    let rules = [
        RuleSpec { private: vec!["10.0.0.0/8".to_owned()], ..RuleSpec::host("api.test") },
        RuleSpec { deny: true, ..RuleSpec::host("denied.test") },
    ];
    let policy = Policy::builder().mode(Mode::Report).rules(rules).build().unwrap();
    assert_eq!(code(&policy, "https://api.test/"), "allowed");
    assert_eq!(code(&policy, "https://other.test/"), "reported policy.rule.no_host");
    assert_eq!(code(&policy, "https://api.test:8443/"), "reported policy.rule.port");
    assert_eq!(code(&policy, "http://api.test/"), "policy.rule.scheme", "a downgrade is refused in every mode");
    assert_eq!(code(&policy, "http://other.test/"), "policy.rule.scheme");
    assert_eq!(code(&policy, "https://denied.test/"), "policy.rule.denied");
    assert_eq!(code(&policy, "https://other.test/a%2Fb"), "policy.path.encoded_slash");
    assert_eq!(code(&policy, "https://printer.local/"), "policy.name.special_use");
    assert_eq!(code(&policy, "https://127.1/"), "policy.target.ipv4_form");
    let private = ["10.1.2.3".parse().unwrap()];
    let admits = |url: &str| policy.decide(request(url)).unwrap().admit(&private, &Surroundings::default()).is_ok();
    assert!(admits("https://api.test/"));
    assert!(!admits("https://api.test:8443/"), "what is only reported has no exemption");
    let explanation = policy.explain(&Method::GET, "https://other.test/", &HeaderMap::new());
    assert!(explanation.checks.iter().any(|report| matches!(report.outcome, Outcome::Reported(_))));
    assert!(explanation.denial().is_none());
}

#[test]
fn open_mode_reaches_public_hosts_within_its_reach() {
    let policy = Policy::builder()
        .mode(Mode::Open(Reach::default()))
        .rule(RuleSpec { deny: true, ..RuleSpec::host("denied.test") })
        .build()
        .unwrap();
    assert_eq!(code(&policy, "https://any.example.com/"), "allowed");
    assert_eq!(code(&policy, "http://any.example.com/"), "policy.rule.scheme");
    assert_eq!(code(&policy, "https://any.example.com:8443/"), "policy.rule.port");
    assert_eq!(code(&policy, "https://denied.test/"), "policy.rule.denied");
    let permit = policy.decide(request("https://any.example.com/")).unwrap();
    assert!(permit.admit(&["127.0.0.1".parse().unwrap()], &Surroundings::default()).is_err());
}

#[test]
fn a_host_that_an_allow_rule_names_is_judged_by_it_alone_in_open_mode_too() {
    let zen = RuleSpec { routes: Some(vec![egret_policy::RouteSpec::path("/zen")]), ..RuleSpec::host("api.test") };
    let inside =
        RuleSpec { private: vec!["10.0.0.0/8".to_owned()], ports: Some(vec!["8443".parse().unwrap()]), ..RuleSpec::host("**.corp.test") };
    let policy = Policy::builder().mode(Mode::Open(Reach::default())).rules([zen, inside]).build().unwrap();
    for (url, expected) in [
        ("https://api.test/zen", "allowed"),
        ("https://api.test/other", "policy.rule.path"),
        ("https://a.corp.test:8443/", "allowed"),
        ("https://a.corp.test/", "policy.rule.port"),
        ("https://other.test/other", "allowed"),
        ("https://corp.test/", "allowed"),
    ] {
        assert_eq!(code(&policy, url), expected, "{url}");
    }
}

#[test]
fn denylist_wants_deny_rules_and_no_others() {
    let build = |rules: Vec<RuleSpec>| Policy::builder().mode(Mode::Denylist(Reach::default())).rules(rules).build();
    let deny = RuleSpec { deny: true, ..RuleSpec::host("**.denied.test") };
    let policy = build(vec![deny.clone()]).unwrap();
    assert_eq!(code(&policy, "https://a.denied.test/"), "policy.rule.denied");
    assert_eq!(code(&policy, "https://a.test/"), "allowed");
    assert_eq!(build(vec![]).unwrap_err()[0].field, "mode");
    assert_eq!(build(vec![deny, RuleSpec::host("a.test")]).unwrap_err()[0].rule, 1);
}

#[test]
fn ceiling_bounds_every_mode() {
    let deny = RuleSpec { routes: Some(vec![egret_policy::RouteSpec::path("/admin/**")]), ..RuleSpec::host("api.test") };
    let ceiling = Arc::new(Ceiling::build(vec![deny], Some(vec!["api.test".to_owned(), "**.example.com".to_owned()])).unwrap());
    for mode in [Mode::Enforce, Mode::Report, Mode::Open(Reach::default())] {
        let policy = Policy::builder()
            .mode(mode.clone())
            .ceiling(Arc::clone(&ceiling))
            .rules([RuleSpec::host("api.test"), RuleSpec::host("other.test")])
            .build()
            .unwrap();
        assert_eq!(code(&policy, "https://api.test/x"), "allowed", "{mode:?}");
        assert_eq!(code(&policy, "https://api.test/Admin/x"), "policy.ceiling.denied", "{mode:?}");
        assert_eq!(code(&policy, "https://other.test/"), "policy.ceiling.host", "{mode:?}");
    }
    let nothing = Arc::new(Ceiling::build(vec![], Some(vec![])).unwrap());
    let policy = Policy::builder().ceiling(nothing).rule(RuleSpec::host("api.test")).build().unwrap();
    assert_eq!(code(&policy, "https://api.test/"), "policy.ceiling.host", "an empty set of hosts allows none");
    assert!(Ceiling::build(vec![], Some(vec!["*".to_owned()])).is_err());
}

#[test]
fn an_address_that_is_denied_is_denied_by_every_name_and_spelling() {
    let deny = || RuleSpec { deny: true, ..RuleSpec::host("93.184.216.34") };
    let ceiling = Arc::new(Ceiling::build(vec![deny()], None).unwrap());
    let nat64 = "64:ff9b::/96".parse().unwrap();
    let builder = || Policy::builder().mode(Mode::Open(Reach::default())).nat64(nat64);
    for policy in [builder().rule(deny()).build().unwrap(), builder().ceiling(ceiling).build().unwrap()] {
        assert!(code(&policy, "https://93.184.216.34/").ends_with(".denied"));
        assert_eq!(code(&policy, "https://[::ffff:93.184.216.34]/"), "policy.target.mapped");
        for answer in ["93.184.216.34", "::ffff:93.184.216.34", "64:ff9b::93.184.216.34"] {
            let permit = policy.decide(request("https://alias.example.com/")).unwrap();
            let denial = permit.admit(&["1.1.1.1".parse().unwrap(), answer.parse().unwrap()], &Surroundings::default()).unwrap_err();
            assert_eq!(denial.code().as_str(), "policy.rule.denied", "{answer}");
        }
    }
    assert!(Policy::builder().rule(RuleSpec::host("::ffff:1.2.3.4")).build().is_err());
}

#[test]
fn labels_under_a_wildcard_have_a_budget() {
    let policy = Policy::builder()
        .rules([RuleSpec::host("**.example.com"), RuleSpec::host("exact-name-that-is-as-long-as-it-likes-to-be-really.example.com")])
        .build()
        .unwrap();
    for host in ["a.b.c", "my-app-git-feature-branch-some-team", "ec2-203-0-113-25.compute-1", "d111111abcdef8"] {
        assert_eq!(code(&policy, &format!("https://{host}.example.com/")), "allowed", "{host}");
    }
    let random = "c2vjcmv0lwtlesbwbhvzig1vcmugzgf0ysb0bybzbxvn";
    for host in [
        "a.b.c.d.e".to_owned(),
        format!("{random}.{random}"),
        format!("{}.{}", "a".repeat(50), "b".repeat(50)),
        format!("{random}.mfrggzdfmztwq2lknnwg23tpob"),
    ] {
        assert_eq!(code(&policy, &format!("https://{host}.example.com/")), "policy.name.label_budget", "{host}");
    }
    let open = Policy::builder().mode(Mode::Open(Reach::default())).build().unwrap();
    assert_eq!(code(&open, &format!("https://{random}.{random}.example.com/")), "policy.name.label_budget");
    assert_eq!(code(&policy, "https://exact-name-that-is-as-long-as-it-likes-to-be-really.example.com/"), "allowed");
}

#[test]
fn hash_tells_policies_apart_and_nothing_else() {
    let base = || Policy::builder().rule(RuleSpec::host("a.test"));
    assert_eq!(hash_of(base()), hash_of(base()));
    let others = [
        Policy::builder(),
        base().rule(RuleSpec::host("b.test")),
        base().mode(Mode::Report),
        Policy::builder().rule(RuleSpec { https_only: false, ..RuleSpec::host("a.test") }),
        base().ceiling(Arc::new(Ceiling::build(vec![], None).unwrap())),
        base().nat64("64:ff9b::/96".parse().unwrap()),
    ];
    for (place, other) in others.into_iter().enumerate() {
        assert_ne!(hash_of(other), hash_of(base()), "{place}");
    }
}

fn hash_of(builder: egret_policy::Builder) -> String {
    builder.build().unwrap().hash().to_owned()
}

#[test]
fn a_question_comes_only_where_no_rule_claims_the_host_and_nothing_else_refuses() {
    let deny = RuleSpec { deny: true, ..RuleSpec::host("denied.test") };
    let rule = RuleSpec { routes: Some(vec![egret_policy::RouteSpec::path("/ok")]), ..RuleSpec::host("a.test") };
    let policy = Policy::builder().rules([deny, rule]).ask_hook().build().unwrap();
    let decided = |method: Method, url: &str, field: Option<&'static str>| {
        let mut headers = HeaderMap::new();
        headers.extend(field.map(|name| (http::HeaderName::from_static(name), http::HeaderValue::from_static("x"))));
        match Request::parse(method, url, headers).and_then(|request| policy.decide_or_ask(request)) {
            Ok(egret_policy::Decision::Ask(question)) => format!("asks for {}", question.target().host()),
            Ok(egret_policy::Decision::Permit(_)) => "allowed".to_owned(),
            Err(denial) => denial.code().to_string(),
        }
    };
    assert_eq!(decided(Method::GET, "https://a.test/ok", None), "allowed");
    assert_eq!(decided(Method::GET, "http://other.test:8080/x", None), "asks for other.test");
    for (method, url, field, code) in [
        (Method::GET, "https://a.test/no", None, "policy.rule.path"),
        (Method::GET, "http://a.test/ok", None, "policy.rule.scheme"),
        (Method::GET, "https://denied.test/", None, "policy.rule.denied"),
        (Method::CONNECT, "https://other.test/", None, "policy.method.forbidden"),
        (Method::GET, "https://other.test/", Some("connection"), "policy.header.framing"),
        (Method::GET, "https://other.test/", Some("x-original-url"), "policy.header.override"),
        (Method::GET, "https://metadata.goog/", None, "policy.name.metadata"),
    ] {
        assert_eq!(decided(method, url, field), code, "{url}");
    }
    let request = || Request::parse(Method::GET, "https://other.test/", HeaderMap::new()).unwrap();
    assert_eq!(policy.decide(request()).unwrap_err().code().as_str(), "policy.rule.no_host", "who does not ask is refused");
    assert_eq!(
        policy.still_allows(&request()).unwrap_err().code().as_str(),
        "policy.rule.no_host",
        "what no hook allowed is not allowed still"
    );
    let Ok(egret_policy::Decision::Ask(question)) = policy.decide_or_ask(request()) else { panic!("a question") };
    let permit = question.allow();
    assert!(permit.is_by_hook() && permit.auth().is_none() && permit.rule().private.is_empty());
    assert!(policy.still_allows(permit.request()).is_ok() && Policy::nothing().still_allows(permit.request()).is_err());
}
