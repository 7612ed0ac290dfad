//! Proposals from rows, each held against the law.

use super::*;
use egret_store::{Attempt, Ended, Others, Timings};
use std::time::Duration;

/// A row: `METHOD URL`, refused with a code, or let go by the report mode.
fn row(line: &str, code: &str, reported: bool) -> Attempt {
    let (method, url) = line.split_once(' ').unwrap();
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.find('/').map_or((rest, None), |at| (&rest[..at], Some(rest[at..].to_owned())));
    let own = if scheme == "https" { 443 } else { 80 };
    let (host, port) = authority.split_once(':').map_or((authority, own), |(host, port)| (host, port.parse().unwrap()));
    Attempt {
        time: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000),
        call: "c".into(),
        hop: 0,
        app: "shop".into(),
        function: "f.js".into(),
        invocation: "i".into(),
        door: None,
        method: method.to_owned().into(),
        scheme: Some(scheme.to_owned().into()),
        host: Some(host.into()),
        port: Some(port),
        route: reported.then(|| "/**".into()),
        path,
        rule: None,
        ended: if reported { Ended::Answered } else { Ended::Refused },
        code: (!reported).then(|| code.to_owned().into()),
        words: None,
        change: None,
        reported: reported.then(|| code.to_owned().into()),
        address: None,
        reused: false,
        cached: false,
        cache: None,
        hook: None,
        retries: 0,
        status: None,
        sent: 0,
        received: 0,
        took: Duration::ZERO,
        timings: Timings::default(),
        secrets: Vec::new(),
        echoed: Vec::new(),
        weight: 1,
        others: Others::default(),
    }
}

fn past(rows: &[(&str, &str)]) -> Past {
    let mut past = Past::default();
    rows.iter().for_each(|(line, code)| past.add(&row(line, code, false)));
    past
}

fn texts(learned: &Learned) -> Vec<String> {
    learned.proposals.iter().map(|proposal| proposal.rule.to_toml(proposal.table)).collect()
}

fn whys(learned: &Learned) -> Vec<Why> {
    learned.left.iter().map(|left| left.why).collect()
}

const NO_PATH: &str = "policy.rule.path";
const NO_METHOD: &str = "policy.rule.method";

#[test]
fn proposed_rules_allow_every_call_that_they_claim_and_refuse_its_neighbours() {
    let seen = [
        "GET https://api.a.test/v1/users/42",
        "DELETE https://api.a.test/v1/users/7",
        "POST https://api.a.test/v1/charges",
        "GET https://api.a.test/v1/balance",
        "GET https://b.test:8443/",
        "GET https://c.test/r/ann/x",
        "GET https://c.test/r/bob/x",
        "GET https://c.test/r/cyd/x",
    ];
    let neighbours = [
        "PUT https://api.a.test/v1/users/42",
        "GET https://api.a.test/v1/users/42/keys",
        "GET https://api.a.test/v1/charges",
        "GET https://api.a.test/v1/balances",
        "GET https://a.test/v1/balance",
        "GET https://www.api.a.test/v1/balance",
        "GET https://api.a.test:8443/v1/balance",
        "GET https://b.test/",
        "GET https://b.test:8443/x",
        "GET https://c.test/r/dan/x",
        "GET http://api.a.test/v1/balance",
    ];
    let learned = learn(&past(&seen.map(|line| (line, NO_HOST))), &[]).unwrap();
    let rules = learned.proposals.iter().map(|proposal| proposal.rule.clone());
    let policy = Policy::builder().rules(rules).build().unwrap();
    let allows = |line: &str| {
        let (method, url) = line.split_once(' ').unwrap();
        policy.decide(Request::parse(method.parse().unwrap(), url, http::HeaderMap::new()).unwrap()).is_ok()
    };
    assert!(learned.left.is_empty() && learned.proposals.len() == 3, "{learned:?}");
    assert_eq!(learned.proposals.iter().map(|proposal| proposal.calls).sum::<u64>(), 8);
    for line in seen {
        assert!(allows(line), "{line}\n{:?}", texts(&learned));
    }
    for line in neighbours {
        assert!(!allows(line), "{line}\n{:?}", texts(&learned));
    }
    assert_eq!(
        texts(&learned)[0],
        "[[net]]\nhost = \"api.a.test\"\nroutes = [{ path = \"/v1/balance\", methods = [\"GET\"] }, \
         { path = \"/v1/charges\", methods = [\"POST\"] }, { path = \"/v1/users/:id\", methods = [\"DELETE\", \"GET\"] }]\n"
    );
    assert!(texts(&learned)[1].contains("ports = [8443]"));
}

#[test]
fn what_an_owner_alone_decides_is_left_with_its_reason() {
    let rows = [
        ("GET https://a.test/x", "policy.rule.denied", Why::Denied),
        ("GET https://b.test/x", "policy.ceiling.host", Why::Ceiling),
        ("GET https://c.test/x", "policy.closed.lockdown", Why::Closed),
        ("GET https://metadata.goog/x", "policy.name.metadata", Why::Metadata),
        ("GET https://d.test/x", "egress.addr.private", Why::Address),
        ("GET https://printer.local/x", "policy.name.special_use", Why::LocalName),
        ("GET https://93.184.215.14/x", NO_HOST, Why::Literal),
        ("GET http://e.test/x", NO_HOST, Why::PlainHttp),
        ("GET https://f.test/a%2Fb", NO_HOST, Why::EncodedSlash),
        ("GET https://g.test/x", "policy.header.override", Why::Option),
        ("GET https://h.test/x", "policy.redirect.limit", Why::Other),
    ];
    for (line, code, why) in rows {
        let learned = learn(&past(&[(line, code)]), &[]).unwrap();
        assert_eq!((whys(&learned), texts(&learned)), (vec![why], vec![]), "{line} {code}");
    }
    // What the law refuses today counts, whatever refused it then.
    let deny = RuleSpec { deny: true, ..RuleSpec::host("**.a.test") };
    let learned = learn(&past(&[("GET https://x.a.test/x", NO_HOST), ("GET https://metadata.goog/x", NO_HOST)]), &[deny]).unwrap();
    assert_eq!((whys(&learned), texts(&learned)), (vec![Why::Denied, Why::Metadata], vec![]));
}

#[test]
fn without_paths_a_whole_host_is_proposed_where_no_rule_names_it_and_nothing_where_one_does() {
    let narrow = RuleSpec { routes: Some(vec![RouteSpec::path("/v1/charges")]), ..RuleSpec::host("b.test") };
    let rows = [("GET https://a.test", NO_HOST), ("POST https://a.test", NO_HOST), ("GET https://b.test", NO_PATH)];
    let learned = learn(&past(&rows), std::slice::from_ref(&narrow)).unwrap();
    assert_eq!(texts(&learned), ["[[net]]\nhost = \"a.test\"\nroutes = [{ path = \"/**\", methods = [\"GET\", \"POST\"] }]\n"]);
    assert_eq!((learned.proposals[0].paths, whys(&learned)), (Paths::Unknown, vec![Why::NoPath]));
    // Where one path of a host is known, the others do not make it a rule for all.
    let learned = learn(&past(&[("GET https://a.test", NO_HOST), ("GET https://a.test/x", NO_HOST)]), &[narrow]).unwrap();
    assert!(texts(&learned)[0].contains("\"/x\"") && learned.proposals[0].calls == 1, "{:?}", texts(&learned));
    assert_eq!(whys(&learned), [Why::NoPath]);
}

#[test]
fn a_rule_beside_another_of_its_host_takes_over_what_that_demands_and_names_it() {
    let own = RuleSpec {
        require: true,
        private: vec!["10.1.2.3/32".to_owned()],
        routes: Some(vec![RouteSpec { methods: Some(vec!["GET".to_owned()]), ..RouteSpec::path("/v1/users/:id") }]),
        ..RuleSpec::host("a.test")
    };
    let rows = [
        ("POST https://a.test/v1/users/7", NO_METHOD),
        ("GET https://a.test/v1/orders", NO_PATH),
        ("GET https://a.test/v1/users/7", NO_PATH),
    ];
    let learned = learn(&past(&rows), &[RuleSpec::host("z.test"), own]).unwrap();
    let [proposal] = &learned.proposals[..] else { panic!("{learned:?}") };
    assert!(proposal.rule.require && proposal.rule.private == ["10.1.2.3/32"], "{proposal:?}");
    assert_eq!((proposal.beside, proposal.calls, learned.allowed_by_now), (Some(1), 2, 1));
    assert_eq!(proposal.routes.iter().map(Route::path).collect::<Vec<_>>(), ["/v1/orders", "/v1/users/:id"]);
}

#[test]
fn what_the_report_mode_let_go_is_proposed_and_what_was_allowed_is_not() {
    let mut past = Past::default();
    past.add(&row("GET https://a.test/x", NO_HOST, true));
    past.add(&Attempt { reported: None, ..row("GET https://b.test/x", NO_HOST, true) });
    let thinned = Attempt { weight: 5, ..row("GET https://a.test/y", NO_HOST, true) };
    past.add(&thinned);
    let learned = learn(&past, &[]).unwrap();
    assert_eq!((learned.proposals.len(), learned.proposals[0].calls, past.thinned), (1, 6, 4));
}

#[test]
fn many_templates_become_one_route_for_what_lies_below_their_common_front() {
    let lines: Vec<String> = (0..40).map(|n| format!("GET https://a.test/v1/{}/{}", word(n), word(n + 1))).collect();
    let rows: Vec<(&str, &str)> = lines.iter().map(|line| (line.as_str(), NO_HOST)).collect();
    let learned = learn(&past(&rows), &[]).unwrap();
    assert_eq!(learned.proposals[0].paths, Paths::Many);
    assert!(texts(&learned)[0].contains("{ path = \"/v1/**\", methods = [\"GET\"] }"), "{:?}", texts(&learned));
    // A few less, and each has its own.
    let learned = learn(&past(&rows[..30]), &[]).unwrap();
    assert_eq!((learned.proposals[0].paths, learned.proposals[0].routes.len()), (Paths::Known, 30));
}

/// A word without digits for a number.
fn word(n: u8) -> String {
    [n / 8, n % 8].map(|digit| char::from(b'a' + digit)).iter().collect()
}

#[test]
fn the_quietest_of_very_many_hosts_are_left() {
    let lines: Vec<String> = (0..=HOSTS).map(|n| format!("GET https://h{n}.test/x")).collect();
    let mut past = Past::default();
    lines.iter().skip(1).for_each(|line| (0..2).for_each(|_| past.add(&row(line, NO_HOST, false))));
    past.add(&row(&lines[0], NO_HOST, false));
    let learned = learn(&past, &[]).unwrap();
    assert_eq!((learned.proposals.len(), whys(&learned)), (HOSTS, vec![Why::Quiet]));
    assert_eq!(learned.left[0].origin, "https://h0.test");
}
