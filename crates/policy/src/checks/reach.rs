//! What the allow rules reach: the rules for the host, narrowed by scheme, port, path and method, one stage a check.
//!
//! The first stage that leaves nothing is the reason of the refusal, and what it had before is "nearest".

use super::Case;
use crate::{Code, Denial};

pub(super) fn host(case: &mut Case<'_>) -> Result<(), Denial> {
    let policy = case.policy;
    case.fitting = policy.allowing(case.request.target().host()).into_iter().map(|rule| (rule, rule.routes.iter().collect())).collect();
    if case.fitting.is_empty() {
        let host = case.request.target().host();
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
    let request = case.request;
    let words = |case: &Case<'_>| format!("{} matches no route of the rule for {}: {}", request.target().path(), hosts(case), routes(case));
    narrow_routes(case, Code::RulePath, words, |route| route.path.allows(request.target().path()))
}

pub(super) fn method(case: &mut Case<'_>) -> Result<(), Denial> {
    let request = case.request;
    let words = |case: &Case<'_>| format!("{} is not allowed on {}", request.method(), routes(case));
    narrow_routes(case, Code::RuleMethod, words, |route| route.methods.contains(request.method()))
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
    if !case.fitting.iter().any(|(rule, _)| fits(rule)) {
        return Err(case.refusal(code, || words(case)));
    }
    case.fitting.retain(|(rule, _)| fits(rule));
    Ok(())
}

fn narrow_routes(
    case: &mut Case<'_>,
    code: Code,
    words: impl Fn(&Case<'_>) -> String,
    fits: impl Fn(&crate::rule::Route) -> bool,
) -> Result<(), Denial> {
    if !case.fitting.iter().any(|(_, routes)| routes.iter().any(|route| fits(route))) {
        return Err(case.refusal(code, || words(case)));
    }
    for (_, routes) in &mut case.fitting {
        routes.retain(|route| fits(route));
    }
    case.fitting.retain(|(_, routes)| !routes.is_empty());
    Ok(())
}

fn hosts(case: &Case<'_>) -> String {
    let mut hosts: Vec<String> = case.fitting.iter().map(|(rule, _)| rule.host.to_string()).collect();
    hosts.dedup();
    hosts.join(", ")
}

fn ports(case: &Case<'_>) -> String {
    let all: Vec<String> =
        case.fitting.iter().filter_map(|(rule, _)| rule.spec.ports.as_ref()).flatten().map(ToString::to_string).collect();
    if all.is_empty() { "the default ports".to_owned() } else { all.join(", ") }
}

/// At most five routes by name: a refusal is read by people.
fn routes(case: &Case<'_>) -> String {
    let all: Vec<String> = case
        .fitting
        .iter()
        .flat_map(|(_, routes)| routes)
        .map(|route| format!("{} ({})", route.path.as_str(), route.methods.words()))
        .collect();
    match all.as_slice() {
        [] => "it has none".to_owned(),
        [first @ .., _] if first.len() >= 5 => format!("{} and {} more", all[..5].join(", "), all.len() - 5),
        _ => all.join(", "),
    }
}
