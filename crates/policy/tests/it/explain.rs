//! Explanations come from the list that decides, and what they propose really allows the request.

use egret_policy::{Change, Closed, Explanation, Mode, Outcome, Policy, PortRange, Reach, Request, RouteSpec, RuleSpec, Surroundings};
use http::{HeaderMap, Method};

fn rules() -> Vec<RuleSpec> {
    vec![
        RuleSpec {
            routes: Some(vec![RouteSpec { methods: Some(vec!["GET".to_owned()]), ..RouteSpec::path("/v1/**") }]),
            ..RuleSpec::host("api.test")
        },
        RuleSpec { deny: true, ..RuleSpec::host("**.denied.test") },
        RuleSpec { ports: Some(vec![PortRange::single(8443)]), ..RuleSpec::host("*.wild.test") },
    ]
}

fn explain(method: &str, url: &str) -> Explanation {
    Policy::builder().rules(rules()).build().unwrap().explain(&method.parse().unwrap(), url, &HeaderMap::new())
}

const ASKED: &[(&str, &str)] = &[
    ("GET", "https://api.test/v1/x"),
    ("POST", "https://api.test/v1/x"),
    ("GET", "https://api.test/v2"),
    ("GET", "http://api.test/v1/x"),
    ("GET", "https://api.test:8443/v1/x"),
    ("GET", "https://other.test/"),
    ("PROPFIND", "https://other.test/a/b"),
    ("GET", "https://a.wild.test/x"),
    ("GET", "https://a.denied.test/"),
    ("GET", "https://api.test/v1/%2e%2e/x"),
    ("GET", "https://api.test/v1/a%2Fb"),
    ("TRACE", "https://api.test/v1/x"),
    ("GET", "https://localhost/"),
];

#[test]
fn explain_and_decide_agree() {
    let policy = Policy::builder().rules(rules()).build().unwrap();
    for (method, url) in ASKED {
        let decided = Request::parse(method.parse().unwrap(), url, HeaderMap::new()).and_then(|request| policy.decide(request)).err();
        let code = |denial: &egret_policy::Denial| denial.code();
        assert_eq!(explain(method, url).denial().map(code), decided.as_ref().map(code), "{method} {url}");
    }
}

#[test]
fn every_check_is_reported_and_addresses_are_not_evaluated() {
    for (method, url) in ASKED {
        let explanation = explain(method, url);
        assert_eq!(explanation.checks.len(), 18, "{method} {url}");
        let last = &explanation.checks[17];
        assert_eq!(last.check, "addresses");
        assert!(matches!(last.outcome, Outcome::NotEvaluated(_)), "{method} {url}");
    }
}

#[test]
fn an_address_in_the_url_is_judged_as_the_kernel_judges_it() {
    let rules = [
        RuleSpec::host("[::1]"),
        RuleSpec::host("10.1.2.3"),
        RuleSpec { private: vec!["10.9.9.9/32".to_owned()], ..RuleSpec::host("10.9.9.9") },
    ];
    let enforce = Policy::builder().rules(rules).build().unwrap();
    let open = Policy::builder().mode(Mode::Open(Reach::default())).build().unwrap();
    let report = Policy::builder().mode(Mode::Report).build().unwrap();
    let denied = RuleSpec { deny: true, ..RuleSpec::host("93.184.216.34") };
    let nat64 = Policy::builder().mode(Mode::Open(Reach::default())).nat64("64:ff9b::/96".parse().unwrap()).rule(denied).build().unwrap();
    for (policy, url, expected) in [
        (&enforce, "https://[::1]/", Some("egress.addr.loopback")),
        (&enforce, "https://10.1.2.3/", Some("egress.addr.private")),
        (&enforce, "https://10.9.9.9/", None),
        (&enforce, "https://93.184.216.34/", Some("policy.rule.no_host")),
        (&open, "https://127.0.0.1/", Some("egress.addr.loopback")),
        (&open, "https://169.254.169.254/", Some("egress.addr.metadata")),
        (&open, "https://93.184.216.34/", None),
        (&report, "https://10.1.2.3/", Some("egress.addr.private")),
        (&nat64, "https://[64:ff9b::93.184.216.34]/", Some("policy.rule.denied")),
    ] {
        let explanation = policy.explain(&Method::GET, url, &HeaderMap::new());
        assert_eq!(explanation.denial().map(|denial| denial.code().as_str()), expected, "{url}");
        assert_eq!(explanation.checks.len(), 18, "{url}");
        let request = Request::parse(Method::GET, url, HeaderMap::new()).unwrap();
        let address = request.target().host().address().unwrap();
        let admitted = policy.decide(request).and_then(|permit| permit.admit(&[address], &Surroundings::default()).map(drop));
        assert_eq!(admitted.err().map(|denial| denial.code().as_str()), expected, "{url}");
        if let Some(change) = explanation.change {
            assert_eq!(change.rule.private.is_empty(), expected == Some("policy.rule.no_host"), "{url}");
        }
    }
}

#[test]
fn the_proposed_change_allows_the_request() {
    let mut proposed = 0;
    for (method, url) in ASKED {
        let Some(change) = explain(method, url).change else { continue };
        proposed += 1;
        let policy = Policy::builder().rules(rules()).rule(change.rule).build().unwrap();
        let request = Request::parse(method.parse().unwrap(), url, HeaderMap::new()).unwrap();
        assert!(policy.decide(request).is_ok(), "{method} {url}");
    }
    assert_eq!(proposed, 9);
}

#[test]
fn the_proposed_exemption_admits_the_address() {
    let policy = Policy::builder().rule(RuleSpec::host("app.test")).build().unwrap();
    let request = Request::parse(Method::GET, "https://app.test/x", HeaderMap::new()).unwrap();
    let answers = ["10.1.2.3".parse().unwrap()];
    let denial = policy.decide(request.clone()).unwrap().admit(&answers, &Surroundings::default()).unwrap_err();
    let change = Change::for_denial(&request, &denial).unwrap();
    assert!(change.to_toml().contains("private = [\"10.1.2.3/32\"]"), "{}", change.to_toml());
    let policy = Policy::builder().rule(RuleSpec::host("app.test")).rule(change.rule).build().unwrap();
    assert!(policy.decide(request).unwrap().admit(&answers, &Surroundings::default()).is_ok());
}

#[test]
fn nothing_is_proposed_for_metadata_deny_rules_and_broken_urls() {
    let policy = Policy::builder().rule(RuleSpec::host("app.test")).build().unwrap();
    let request = Request::parse(Method::GET, "https://app.test/", HeaderMap::new()).unwrap();
    let denial =
        policy.decide(request.clone()).unwrap().admit(&["169.254.169.254".parse().unwrap()], &Surroundings::default()).unwrap_err();
    assert_eq!(Change::for_denial(&request, &denial), None);
    assert_eq!(explain("GET", "https://a.denied.test/").change, None);
    assert_eq!(explain("GET", "https://user@api.test/").change, None);
}

#[test]
fn nothing_is_proposed_for_an_address_that_nothing_opens() {
    for url in ["https://169.254.169.254/latest", "https://[fe80::1]/", "https://224.0.0.1/", "https://192.80.8.124/metadata"] {
        assert_eq!(explain("GET", url).change, None, "{url}");
    }
}

#[test]
fn a_rule_for_a_private_address_is_proposed_with_its_exemption() {
    let change = explain("GET", "https://10.1.2.3/x").change.unwrap();
    assert_eq!(change.rule.private, ["10.1.2.3/32"]);
    let policy = Policy::builder().rule(change.rule).build().unwrap();
    let request = Request::parse(Method::GET, "https://10.1.2.3/x", HeaderMap::new()).unwrap();
    assert!(policy.decide(request).unwrap().admit(&["10.1.2.3".parse().unwrap()], &Surroundings::default()).is_ok());
}

#[test]
fn what_is_proposed_beside_a_stand_in_still_reaches_it() {
    let get = RouteSpec { methods: Some(vec!["GET".to_owned()]), ..RouteSpec::path("/**") };
    let stand_in = RuleSpec {
        ports: Some(vec![PortRange::single(8443)]),
        routes: Some(vec![get]),
        private: vec!["127.0.0.1/32".to_owned()],
        ..RuleSpec::host("weather.test")
    };
    let ask = |policy: &Policy| {
        let request = Request::parse(Method::POST, "https://weather.test:8443/x", HeaderMap::new()).unwrap();
        let permit = policy.decide(request).map_err(|denial| denial.code())?;
        permit.admit(&["127.0.0.1".parse().unwrap()], &Surroundings::default()).map(drop).map_err(|denial| denial.code())
    };
    let policy = Policy::builder().rule(stand_in.clone()).build().unwrap();
    assert!(ask(&policy).is_err());
    let change = policy.explain(&Method::POST, "https://weather.test:8443/x", &HeaderMap::new()).change.unwrap();
    assert_eq!(change.table, "dev.net");
    assert_eq!(ask(&Policy::builder().rules([stand_in, change.rule]).build().unwrap()), Ok(()));
}

#[test]
fn a_closed_policy_refuses_everything_in_every_mode_and_says_how_to_open_it() {
    let modes = [Mode::Enforce, Mode::Report, Mode::Open(Reach::default())];
    let causes = [
        (Closed::Everywhere, "policy.closed.lockdown", "`egret net lockdown --off` lifts it"),
        (Closed::App, "policy.closed.lockdown", "--app"),
        (Closed::Paused, "policy.closed.paused", "egret app resume"),
    ];
    for (mode, (closed, code, words)) in modes.iter().flat_map(|mode| causes.map(|cause| (mode, cause))) {
        let policy = || Policy::builder().mode(mode.clone()).rules([RuleSpec::host("a.test")]).build().unwrap();
        let allows = |policy: &Policy| policy.decide(Request::parse(Method::GET, "https://a.test/", HeaderMap::new()).unwrap()).map(drop);
        assert!(allows(&policy()).is_ok());
        let shut = policy().closed(Some(closed));
        assert_eq!(allows(&shut).unwrap_err().code().as_str(), code);
        let explained = shut.explain(&Method::GET, "https://a.test/", &HeaderMap::new());
        let denial = explained.denial().unwrap();
        assert!(denial.code().as_str() == code && denial.message().contains(words), "{denial:?}");
        assert!(explained.change.is_none(), "no rule lifts it");
        assert!(allows(&shut.closed(None)).is_ok(), "the rules are still there");
    }
}
