//! What the allow rules reach: the rules for the host, narrowed by scheme, port, path and method, one stage a check.
//!
//! The first stage that leaves nothing is the reason of the refusal, and what it had before is "nearest".

use super::Case;
use crate::rule::Route;
use crate::{Code, Denial};

pub(super) fn host(case: &mut Case<'_>) -> Result<(), Denial> {
    let host = case.request.target().host();
    case.rules = case.policy.allowing(host);
    if case.rules.is_empty() {
        return Err(case.refusal(Code::RuleNoHost, || format!("no rule names {host}")));
    }
    Ok(())
}

pub(super) fn scheme(case: &mut Case<'_>) -> Result<(), Denial> {
    let scheme = case.request.target().scheme();
    narrow(case, Code::RuleScheme, |case| format!("the rule for {} wants https", hosts(case)), |rule| rule.allows_scheme(scheme))
}

pub(super) fn port(case: &mut Case<'_>) -> Result<(), Denial> {
    let request = case.request;
    let words = |case: &Case<'_>| format!("port {} is not in {} of the rule for {}", request.target().port(), ports(case), hosts(case));
    narrow(case, Code::RulePort, words, |rule| rule.allows_port(request.target()))
}

pub(super) fn path(case: &mut Case<'_>) -> Result<(), Denial> {
    let path = case.request.target().path();
    let routes = case.rules.iter().flat_map(|rule| rule.routes.iter().map(|route| (*rule, route)));
    case.routes = routes.filter(|(_, route)| route.path.allows(path)).collect();
    if case.routes.is_empty() {
        let words = || format!("{path} matches no route of the rule for {}: {}", hosts(case), routes_in_words(all_routes(case)));
        return Err(case.refusal(Code::RulePath, words));
    }
    Ok(())
}

pub(super) fn method(case: &mut Case<'_>) -> Result<(), Denial> {
    let method = case.request.method();
    if !case.routes.iter().any(|(_, route)| route.methods.contains(method)) {
        let routes = case.routes.iter().map(|(_, route)| *route);
        return Err(case.refusal(Code::RuleMethod, || format!("{method} is not allowed on {}", routes_in_words(routes))));
    }
    case.routes.retain(|(_, route)| route.methods.contains(method));
    Ok(())
}

pub(super) fn host_passed(case: &Case<'_>) -> String {
    format!("matches {}", hosts(case))
}

pub(super) fn scheme_passed(case: &Case<'_>) -> String {
    format!("{} is allowed", case.request.target().scheme().as_str())
}

pub(super) fn port_passed(case: &Case<'_>) -> String {
    format!("{} is allowed", case.request.target().port())
}

pub(super) fn path_passed(case: &Case<'_>) -> String {
    case.best().map_or_else(String::new, |(_, route)| format!("matches {}", route.path.as_str()))
}

pub(super) fn method_passed(case: &Case<'_>) -> String {
    case.best().map_or_else(String::new, |(_, route)| format!("{} is one of {}", case.request.method(), route.methods.words()))
}

fn narrow(
    case: &mut Case<'_>,
    code: Code,
    words: impl Fn(&Case<'_>) -> String,
    fits: impl Fn(&crate::rule::Rule) -> bool,
) -> Result<(), Denial> {
    if !case.rules.iter().any(|rule| fits(rule)) {
        return Err(case.refusal(code, || words(case)));
    }
    case.rules.retain(|rule| fits(rule));
    Ok(())
}

fn hosts(case: &Case<'_>) -> String {
    let mut hosts: Vec<String> = case.rules.iter().map(|rule| rule.host.to_string()).collect();
    hosts.dedup();
    hosts.join(", ")
}

fn ports(case: &Case<'_>) -> String {
    let all: Vec<String> = case.rules.iter().filter_map(|rule| rule.spec.ports.as_ref()).flatten().map(ToString::to_string).collect();
    if all.is_empty() { "the default ports".to_owned() } else { all.join(", ") }
}

fn all_routes<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Route> {
    case.rules.iter().flat_map(|rule| rule.routes.iter())
}

/// At most five routes by name: a refusal is read by people.
fn routes_in_words<'a>(routes: impl Iterator<Item = &'a Route>) -> String {
    let all: Vec<String> = routes.map(|route| format!("{} ({})", route.path.as_str(), route.methods.words())).collect();
    match all.as_slice() {
        [] => "it has none".to_owned(),
        [first @ .., _] if first.len() >= 5 => format!("{} and {} more", all[..5].join(", "), all.len() - 5),
        _ => all.join(", "),
    }
}
