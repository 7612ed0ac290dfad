//! Holes that other systems had, each as a test of what decides: URL, host, address, path, method, header, mode, ceiling.
//!
//! A test is named after the system that suffered it; the comment says the hole. The table is in `docs/holes.md`.

mod address;
mod path;
mod request;
mod rules;
mod target;

use egret_policy::{Builder, Mode, Policy, Reach, Request, RouteSpec, RuleSpec, Surroundings};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::net::IpAddr;

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

/// The first field that is a fault, if there is one.
fn fault(rule: RuleSpec) -> Option<String> {
    Policy::builder().rule(rule).build().err().and_then(|faults| faults.into_iter().next()).map(|fault| fault.field)
}
