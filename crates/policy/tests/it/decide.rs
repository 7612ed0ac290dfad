//! Golden cases: `check(policy, method, url, expected)` where expected is `allowed` or a code.

use egret_policy::{Policy, PortRange, Request, RouteSpec, RuleSpec, Surroundings, TlsSpec, TlsVersion};
use http::{HeaderMap, HeaderValue, Method};
use std::net::IpAddr;

fn policy(rules: impl IntoIterator<Item = RuleSpec>) -> Policy {
    Policy::builder().rules(rules).build().unwrap()
}

fn route(path: &str, methods: &[&str]) -> RouteSpec {
    RouteSpec { methods: Some(methods.iter().map(ToString::to_string).collect()), ..RouteSpec::path(path) }
}

fn outcome(policy: &Policy, method: &str, url: &str) -> String {
    let request = Request::parse(method.parse().unwrap(), url, HeaderMap::new());
    match request.and_then(|request| policy.decide(request)) {
        Ok(_) => "allowed".to_owned(),
        Err(denial) => denial.code().to_string(),
    }
}

#[track_caller]
fn check(policy: &Policy, method: &str, url: &str, expected: &str) {
    assert_eq!(outcome(policy, method, url), expected, "{method} {url}");
}

#[test]
fn empty_policy_allows_nothing() {
    check(&Policy::nothing(), "GET", "https://example.com/", "policy.rule.no_host");
    check(&policy([]), "GET", "https://example.com/", "policy.rule.no_host");
    let nothing = RuleSpec { routes: Some(vec![]), ..RuleSpec::host("a.test") };
    check(&policy([nothing]), "GET", "https://a.test/", "policy.rule.path");
    let no_methods = RuleSpec { routes: Some(vec![route("/", &[])]), ..RuleSpec::host("a.test") };
    check(&policy([no_methods]), "GET", "https://a.test/", "policy.rule.method");
}

#[test]
fn short_rule_means_https_on_its_own_port_with_the_default_methods() {
    let policy = policy([RuleSpec::host("api.example.com")]);
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] {
        check(&policy, method, "https://api.example.com/any/path", "allowed");
    }
    check(&policy, "PROPFIND", "https://api.example.com/", "policy.rule.method");
    check(&policy, "http", "https://api.example.com/", "policy.method.token");
    check(&policy, "get", "https://api.example.com/", "policy.method.token");
    check(&policy, "TRACE", "https://api.example.com/", "policy.method.forbidden");
    check(&policy, "CONNECT", "https://api.example.com/", "policy.method.forbidden");
    check(&policy, "GET", "http://api.example.com/", "policy.rule.scheme");
    check(&policy, "GET", "https://api.example.com:8443/", "policy.rule.port");
    check(&policy, "GET", "https://example.com/", "policy.rule.no_host");
    check(&policy, "GET", "https://api.example.com.evil.test/", "policy.rule.no_host");
}

#[test]
fn wildcards_match_whole_labels_and_never_the_apex() {
    let one = policy([RuleSpec::host("*.example.com")]);
    check(&one, "GET", "https://a.example.com/", "allowed");
    check(&one, "GET", "https://a.b.example.com/", "policy.rule.no_host");
    check(&one, "GET", "https://example.com/", "policy.rule.no_host");
    check(&one, "GET", "https://aexample.com/", "policy.rule.no_host");
    let any = policy([RuleSpec::host("**.example.com")]);
    check(&any, "GET", "https://a.b.c.example.com/", "allowed");
    check(&any, "GET", "https://example.com/", "policy.rule.no_host");
}

#[test]
fn ports_and_routes_narrow() {
    let policy = policy([RuleSpec {
        ports: Some(vec!["8000-8099".parse().unwrap(), PortRange::single(443)]),
        routes: Some(vec![route("/v1/charges", &["POST"]), route("/v1/customers/:id", &["GET"])]),
        ..RuleSpec::host("api.test")
    }]);
    check(&policy, "POST", "https://api.test/v1/charges", "allowed");
    check(&policy, "POST", "https://api.test:8042/v1/charges", "allowed");
    check(&policy, "POST", "https://api.test:8100/v1/charges", "policy.rule.port");
    check(&policy, "GET", "https://api.test/v1/charges", "policy.rule.method");
    check(&policy, "GET", "https://api.test/v1/customers/7", "allowed");
    check(&policy, "GET", "https://api.test/v1/customers/7/cards", "policy.rule.path");
    check(&policy, "GET", "https://api.test/v1/customers/../charges", "policy.rule.method");
}

#[test]
fn deny_beats_allow_in_every_spelling() {
    let policy = policy([
        RuleSpec { https_only: false, ..RuleSpec::host("api.test") },
        RuleSpec { deny: true, routes: Some(vec![RouteSpec::path("/v1/admin/**")]), ..RuleSpec::host("**.test") },
        RuleSpec { deny: true, routes: Some(vec![RouteSpec::path("/v1/admin/**")]), ..RuleSpec::host("api.test") },
    ]);
    check(&policy, "GET", "https://api.test/v1/users", "allowed");
    for path in ["/v1/admin", "/v1/admin/", "/v1/admin/keys", "/v1/Admin/keys", "/v1/%61dmin/keys", "/v1/./admin/keys", "/v1/x/../admin"] {
        check(&policy, "GET", &format!("https://api.test{path}"), "policy.rule.denied");
        check(&policy, "GET", &format!("http://api.test{path}"), "policy.rule.denied");
    }
}

#[test]
fn a_denied_get_is_a_denied_head() {
    let deny = RuleSpec { deny: true, routes: Some(vec![route("/keys", &["GET"])]), ..RuleSpec::host("api.test") };
    let policy = policy([RuleSpec::host("api.test"), deny]);
    check(&policy, "HEAD", "https://api.test/keys", "policy.rule.denied");
    check(&policy, "POST", "https://api.test/keys", "allowed");
}

#[test]
fn many_equal_rules_are_built_in_linear_time() {
    let rules = (0..20_000).map(|_| RuleSpec::host("a.test"));
    assert!(Policy::builder().rules(rules).build().is_ok());
}

#[test]
fn the_most_specific_allow_rule_acts() {
    let wide = RuleSpec { private: vec!["10.0.0.0/8".to_owned()], ..RuleSpec::host("**.corp.example.com") };
    let policy = policy([wide, RuleSpec::host("api.corp.example.com")]);
    let admits = |url: &str| {
        let permit = policy.decide(Request::parse(Method::GET, url, HeaderMap::new()).unwrap()).unwrap();
        permit.admit(&["10.1.2.3".parse().unwrap()], &Surroundings::default()).is_ok()
    };
    assert!(admits("https://db.corp.example.com/"));
    assert!(!admits("https://api.corp.example.com/"), "the exact rule has no exemption");
}

#[test]
fn tie_that_would_act_differently_is_refused_when_loading() {
    let exempting = RuleSpec { private: vec!["10.0.0.0/8".to_owned()], ..RuleSpec::host("a.test") };
    let faults = Policy::builder().rule(RuleSpec::host("a.test")).rule(exempting.clone()).build().unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].words.contains("rule 1"), "{faults:?}");
    let elsewhere = RuleSpec { ports: Some(vec![PortRange::single(8443)]), ..exempting };
    assert!(Policy::builder().rule(RuleSpec::host("a.test")).rule(elsewhere).build().is_ok());
}

#[test]
fn rules_with_other_demands_on_tls_tie_and_tell_policies_apart() {
    let strict = RuleSpec { tls: Some(TlsSpec { min: TlsVersion::V13, ..TlsSpec::default() }), ..RuleSpec::host("a.test") };
    let faults = Policy::builder().rules([RuleSpec::host("a.test"), strict.clone()]).build().unwrap_err();
    assert_eq!(faults[0].field, "host");
    assert_eq!(policy([strict.clone(), strict.clone()]).hash(), policy([strict.clone(), strict.clone()]).hash());
    assert_ne!(policy([strict]).hash(), policy([RuleSpec::host("a.test")]).hash());
}

#[test]
fn faults_of_all_rules_come_at_once() {
    let faults =
        Policy::builder().rule(RuleSpec::host("*")).rule(RuleSpec::host("ok.test")).rule(RuleSpec::host("*.com")).build().unwrap_err();
    assert_eq!(faults.iter().map(|fault| fault.rule).collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn encoded_slash_is_opened_for_one_route_only() {
    let packages = RouteSpec { encoded_slash: true, ..route("/pkg/:name", &["GET"]) };
    let policy = policy([RuleSpec { routes: Some(vec![packages, route("/v1/**", &["GET"])]), ..RuleSpec::host("r.test") }]);
    check(&policy, "GET", "https://r.test/pkg/@scope%2fname", "allowed");
    check(&policy, "GET", "https://r.test/v1/x%2fy", "policy.path.encoded_slash");
    check(&policy, "GET", "https://r.test/pkg/..%2fv1", "policy.path.encoded_slash");
}

#[test]
fn local_names_need_an_exemption_before_anything_is_asked() {
    let policy = policy([
        RuleSpec::host("printer.local"),
        RuleSpec::host("metadata"),
        RuleSpec { private: vec!["10.0.5.0/24".to_owned()], ..RuleSpec::host("db.internal") },
    ]);
    check(&policy, "GET", "https://printer.local/", "policy.name.special_use");
    check(&policy, "GET", "https://metadata/", "policy.name.single_label");
    check(&policy, "GET", "https://db.internal/", "allowed");
}

#[test]
fn framing_headers_are_refused_not_dropped() {
    let policy = policy([RuleSpec::host("a.test")]);
    for name in [
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "proxy-authorization",
        "te",
        "expect",
        "sec-websocket-key",
        "sec_websocket_version",
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static("x"));
        let denial = policy.decide(Request::parse(Method::GET, "https://a.test/", headers).unwrap()).unwrap_err();
        assert_eq!(denial.code().as_str(), "policy.header.framing", "{name}");
    }
}

#[test]
fn host_may_only_say_what_the_url_says() {
    let policy = policy([RuleSpec { ports: Some(vec![PortRange::single(8443), PortRange::single(443)]), ..RuleSpec::host("a.test") }]);
    let code = |url: &str, hosts: &[&str]| {
        let mut headers = HeaderMap::new();
        hosts.iter().for_each(|host| _ = headers.append("host", HeaderValue::from_str(host).unwrap()));
        policy
            .decide(Request::parse(Method::GET, url, headers).unwrap())
            .map_or_else(|denial| denial.code().to_string(), |_| "allowed".to_owned())
    };
    assert_eq!(code("https://a.test/", &["A.test"]), "allowed");
    assert_eq!(code("https://a.test:8443/", &["a.test:8443"]), "allowed");
    for hosts in [&["evil.test"][..], &["a.test:22"], &["a.test", "a.test"], &["a.test, evil.test"]] {
        assert_eq!(code("https://a.test/", hosts), "policy.header.framing", "{hosts:?}");
    }
}

#[test]
fn overriding_and_forwarding_headers_need_the_rules_option() {
    let open = RuleSpec { override_headers: true, forwarding_headers: true, ..RuleSpec::host("open.test") };
    let policy = policy([RuleSpec::host("a.test"), open]);
    let code = |host: &str, name: &'static str, value: &str| {
        let headers = [(name.parse().unwrap(), HeaderValue::from_str(value).unwrap())].into_iter().collect();
        let request = Request::parse(Method::POST, &format!("https://{host}/"), headers).unwrap();
        policy.decide(request).map_or_else(|denial| denial.code().to_string(), |_| "allowed".to_owned())
    };
    for name in ["x-http-method-override", "x-original-url", "x-rewrite-url", "x-forwarded-uri"] {
        assert_eq!(code("a.test", name, "DELETE"), "policy.header.override", "{name}");
        assert_eq!(code("open.test", name, "DELETE"), "allowed", "{name}");
    }
    for name in ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"] {
        assert_eq!(code("a.test", name, "x"), "policy.header.forwarding", "{name}");
        assert_eq!(code("open.test", name, "x"), "allowed", "{name}");
    }
    for name in ["x-egret-app", "x-egress-app", "x-upstream-https-proxy"] {
        assert_eq!(code("open.test", name, "x"), "policy.header.control", "{name}");
    }
    assert_eq!(code("a.test", "range", "bytes=0-1,2-3"), "allowed");
    assert_eq!(code("a.test", "range", &format!("bytes={}", vec!["0-0"; 17].join(","))), "policy.header.range");
}

#[test]
fn header_count_and_size_are_bounded() {
    let policy = policy([RuleSpec::host("a.test")]);
    let decide =
        |headers| policy.decide(Request::parse(Method::GET, "https://a.test/", headers).unwrap()).map_err(|d| d.code().to_string());
    let many: HeaderMap = (0..101).map(|i| (format!("x-{i}").parse().unwrap(), HeaderValue::from_static("v"))).collect();
    assert_eq!(decide(many).unwrap_err(), "policy.header.count");
    let mut large = HeaderMap::new();
    large.insert("x-large", HeaderValue::from_str(&"v".repeat(65 << 10)).unwrap());
    assert_eq!(decide(large).unwrap_err(), "policy.header.size");
}

#[test]
fn one_forbidden_answer_refuses_them_all() {
    let policy = policy([RuleSpec::host("a.test")]);
    let permit = policy.decide(Request::parse(Method::GET, "https://a.test/", HeaderMap::new()).unwrap()).unwrap();
    let admit = |answers: &[&str]| {
        let answers: Vec<IpAddr> = answers.iter().map(|answer| answer.parse().unwrap()).collect();
        permit.admit(&answers, &Surroundings::default()).map_err(|denial| denial.code().to_string())
    };
    assert_eq!(admit(&["93.184.215.14", "127.0.0.1"]).unwrap_err(), "egress.addr.loopback");
    assert_eq!(admit(&[]).unwrap_err(), "egress.addr.none");
    let admitted = admit(&["93.184.215.14", "::ffff:1.1.1.1"]).unwrap();
    assert_eq!(admitted.addresses(), ["93.184.215.14:443".parse().unwrap(), "1.1.1.1:443".parse().unwrap()]);
    assert!(admitted.confirm("1.1.1.1:443".parse().unwrap()).is_ok());
    assert_eq!(admitted.confirm("1.1.1.1:80".parse().unwrap()).unwrap_err().code().as_str(), "egress.addr.not_admitted");
    assert_eq!(admitted.confirm("8.8.8.8:443".parse().unwrap()).unwrap_err().code().as_str(), "egress.addr.not_admitted");
}
