//! URLs of attack collections: each is refused before a name is asked for, or at its address, or leads to a public one.
//!
//! Three policies: open to every host and port, so that nothing but the form and the address can refuse; the owner's own
//! settings where a case carries them (smokescreen); and a list of hosts where a case is about what is sent and not
//! about where (agent-egress-bench): content is not looked at here, hosts are.

use super::{Tally, cases};
use egret_policy::{Denial, Mode, Policy, Reach, Request, RuleSpec, Surroundings, Target};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};

/// The hosts that the benign cases of agent-egress-bench go to.
const HOSTS: [&str; 5] = ["api.github.com", "docs.github.com", "httpbin.org", "security.googleblog.com", "www.google.com"];

/// What the names of the suite resolve to.
const RESOLVES: &[(&str, &str)] = &[("127.0.0.1.nip.io", "127.0.0.1"), ("169.254.169.254.nip.io", "169.254.169.254")];

/// Cases that a source wants otherwise, each with the reason why it is as it is here.
const DIFFERENCES: &[(&str, &str)] = &[
    ("https://developers.digitalocean.com/documentation/metadata/", "a public page about a metadata service, no service"),
    (
        "https://help.redacted.com/plugins/servlet/oauth/users/icon-uri?consumerUri=http://169.254.169.254/metadata/v1/maintenance",
        "the hole is in another site, which fetches for its caller",
    ),
    ("http://[64:ff9c::1]:1/", "allowed there; outside of 2000::/3, where nothing is given out"),
    ("example.net", "an error there for want of a port; here the scheme has one"),
];

/// What became of a case.
enum Outcome {
    Refused(Denial),
    /// A public address, or a name whose address is not known and that no private address was admitted for.
    Public(Target),
}

#[test]
fn every_attack_is_refused_or_leads_to_a_public_address() {
    let Some(cases) = cases("ssrf/ssrf-urls.json") else { return };
    let mut tally = Tally::default();
    for case in &cases {
        let url = url(case);
        match (send(case, &url), case["expect"].as_str().unwrap()) {
            (Outcome::Public(target), "allow" | "parse" | "policy-on-normalised-host") => {
                as_expected(&target, case);
                tally.count("as the source says: leads to a public host");
            }
            (Outcome::Public(_), _) => tally.count(&format!("differs: {}", reason(case))),
            (Outcome::Refused(_), "allow") => tally.count(&format!("differs: {}", reason(case))),
            (Outcome::Refused(denial), _) => tally.refused(&denial),
        }
    }
    tally.check(
        "ssrf",
        &[
            ("as the source says: leads to a public host", 20),
            ("differs: a public page about a metadata service, no service", 1),
            ("differs: allowed there; outside of 2000::/3, where nothing is given out", 1),
            ("differs: an error there for want of a port; here the scheme has one", 1),
            ("differs: the hole is in another site, which fetches for its caller", 1),
            ("refused: egress.addr.compatible", 2),
            ("refused: egress.addr.documentation", 2),
            ("refused: egress.addr.link_local", 1),
            ("refused: egress.addr.listener", 3),
            ("refused: egress.addr.loopback", 20),
            ("refused: egress.addr.metadata", 37),
            ("refused: egress.addr.multicast", 1),
            ("refused: egress.addr.nat64", 8),
            ("refused: egress.addr.outside_global", 3),
            ("refused: egress.addr.private", 2),
            ("refused: egress.addr.relay", 1),
            ("refused: egress.addr.shared", 3),
            ("refused: egress.addr.translated", 1),
            ("refused: egress.addr.tunnel", 3),
            ("refused: egress.addr.unspecified", 8),
            ("refused: policy.name.metadata", 11),
            ("refused: policy.name.single_label", 6),
            ("refused: policy.rule.denied", 2),
            ("refused: policy.rule.no_host", 19),
            ("refused: policy.rule.port", 1),
            ("refused: policy.target.backslash", 4),
            ("refused: policy.target.bracket", 5),
            ("refused: policy.target.control", 3),
            ("refused: policy.target.ipv4_form", 31),
            ("refused: policy.target.mapped", 7),
            ("refused: policy.target.no_host", 3),
            ("refused: policy.target.percent_in_host", 1),
            ("refused: policy.target.port", 3),
            ("refused: policy.target.scheme", 4),
            ("refused: policy.target.slashes", 3),
            ("refused: policy.target.userinfo", 11),
            ("refused: policy.target.zone_id", 2),
        ],
    );
}

#[track_caller]
fn reason(case: &Value) -> &'static str {
    let url = case["url"].as_str().unwrap();
    DIFFERENCES.iter().find(|(listed, _)| *listed == url).unwrap_or_else(|| panic!("unexplained: {case}")).1
}

/// smokescreen's cases of `host:port` become URLs.
fn url(case: &Value) -> String {
    let url = case["url"].as_str().unwrap();
    if case["src"] == "smokescreen-hostport" { format!("http://{url}/") } else { url.to_owned() }
}

fn send(case: &Value, url: &str) -> Outcome {
    let method = case["method"].as_str().unwrap_or("GET").parse::<Method>().unwrap();
    let permit = match Request::parse(method, url, headers(case)).and_then(|request| policy(case, &request).decide(request)) {
        Ok(permit) => permit,
        Err(denial) => return Outcome::Refused(denial),
    };
    let host = permit.target().host();
    let named = RESOLVES.iter().find(|(name, _)| *name == host.to_string()).map(|(_, address)| address.parse().unwrap());
    let around = around(case);
    match host.address().or(named) {
        Some(address) => match permit.admit(&[address], &around) {
            Ok(_) => Outcome::Public(permit.target().clone()),
            Err(denial) => Outcome::Refused(denial),
        },
        None => {
            for inside in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00:ec2::254", "64:ff9b::7f00:1", "::ffff:10.0.0.1"] {
                assert!(permit.admit(&[inside.parse().unwrap()], &around).is_err(), "{url} may resolve to {inside}");
            }
            Outcome::Public(permit.target().clone())
        }
    }
}

fn headers(case: &Value) -> HeaderMap {
    let fields = case["headers"].as_object().cloned().unwrap_or_default();
    let field = |(name, value): (&String, &Value)| {
        let name: HeaderName = name.parse().unwrap();
        (name, HeaderValue::from_str(value.as_str().unwrap()).unwrap())
    };
    fields.iter().map(field).collect()
}

/// Every port and both schemes: only the form and the address are left to refuse by.
fn policy(case: &Value, request: &Request) -> Policy {
    if case["src"] == "agent-egress-bench" {
        return Policy::builder().rules(HOSTS.map(RuleSpec::host)).build().unwrap();
    }
    let reach = Reach { ports: vec!["1-65535".parse().unwrap()], https_only: false, methods: None };
    Policy::builder().mode(Mode::Open(reach)).rules(rules(&case["config"], request.target())).build().unwrap()
}

/// smokescreen's settings, with the exemptions written for the host at hand: a rule exempts addresses for its host only.
fn rules(config: &Value, target: &Target) -> Vec<RuleSpec> {
    let Some(address) = target.host().address().filter(|_| config.is_object()) else { return Vec::new() };
    let rule = |host: &str, ports: &str| RuleSpec { ports: Some(vec![ports.parse().unwrap()]), https_only: false, ..RuleSpec::host(host) };
    let mut rules = Vec::new();
    for denied in strings(&config["denyRanges"]) {
        rules.push(RuleSpec { deny: true, ..rule(denied.split('/').next().unwrap(), "1-65535") });
    }
    for denied in strings(&config["denyAddresses"]) {
        let (host, port) = denied.split_once(':').unwrap();
        rules.push(RuleSpec { deny: true, ..rule(host, port) });
    }
    for allowed in strings(&config["allowAddresses"]) {
        let (host, port) = allowed.split_once(':').unwrap();
        rules.push(RuleSpec { private: vec![format!("{host}/32")], ..rule(host, port) });
    }
    if strings(&config["allowRanges"]).iter().any(|net| net.parse::<ipnet::IpNet>().unwrap().contains(&address)) {
        rules.push(RuleSpec { private: strings(&config["allowRanges"]), ..rule(&address.to_string(), "1-65535") });
    }
    rules
}

fn around(case: &Value) -> Surroundings {
    let own: Vec<IpAddr> = strings(&case["config"]["localIPs"]).iter().map(|address| address.parse().unwrap()).collect();
    let port = case["config"]["selfPort"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or_default();
    let listeners = own.iter().map(|address| SocketAddr::new(*address, port)).collect();
    Surroundings { own, listeners, ..Surroundings::default() }
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Where a case says which host and port it means, those are the ones.
#[track_caller]
fn as_expected(target: &Target, case: &Value) {
    let host = target.host().to_string();
    match case["expect"].as_str().unwrap() {
        "policy-on-normalised-host" => assert_eq!(host, "example.com"),
        "parse" => {
            assert_eq!(host.trim_matches(['[', ']']), case["host"].as_str().unwrap());
            assert_eq!(target.port().to_string(), case["port"].as_str().unwrap());
        }
        _ => {}
    }
}
