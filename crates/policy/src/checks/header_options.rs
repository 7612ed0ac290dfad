//! Fields that a rule must opt into: what they say is not what was decided.

use super::{Case, folded};
use crate::rule::RuleSpec;
use crate::{Code, Denial};

/// Fields that make servers and frameworks see another method or path.
const OVERRIDING: &[&str] = &[
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-method",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-override-url",
    "x-forwarded-uri",
    "x-forwarded-path",
    "x-forwarded-method",
];

/// Fields that speak of another client or host (RFC 7239 and its forerunners).
const FORWARDING: &[&str] = &[
    "forwarded",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "x-cluster-client-ip",
    "x-originating-ip",
    "x-remote-addr",
    "x-remote-ip",
    "x-original-host",
    "x-http-host-override",
    "x-host",
];

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    refuse(case, Code::HeaderOverride, |name| OVERRIDING.contains(&name), |rule| rule.override_headers, "override_headers")?;
    let forwarding = |name: &str| !OVERRIDING.contains(&name) && (FORWARDING.contains(&name) || name.starts_with("x-forwarded-"));
    refuse(case, Code::HeaderForwarding, forwarding, |rule| rule.forwarding_headers, "forwarding_headers")
}

pub(super) fn passed(_: &Case<'_>) -> String {
    "no field that needs an option, or the rule has it".to_owned()
}

fn refuse(case: &Case<'_>, code: Code, needs: impl Fn(&str) -> bool, allows: fn(&RuleSpec) -> bool, option: &str) -> Result<(), Denial> {
    let allowed = case.best().is_some_and(|(rule, _)| allows(&rule.spec));
    match case.request.headers().keys().find(|name| needs(&folded(name))) {
        Some(name) if !allowed => Err(Denial::new(code, format!("{name} is not sent unless the rule says {option} = true"))),
        Some(_) | None => Ok(()),
    }
}
