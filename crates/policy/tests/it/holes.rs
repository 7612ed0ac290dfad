//! Holes that other systems had, each as a test of what decides: URL, host, address, path, method, header, mode, ceiling.
//!
//! A test is named after the system that suffered it; the comment says the hole. The table is in `docs/holes.md`.

use egret_policy::{Builder, Ceiling, Fault, Mode, Policy, PortRange, Reach, Request, RouteSpec, RuleSpec, Surroundings};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::net::IpAddr;
use std::sync::Arc;

fn policy(rules: impl IntoIterator<Item = RuleSpec>) -> Policy {
    Policy::builder().rules(rules).build().unwrap()
}

fn open() -> Builder {
    Policy::builder().mode(Mode::Open(anything()))
}

/// Every port, both schemes: nothing but the check under test is in the way.
fn anything() -> Reach {
    Reach { ports: vec!["1-65535".parse().unwrap()], https_only: false, methods: None }
}

fn deny(host: &str, paths: &[&str]) -> RuleSpec {
    let routes = (!paths.is_empty()).then(|| paths.iter().map(|path| RouteSpec::path(*path)).collect());
    RuleSpec { deny: true, routes, ..RuleSpec::host(host) }
}

fn routes(host: &str, paths: &[&str]) -> RuleSpec {
    RuleSpec { routes: Some(paths.iter().map(|path| RouteSpec::path(*path)).collect()), ..RuleSpec::host(host) }
}

fn decided(policy: &Policy, method: &str, url: &str, headers: HeaderMap) -> String {
    let request = Request::parse(method.parse().unwrap(), url, headers);
    request.and_then(|request| policy.decide(request)).map_or_else(|denial| denial.code().to_string(), |_| "allowed".to_owned())
}

#[track_caller]
fn check(policy: &Policy, url: &str, expected: &str) {
    assert_eq!(decided(policy, "GET", url, HeaderMap::new()), expected, "{url}");
}

/// What becomes of `url` when its host stands for `answers`; for a host that is an address, the address itself.
fn reached(policy: &Policy, url: &str, answers: &[&str], around: &Surroundings) -> String {
    let permit = match Request::parse(Method::GET, url, HeaderMap::new()).and_then(|request| policy.decide(request)) {
        Ok(permit) => permit,
        Err(denial) => return denial.code().to_string(),
    };
    let own = permit.target().host().address();
    let answers: Vec<IpAddr> = own.map_or_else(|| answers.iter().map(|answer| answer.parse().unwrap()).collect(), |own| vec![own]);
    permit.admit(&answers, around).map_or_else(|denial| denial.code().to_string(), |_| "admitted".to_owned())
}

#[track_caller]
fn check_answer(policy: &Policy, answer: &str, expected: &str) {
    assert_eq!(reached(policy, "https://name.test/", &[answer], &Surroundings::default()), expected, "{answer}");
}

#[track_caller]
fn check_header(policy: &Policy, name: &str, value: &str, expected: &str) {
    let headers = [(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap())].into_iter().collect();
    assert_eq!(decided(policy, "POST", "https://api.test/", headers), expected, "{name}: {value}");
}

fn fault(rule: RuleSpec) -> Option<String> {
    let faults: Result<Policy, Vec<Fault>> = Policy::builder().rule(rule).build();
    faults.err().and_then(|faults| faults.into_iter().next()).map(|fault| fault.field)
}

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

// The list of refused networks had ten entries; each of these was dialled.
#[test]
fn fazt_gaps_of_the_list_of_networks_are_refused() {
    let policy = open().build().unwrap();
    for (answer, code) in [
        ("::", "egress.addr.unspecified"),
        ("0.0.0.0", "egress.addr.unspecified"),
        ("224.0.0.1", "egress.addr.multicast"),
        ("240.0.0.1", "egress.addr.reserved"),
        ("255.255.255.255", "egress.addr.broadcast"),
        ("192.0.0.8", "egress.addr.protocol_assignments"),
        ("192.0.2.1", "egress.addr.documentation"),
        ("198.18.0.1", "egress.addr.benchmark"),
        ("198.51.100.1", "egress.addr.documentation"),
        ("203.0.113.1", "egress.addr.documentation"),
        ("192.88.99.1", "egress.addr.relay"),
        ("ff02::1", "egress.addr.multicast"),
        ("fec0::1", "egress.addr.site_local"),
        ("64:ff9b::a00:1", "egress.addr.nat64"),
        ("64:ff9b:1::a00:1", "egress.addr.nat64"),
        ("2002:a00:1::", "egress.addr.tunnel"),
        ("2001::1", "egress.addr.tunnel"),
        ("::a00:1", "egress.addr.compatible"),
        ("100::1", "egress.addr.outside_global"),
        ("2001:db8::1", "egress.addr.documentation"),
        ("5f00::1", "egress.addr.outside_global"),
        ("168.63.129.16", "egress.addr.metadata"),
    ] {
        check_answer(&policy, answer, code);
    }
}

// The machine's own public addresses were dialled: a function called the administration it ran under.
#[test]
fn fazt_own_public_address_is_not_a_way_around() {
    let around = Surroundings { own: vec!["93.184.215.14".parse().unwrap()], listeners: vec!["0.0.0.0:443".parse().unwrap()] };
    let exempting = RuleSpec { private: vec!["93.184.215.14/32".to_owned()], ..RuleSpec::host("me.test") };
    let reached = |rule, url: &str| reached(&policy([rule]), url, &["93.184.215.14"], &around);
    assert_eq!(reached(RuleSpec::host("me.test"), "https://me.test/"), "egress.addr.listener");
    assert_eq!(reached(exempting, "https://me.test/"), "egress.addr.listener");
    let elsewhere = RuleSpec { ports: Some(vec![PortRange::single(8443)]), ..RuleSpec::host("me.test") };
    assert_eq!(reached(elsewhere, "https://me.test:8443/"), "egress.addr.own");
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

// The method was any text: CONNECT, TRACE and lower case went out.
#[test]
fn fazt_free_form_method_is_refused() {
    let policy = open().build().unwrap();
    for (method, code) in [
        ("CONNECT", "policy.method.forbidden"),
        ("TRACE", "policy.method.forbidden"),
        ("TRACK", "policy.method.forbidden"),
        ("get", "policy.method.token"),
        ("Connect", "policy.method.token"),
        ("GET!", "policy.method.token"),
        ("PURGE", "policy.rule.method"),
    ] {
        assert_eq!(decided(&policy, method, "https://api.test/", HeaderMap::new()), code, "{method}");
    }
}

// Six names were dropped from a request and all others sent, those that frame it among them.
#[test]
fn fazt_framing_fields_are_refused() {
    let policy = policy([RuleSpec { override_headers: true, forwarding_headers: true, ..RuleSpec::host("api.test") }]);
    for name in ["Content-Length", "TE", "Trailer", "Upgrade", "Keep-Alive", "Expect", "Proxy-Authenticate", "Connection", "Via"] {
        check_header(&policy, name, "x", "policy.header.framing");
    }
}

// User and password in a URL became an Authorization field. iso4 cut them off in silence.
#[test]
fn fazt_user_and_password_in_a_url_are_refused() {
    let policy = policy([RuleSpec::host("api.test")]);
    for user in ["user:pass", "user", "", ":", "other.test:443"] {
        check(&policy, &format!("https://{user}@api.test/"), "policy.target.userinfo");
    }
}

// Addresses were judged as text: `::ffff:7f00:1`, the form that URL parsers print, was a public one.
#[test]
fn iso4_ipv6_mapped_address_is_refused() {
    let policy = open().build().unwrap();
    for form in ["::ffff:7f00:1", "::ffff:127.0.0.1", "0:0:0:0:0:ffff:7f00:1", "::FFFF:7F00:0001"] {
        check(&policy, &format!("http://[{form}]/"), "policy.target.mapped");
        check_answer(&policy, form, "egress.addr.loopback");
    }
    check_answer(&policy, "::ffff:a9fe:a9fe", "egress.addr.metadata");
    check_answer(&policy, "::ffff:1.1.1.1", "admitted");
}

// The same for every other IPv6 form that leads inwards, and for `::1` written in full.
#[test]
fn iso4_ipv6_forms_that_lead_inwards_are_refused() {
    let policy = open().build().unwrap();
    for (form, code) in [
        ("0:0:0:0:0:0:0:1", "egress.addr.loopback"),
        ("::7f00:1", "egress.addr.compatible"),
        ("64:ff9b::a9fe:a9fe", "egress.addr.nat64"),
        ("2002:7f00:1::", "egress.addr.tunnel"),
        ("2001:0:7f00:1::", "egress.addr.tunnel"),
        ("fec0::1", "egress.addr.site_local"),
        ("ff02::1", "egress.addr.multicast"),
        ("100::1", "egress.addr.outside_global"),
        ("2001:db8::1", "egress.addr.documentation"),
        ("::ffff:0:7f00:1", "egress.addr.translated"),
    ] {
        check_answer(&policy, form, code);
        assert_eq!(reached(&policy, &format!("http://[{form}]/"), &[], &Surroundings::default()), code, "{form} in a URL");
    }
    assert_eq!(reached(&policy, "https://[2606:4700:4700::1111]/", &[], &Surroundings::default()), "admitted");
}

// Switching off the pinning of addresses switched off their judging too.
#[test]
fn iso4_no_mode_switches_the_address_guard_off() {
    let rule = RuleSpec { https_only: false, ..RuleSpec::host("name.test") };
    let elsewhere = deny("other.test", &[]);
    for (mode, rules) in [
        (Mode::Enforce, vec![rule.clone()]),
        (Mode::Report, vec![rule]),
        (Mode::Report, vec![]),
        (Mode::Open(anything()), vec![]),
        (Mode::Denylist(anything()), vec![elsewhere]),
    ] {
        let policy = Policy::builder().mode(mode.clone()).rules(rules).build().unwrap();
        for (answer, code) in
            [("127.0.0.1", "egress.addr.loopback"), ("169.254.169.254", "egress.addr.metadata"), ("10.0.0.1", "egress.addr.private")]
        {
            check_answer(&policy, answer, code);
        }
    }
}

// `api.example.com.` was claimed by no rule, so it fell through to the coarser policy behind them.
#[test]
fn iso4_trailing_dot_does_not_slip_by_a_rule() {
    let policy = open().rule(deny("api.test", &[])).build().unwrap();
    for host in ["api.test", "api.test.", "API.TEST.", "api。test", "api.test.:8443"] {
        check(&policy, &format!("https://{host}/"), "policy.rule.denied");
    }
    check(&policy, "https://api.test../", "policy.name.empty_label");
}

// A host that a rule names, on a port or by a scheme that it does not, fell through to the coarser policy.
#[test]
fn iso4_mismatch_of_scheme_or_port_falls_through_to_nothing() {
    let rules = [RuleSpec::host("api.test"), RuleSpec { https_only: false, ..RuleSpec::host("**.test") }];
    let policy = policy(rules);
    check(&policy, "https://api.test:8443/", "policy.rule.port");
    check(&policy, "http://other.test/", "policy.rule.scheme");
    let report = Policy::builder().mode(Mode::Report).rule(RuleSpec::host("api.test")).build().unwrap();
    check(&report, "http://api.test/", "policy.rule.scheme");
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

// The decoded path was matched and the encoded one sent; later, a slash at the end was matched away and sent.
#[test]
fn iso4_what_is_matched_is_what_is_sent() {
    let policy = policy([routes("api.test", &["/v2/events"])]);
    for (url, sent) in [
        ("https://api.test/v2/%65vents", "/v2/events"),
        ("https://api.test/v1/../v2/./events", "/v2/events"),
        ("https://api.test/v2/events?a=/../x#/y", "/v2/events?a=/../x"),
    ] {
        let permit = policy.decide(Request::parse(Method::GET, url, HeaderMap::new()).unwrap()).unwrap();
        assert_eq!(permit.target().origin_form(), sent, "{url}");
    }
    check(&policy, "https://api.test/v2/events/", "policy.rule.path");
    check(&policy, "https://api.test/v2/Events", "policy.rule.path");
}

// Encodings that an upstream may decode went through a prefix rule as they were.
#[test]
fn iso4_prefix_is_not_left_by_encoding() {
    let policy = policy([routes("api.test", &["/public/**"])]);
    for (path, code) in [
        ("/public/../admin", "policy.rule.path"),
        ("/public/%2e%2e/admin", "policy.path.encoded_dot"),
        ("/public/%252e%252e/admin", "policy.path.double_encoding"),
        ("/public/..%2fadmin", "policy.path.encoded_slash"),
        ("/public/%2F..%2Fadmin", "policy.path.encoded_slash"),
        ("/public/x%2f..%2f..%2fadmin", "policy.path.encoded_slash"),
        ("/public/..;/admin", "policy.path.dot_parameter"),
        ("/public/..%3bx/admin", "policy.path.dot_parameter"),
        ("/public//admin", "policy.path.empty_segment"),
        ("/public/..\\admin", "policy.target.backslash"),
        ("/public/..%5cadmin", "policy.path.encoded_backslash"),
        ("/public/%c0%ae%c0%ae/admin", "policy.path.utf8"),
        ("/publication", "policy.rule.path"),
        ("/public/hello%20world", "allowed"),
    ] {
        check(&policy, &format!("https://api.test{path}"), code);
    }
}

// The same for servers that cut a space at the end of a segment, as Windows does.
#[test]
#[ignore = "hole: a dot segment with an encoded space behind it passes allow and deny rules"]
fn iso4_dot_segment_with_a_space_behind_it_is_refused() {
    let narrow = policy([routes("api.test", &["/public/**"])]);
    let wide = open().rule(deny("api.test", &["/admin/**"])).build().unwrap();
    for policy in [narrow, wide] {
        for dots in ["..%20", ".%20.", ".%20", "..%20%20"] {
            let outcome = decided(&policy, "GET", &format!("https://api.test/public/{dots}/admin/x"), HeaderMap::new());
            assert_ne!(outcome, "allowed", "{dots}");
        }
    }
}

// The host of the caller's own field was dropped in silence, and what the middleware did not set survived.
#[test]
fn iso4_host_field_of_another_host_is_refused() {
    let policy = policy([RuleSpec::host("api.test")]);
    for host in ["evil.test", "api.test:8443", "api.test.", "user@api.test", "https://api.test", ""] {
        check_header(&policy, "host", host, "policy.header.framing");
    }
    check_header(&policy, "host", "api.test", "allowed");
}

// The private check compared text with a short list of prefixes.
#[test]
fn fastfn_private_check_sees_all_notations() {
    let policy = open().build().unwrap();
    for (host, code) in [
        ("127.0.0.2", "egress.addr.loopback"),
        ("127.255.255.254", "egress.addr.loopback"),
        ("0.0.0.0", "egress.addr.unspecified"),
        ("0.1.2.3", "egress.addr.this_network"),
        ("100.64.0.1", "egress.addr.shared"),
        ("100.100.100.200", "egress.addr.metadata"),
        ("192.0.0.1", "egress.addr.protocol_assignments"),
        ("192.0.0.192", "egress.addr.metadata"),
        ("198.19.255.255", "egress.addr.benchmark"),
        ("172.31.255.255", "egress.addr.private"),
        ("224.0.0.251", "egress.addr.multicast"),
        ("[fc00::1]", "egress.addr.unique_local"),
        ("[fd00:ec2::254]", "egress.addr.metadata"),
        ("[febf::1]", "egress.addr.link_local"),
        ("[::]", "egress.addr.unspecified"),
        ("[ff0e::1]", "egress.addr.multicast"),
        ("[::ffff:10.0.0.1]", "policy.target.mapped"),
        ("127.1", "policy.target.ipv4_form"),
        ("2130706433", "policy.target.ipv4_form"),
        ("0x7f000001", "policy.target.ipv4_form"),
        ("0177.0.0.1", "policy.target.ipv4_form"),
        ("127.0.0.1.", "policy.target.ipv4_form"),
        ("１２７.0.0.1", "policy.target.ipv4_form"),
        ("LOCALHOST", "policy.name.single_label"),
        ("localhost.", "policy.name.single_label"),
        ("a.localhost", "policy.name.special_use"),
    ] {
        assert_eq!(reached(&policy, &format!("http://{host}/"), &[], &Surroundings::default()), code, "{host}");
    }
}

// The private check looked at the name and never at what it resolves to.
#[test]
fn fastfn_names_are_judged_by_what_they_resolve_to() {
    let policy = open().build().unwrap();
    let reached = |host: &str, answers: &[&str]| reached(&policy, &format!("http://{host}/"), answers, &Surroundings::default());
    assert_eq!(reached("127.0.0.1.nip.example", &["127.0.0.1"]), "egress.addr.loopback");
    assert_eq!(reached("rebind.test", &["93.184.215.14", "10.0.0.1"]), "egress.addr.private");
    assert_eq!(reached("rebind.test", &["93.184.215.14", "fd00::1"]), "egress.addr.unique_local");
    assert_eq!(reached("metadata.google.internal", &["169.254.169.254"]), "policy.name.special_use");
    assert_eq!(reached("redis", &["172.18.0.2"]), "policy.name.single_label");
    assert_eq!(reached("kubernetes.default.svc", &["10.96.0.1"]), "policy.name.special_use");
    assert_eq!(reached("nowhere.test", &[]), "egress.addr.none");
}

// The denied prefix was compared before the path was normalised; the server behind it normalised.
#[test]
fn fastfn_denied_prefix_is_denied_in_every_spelling() {
    let policy = open().rule(deny("api.test", &["/_fn/**", "/console/**"])).build().unwrap();
    for (path, code) in [
        ("/_fn", "policy.rule.denied"),
        ("/_fn/health", "policy.rule.denied"),
        ("/%5ffn/health", "policy.rule.denied"),
        ("/_%66n/health", "policy.rule.denied"),
        ("/_FN/health", "policy.rule.denied"),
        ("/./_fn/health", "policy.rule.denied"),
        ("/x/../_fn/health", "policy.rule.denied"),
        ("/_fn;x=1/health", "policy.rule.denied"),
        ("/_fn%20/health", "policy.rule.denied"),
        ("/_fn%2Fhealth", "policy.rule.denied"),
        ("/_fn?x", "policy.rule.denied"),
        ("/_fn#x", "policy.rule.denied"),
        ("/ＣＯＮＳＯＬＥ/", "policy.rule.denied"),
        ("//_fn/health", "policy.path.empty_segment"),
        ("/%2f_fn/health", "policy.path.encoded_slash"),
        ("/x/%2e%2e/_fn/health", "policy.path.encoded_dot"),
        ("/x/..%2f_fn/health", "policy.path.encoded_slash"),
        ("/%255ffn/health", "policy.path.double_encoding"),
        ("/_fnord", "allowed"),
    ] {
        check(&policy, &format!("https://api.test{path}"), code);
    }
}

// One switch opened every private network at once.
#[test]
fn fastfn_private_networks_are_opened_one_by_one() {
    let policy = policy([RuleSpec { private: vec!["10.1.2.0/24".to_owned()], ..RuleSpec::host("name.test") }]);
    check_answer(&policy, "10.1.2.3", "admitted");
    for (answer, code) in
        [("10.1.3.3", "egress.addr.private"), ("127.0.0.1", "egress.addr.loopback"), ("169.254.169.254", "egress.addr.metadata")]
    {
        check_answer(&policy, answer, code);
    }
    for net in ["0.0.0.0/0", "::/0", "169.254.0.0/16", "169.254.169.254/32", "168.63.129.16/32", "::ffff:10.0.0.0/104", "true"] {
        let rule = RuleSpec { private: vec![net.to_owned()], ..RuleSpec::host("name.test") };
        assert_eq!(fault(rule).as_deref(), Some("private[0]"), "{net}");
    }
}

// A request from the machine itself was an administrator's, and functions could make one.
#[test]
fn fastfn_control_plane_is_reached_by_no_spelling_of_the_machine() {
    let around = Surroundings { own: vec!["10.0.0.5".parse().unwrap()], listeners: vec!["0.0.0.0:8080".parse().unwrap()] };
    let rule = |host: &str| RuleSpec {
        ports: Some(vec![PortRange::single(8080)]),
        https_only: false,
        private: ["127.0.0.0/8", "::1/128", "10.0.0.0/8"].map(str::to_owned).to_vec(),
        ..RuleSpec::host(host)
    };
    for host in ["127.0.0.1", "127.0.0.2", "10.0.0.5", "[::1]"] {
        assert_eq!(reached(&policy([rule(host)]), &format!("http://{host}:8080/_fn"), &[], &around), "egress.addr.listener", "{host}");
    }
    for answer in ["127.9.9.9", "::1", "::ffff:10.0.0.5"] {
        let policy = policy([rule("name.test")]);
        assert_eq!(reached(&policy, "http://name.test:8080/_fn", &[answer], &around), "egress.addr.listener", "{answer}");
    }
}

// Host, TE and Content-Length of the function were sent on.
#[test]
fn fastfn_fields_that_route_or_frame_are_refused() {
    let policy = policy([RuleSpec::host("api.test")]);
    for (name, value) in [("Host", "127.0.0.1"), ("TE", "trailers"), ("Content-Length", "0"), ("Transfer-Encoding", "chunked")] {
        check_header(&policy, name, value, "policy.header.framing");
    }
    for (name, code) in [("X-Forwarded-Host", "policy.header.forwarding"), ("X-Forwarded-For", "policy.header.forwarding")] {
        check_header(&policy, name, "127.0.0.1", code);
    }
}

// Fields were letters, digits and hyphens there. CGI, WSGI and PHP make `_` and `-` one, so an underscore hides a name.
#[test]
#[ignore = "hole: a field's name with underscores passes every list of names"]
fn fastfn_underscores_are_no_other_spelling_of_a_field() {
    let policy = policy([RuleSpec::host("api.test")]);
    for name in ["X_HTTP_Method_Override", "X-Http_Method-Override", "X_Original_URL", "X_Forwarded_For", "X_Real_IP", "Transfer_Encoding"] {
        let headers = [(HeaderName::try_from(name).unwrap(), HeaderValue::from_static("x"))].into_iter().collect();
        assert_ne!(decided(&policy, "POST", "https://api.test/", headers), "allowed", "{name}");
    }
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
#[ignore = "hole: a deny rule with routes = [] or methods = [] is loaded and denies nothing"]
fn claude_code_decorative_deny_rule_is_a_fault() {
    let no_routes = RuleSpec { routes: Some(vec![]), ..deny("api.test", &[]) };
    let no_method = RouteSpec { methods: Some(vec![]), ..RouteSpec::path("/**") };
    let no_methods = RuleSpec { routes: Some(vec![no_method]), ..deny("api.test", &[]) };
    for rule in [no_routes, no_methods] {
        let denylist = Policy::builder().mode(Mode::Denylist(anything())).rule(rule.clone()).build();
        assert!(denylist.is_err(), "{rule:?}");
        assert!(Ceiling::build(vec![rule], None).is_err());
    }
}

// A NUL in the host: the list of names read to its end, the resolver to the NUL.
#[test]
fn claude_code_nul_does_not_end_a_name() {
    let policy = policy([RuleSpec::host("**.allowed.test")]);
    check(&policy, "https://evil.test\0.allowed.test/", "policy.target.control");
    check(&policy, "https://evil.test%00.allowed.test/", "policy.target.percent_in_host");
    check(&policy, "https://evil.test\t.allowed.test/", "policy.target.control");
    check(&policy, "https://evil.test%2f.allowed.test/", "policy.target.percent_in_host");
}

// An address in place of a name passed the list of names.
#[test]
fn agent_glovebox_address_is_no_allowed_name() {
    let policy = policy([RuleSpec::host("api.test"), RuleSpec::host("**.example.com")]);
    for host in ["93.184.215.14", "[2606:4700:4700::1111]"] {
        check(&policy, &format!("https://{host}/"), "policy.rule.no_host");
    }
}

// Numeric aliases of an address passed a deny list of addresses.
#[test]
fn deno_numeric_alias_is_no_way_around_a_denied_address() {
    let policy = open().rule(deny("93.184.215.14", &[])).build().unwrap();
    check(&policy, "https://93.184.215.14/", "policy.rule.denied");
    for alias in ["1572395790", "0x5db8d70e", "0135.0270.0327.016", "93.184.55054", "93.0xb8d70e", "93.184.215.014"] {
        check(&policy, &format!("https://{alias}/"), "policy.target.ipv4_form");
    }
    assert_eq!(reached(&policy, "https://alias.test/", &["93.184.215.14"], &Surroundings::default()), "policy.rule.denied");
}

// Brackets, dots and look-alike letters made another string of a denied name, and the same host of it.
#[test]
fn smokescreen_denied_name_is_denied_in_every_spelling() {
    let policy = open().rule(deny("evil.example.com", &[])).build().unwrap();
    for host in ["evil.example.com.", "EVIL.Example.com", "ｅｖｉｌ.example.com", "evil。example．com", "ev\u{ad}il.example.com"] {
        check(&policy, &format!("https://{host}/"), "policy.rule.denied");
    }
    check(&policy, "https://[evil.example.com]/", "policy.target.bracket");
    check(&policy, "https://evil.example.com../", "policy.name.empty_label");
    check(&policy, "https://evil%2eexample.com/", "policy.target.percent_in_host");
}

// The guard's own control field was believed when a client sent it.
#[test]
fn smokescreen_control_field_of_a_guest_is_refused() {
    let policy = policy([RuleSpec { override_headers: true, forwarding_headers: true, ..RuleSpec::host("api.test") }]);
    for name in ["X-Upstream-Https-Proxy", "X-Egress-Policy", "X-Egret-App", "X-Envoy-Original-Path"] {
        check_header(&policy, name, "http://evil.test", "policy.header.control");
    }
}

// A zone id made the address one that no network on the list contains.
#[test]
fn pipelock_zone_id_is_refused() {
    let policy = open().build().unwrap();
    for zone in ["fe80::1%25eth0", "fe80::1%eth0", "::1%25lo", "::1%"] {
        check(&policy, &format!("http://[{zone}]/"), "policy.target.zone_id");
    }
}

// Where NAT64 is the only way out, it was either closed or a way to every private address.
#[test]
fn fizzy_declared_nat64_is_judged_by_the_address_inside() {
    let policy = open().nat64("64:ff9b::/96".parse().unwrap()).build().unwrap();
    check_answer(&policy, "64:ff9b::1.1.1.1", "admitted");
    for (inside, code) in
        [("127.0.0.1", "egress.addr.loopback"), ("10.0.0.1", "egress.addr.private"), ("169.254.169.254", "egress.addr.metadata")]
    {
        check_answer(&policy, &format!("64:ff9b::{inside}"), code);
    }
    check_answer(&policy, "64:ff9b:1::1.1.1.1", "egress.addr.nat64");
}

// Percent-encoding, and an encoded slash that one route may have, led into what a deny rule names.
#[test]
fn nono_encoded_slash_does_not_lead_into_a_denied_path() {
    let packages = RouteSpec { encoded_slash: true, ..RouteSpec::path("/pkg/**") };
    let allow = RuleSpec { routes: Some(vec![packages, RouteSpec::path("/v1/**")]), ..RuleSpec::host("api.test") };
    let policy = policy([allow, deny("api.test", &["/pkg/admin/**"])]);
    check(&policy, "https://api.test/pkg/@scope%2Fname", "allowed");
    for path in ["/pkg/admin/keys", "/pkg/admin%2Fkeys", "/pkg%2Fadmin/keys", "/pkg/%61dmin%2fkeys", "/pkg/ADMIN%2f"] {
        check(&policy, &format!("https://api.test{path}"), "policy.rule.denied");
    }
    check(&policy, "https://api.test/pkg/x%2F..%2Fadmin%2Fkeys", "policy.path.encoded_slash");
    check(&policy, "https://api.test/v1/a%2Fb", "policy.path.encoded_slash");
}

// Line ends in a URL split the request line, and began a field or a second request.
#[test]
fn go_line_ends_in_a_url_are_refused() {
    let policy = open().build().unwrap();
    for url in ["https://api.test/\r\nX: y", "https://api.test/?q=\r\nHost: evil.test", "https://api.test/ HTTP/1.1", "https://api.test\n/"] {
        check(&policy, url, "policy.target.control");
    }
    check(&policy, "https://api.test/x%0d%0aX:%20y", "policy.path.control");
}

// Scheme and port of an allowed host were read and ignored.
#[test]
fn spin_scheme_and_port_of_a_rule_count() {
    let policy = policy([RuleSpec { ports: Some(vec![PortRange::single(8443)]), ..RuleSpec::host("api.test") }]);
    check(&policy, "https://api.test:8443/", "allowed");
    check(&policy, "https://api.test/", "policy.rule.port");
    check(&policy, "http://api.test:8443/", "policy.rule.scheme");
}

// Data left in the labels of names under an allowed wildcard.
#[test]
fn httpjail_data_in_labels_under_a_wildcard_is_refused() {
    let policy = policy([RuleSpec::host("**.example.com")]);
    let secret = "c2vjcmv0lwtlesbwbhvzig1vcmugzgf0ysb0bybzbxvn";
    check(&policy, "https://api.example.com/", "allowed");
    check(&policy, &format!("https://{secret}.{secret}.example.com/"), "policy.name.label_budget");
    check(&policy, "https://a.b.c.d.e.example.com/", "policy.name.label_budget");
}

// A policy with a fault was loaded without the faulty part.
#[test]
fn smokescreen_half_a_policy_is_never_loaded() {
    let faults = Policy::builder().rules([RuleSpec::host("api.test"), deny("*", &[]), deny("b.test", &["admin"])]).build().unwrap_err();
    assert_eq!(faults.iter().map(|fault| (fault.rule, fault.field.as_str())).collect::<Vec<_>>(), [(1, "host"), (2, "routes[0].path")]);
    assert!(Ceiling::build(vec![deny("api.test", &[]), deny("*", &[])], None).is_err());
}
