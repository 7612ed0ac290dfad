//! What rules say of a call of the log, whose path may not be known.

use super::Rules;
use crate::past::{Call, Fate};
use egret_policy::{Code, Denial, Fault, Permit, Policy, Request, RuleSpec};

/// A segment that no pattern holds by chance.
const ANY: &str = "egret-any-segment-8d1f0c";

/// What rules say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They allow it, or their mode lets it go.
    Allowed,
    /// They refuse it, with this code.
    Refused(String),
    /// It depends on what the log has not: the path, or a field or parameter that a rule demands.
    Unknown,
}

/// Rules, ready to be asked.
pub(super) struct Law {
    policy: Policy,
    /// Refuses every host that a deny rule with routes names: there a verdict depends on the path.
    fenced: Policy,
}

impl Law {
    pub fn build(rules: &Rules) -> Result<Self, Vec<Fault>> {
        let fences = rules.net.iter().filter(|rule| rule.deny && rule.routes.is_some());
        Ok(Self {
            policy: Policy::builder().mode(rules.mode.clone()).rules(rules.net.iter().cloned()).build()?,
            fenced: Policy::builder().rules(fences.map(whole_host)).build()?,
        })
    }

    pub fn judge(&self, call: &Call) -> Verdict {
        // What the report mode let go has the template of the mode's own rule, which says nothing of the path.
        let route = call.route.as_deref().filter(|_| !matches!(call.fate, Fate::Reported(_)));
        match call.path.as_deref().or(route.filter(|route| is_constant(route))) {
            Some(path) => match call.request(path).and_then(|request| self.policy.decide(request)) {
                Ok(_) => Verdict::Allowed,
                Err(denial) if matches!(denial.code(), Code::HeaderRequired | Code::QueryRequired) => Verdict::Unknown,
                Err(denial) => refused(&denial),
            },
            None => self.judge_any(call, route),
        }
    }

    /// Decides a path that stands for all that the call may have had, and believes the answer where it is that of all.
    fn judge_any(&self, call: &Call, route: Option<&str>) -> Verdict {
        let request = match call.request(&route.map_or_else(|| format!("/{ANY}"), stand_in)) {
            Ok(request) => request,
            Err(denial) => return refused(&denial),
        };
        if denies(&self.fenced, request.clone()) {
            return Verdict::Unknown;
        }
        match self.policy.decide(request) {
            Ok(permit) if covers(&permit, route) => Verdict::Allowed,
            Err(denial) if is_of_every_path(denial.code()) => refused(&denial),
            Ok(_) | Err(_) => Verdict::Unknown,
        }
    }
}

fn refused(denial: &Denial) -> Verdict {
    Verdict::Refused(denial.code().to_string())
}

/// A rule that refuses all of the hosts that another one names.
pub(super) fn whole_host(rule: &RuleSpec) -> RuleSpec {
    RuleSpec { deny: true, ..RuleSpec::host(rule.host.clone()) }
}

/// Whether rules made by [`whole_host`] name the host.
pub(super) fn denies(policy: &Policy, request: Request) -> bool {
    policy.decide(request).is_err_and(|denial| denial.code() == Code::RuleDenied)
}

fn is_constant(route: &str) -> bool {
    !route.contains("/:") && !route.contains('*')
}

/// A path that matches a template: its parameters are a segment that nothing else names, or the first of their own values.
fn stand_in(route: &str) -> String {
    let segment = |part: &str| match part {
        _ if part.contains('*') => ANY.to_owned(),
        _ => match part.strip_prefix(':').map(|parameter| parameter.split_once('(')) {
            Some(Some((_, values))) => values.split(['|', ')']).next().unwrap_or(ANY).to_owned(),
            Some(None) => ANY.to_owned(),
            None => part.to_owned(),
        },
    };
    route.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Whether a route allows whatever a template matches: it is that template, or open from a constant part of it on.
fn covers(permit: &Permit, route: Option<&str>) -> bool {
    let allowed = &**permit.route();
    let below = |prefix: &str| route.is_some_and(|route| route.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')));
    allowed == "/**" || Some(allowed) == route || allowed.strip_suffix("/**").is_some_and(|prefix| is_constant(prefix) && below(prefix))
}

/// Codes of refusals that no path makes good. A deny rule whose routes count was met before.
fn is_of_every_path(code: Code) -> bool {
    matches!(
        code,
        Code::RuleNoHost
            | Code::RuleScheme
            | Code::RulePort
            | Code::RuleDenied
            | Code::NameMetadata
            | Code::NameSpecialUse
            | Code::NameSingleLabel
            | Code::MethodForbidden
            | Code::MethodToken
    )
}
