//! The rule that comes nearest to a request, and in what it differs: the first thing that somebody asks of a refusal.
//!
//! Where rules name the host, the one with the fewest differences. Where none does, the one whose host lies below the same
//! registrable domain, else one that is a slip of the pen away. This walks all rules and is for people: deciding never asks.

mod slip;

use super::{Policy, Request};
use crate::Target;
use crate::rule::host::HostPattern;
use crate::rule::{Route, Rule};
use crate::target::Name;
use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

/// A rule beside a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The rule's host, as it is written.
    pub rule: String,
    /// Its place in the order in which rules were added, from 0.
    pub place: usize,
    /// The path pattern of its nearest route; `None` if the rule has no route.
    pub route: Option<String>,
    /// In what the request is another one; empty if the rule allows it.
    pub differs: Vec<Difference>,
}

/// One thing that a rule and a request do not have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `host`, `scheme`, `port`, `path`, `method` or `encoded_slash`.
    pub field: &'static str,
    /// What the rule has.
    pub rule: String,
    /// What the request asks for.
    pub request: String,
}

/// For people, for example `api.github.com (rule 1) differs in host: the request asks for api.githb.com`.
impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (rule {})", self.rule, self.place + 1)?;
        for (index, difference) in self.differs.iter().enumerate() {
            f.write_str(if index == 0 { " differs in " } else { "; in " })?;
            difference.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            "host" => write!(f, "host: the request asks for {}", self.request),
            field => write!(f, "{field}: it has {}, the request asks for {}", self.rule, self.request),
        }
    }
}

impl Policy {
    /// The nearest allow rule, if one is near at all.
    pub(crate) fn nearest(&self, request: &Request) -> Option<Nearest> {
        let mut naming = self.allowing(request.target().host());
        naming.retain(|rule| !matches!(rule.host, HostPattern::Any));
        if naming.is_empty() && self.open.is_none() {
            naming.extend(self.similar(request.target().host().name()?));
        }
        let pairs = naming.into_iter().flat_map(|rule| nearest_route(rule, request).map(|(rank, route)| (rank, rule, route)));
        let (_, rule, route) = pairs.min_by_key(|(rank, _, _)| *rank)?;
        Some(Nearest {
            rule: rule.host.to_string(),
            place: rule.place,
            route: route.map(|route| route.path.as_str().to_owned()),
            differs: differences(rule, route, request),
        })
    }

    /// The rule whose host is most like a name that no rule names.
    fn similar(&self, name: &Name) -> Option<&Arc<Rule>> {
        let domain = psl::domain_str(name.as_str());
        let rules = self.allow.groups().filter_map(|group| group.into_iter().min_by_key(|rule| rule.place));
        let ranked = rules.filter_map(|rule| likeness(rule, name.as_str(), domain).map(|rank| (rank, Reverse(rule.place), rule)));
        ranked.max_by_key(|(rank, place, _)| (*rank, *place)).map(|(_, _, rule)| rule)
    }
}

/// How like a rule's host is to a name: one below the same registrable domain is nearer than one that is a slip away, and
/// among those the one with more labels in common.
fn likeness(rule: &Rule, name: &str, domain: Option<&str>) -> Option<(bool, usize, Reverse<usize>)> {
    let (pattern, name) = match &rule.host {
        HostPattern::Exact(host) => (host.name()?.as_str(), name),
        // Of a name under a wildcard only what stands where its apex does can be mistyped.
        HostPattern::OneLabel(apex) | HostPattern::AnyDepth(apex) => (apex.as_str(), last_labels(name, apex.labels().count())),
        HostPattern::Any => return None,
    };
    let shared = name.rsplit('.').zip(pattern.rsplit('.')).take_while(|(a, b)| a == b).count();
    let is_below = |domain: &str| pattern.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if domain.is_some_and(is_below) {
        return Some((true, shared, Reverse(0)));
    }
    slip::distance(name, pattern).map(|distance| (false, 0, Reverse(distance)))
}

fn last_labels(name: &str, count: usize) -> &str {
    let cut = name.rmatch_indices('.').nth(count.saturating_sub(1)).map_or(0, |(dot, _)| dot + 1);
    &name[cut..]
}

/// Fewest differences, then most of the path in common from its front, then the order of the rules.
type Rank = (usize, Reverse<usize>, usize);

fn nearest_route<'a>(rule: &'a Rule, request: &Request) -> Option<(Rank, Option<&'a Route>)> {
    let target = request.target();
    let outer = usize::from(!rule.allows_scheme(target.scheme())) + usize::from(!rule.allows_port(target));
    let routes = rule.routes.iter().map(|route| {
        let inner = [allows_path(route, target), route.methods.contains(request.method()), allows_slash(route, target)];
        let common = route.path.as_str().bytes().zip(target.path().bytes()).take_while(|(a, b)| a == b).count();
        ((outer + inner.iter().filter(|fits| !**fits).count(), Reverse(common), rule.place), Some(route))
    });
    routes.min_by_key(|(rank, _)| *rank).or(Some(((outer + 1, Reverse(0), rule.place), None)))
}

fn allows_path(route: &Route, target: &Target) -> bool {
    route.path.allows(target.path())
}

fn allows_slash(route: &Route, target: &Target) -> bool {
    route.encoded_slash || !target.has_encoded_slash()
}

fn differences(rule: &Rule, route: Option<&Route>, request: &Request) -> Vec<Difference> {
    let target = request.target();
    let mut differs = Vec::new();
    let mut differ = |field, rule: String, request: String| differs.push(Difference { field, rule, request });
    if !rule.host.matches(target.host()) {
        differ("host", rule.host.to_string(), target.host().to_string());
    }
    if !rule.allows_scheme(target.scheme()) {
        differ("scheme", "https".to_owned(), target.scheme().as_str().to_owned());
    }
    if !rule.allows_port(target) {
        differ("port", ports(rule, target), target.port().to_string());
    }
    let Some(route) = route else {
        differ("path", "no route".to_owned(), target.path().to_owned());
        return differs;
    };
    if !allows_path(route, target) {
        differ("path", route.path.as_str().to_owned(), target.path().to_owned());
    }
    if !route.methods.contains(request.method()) {
        differ("method", route.methods.words(), request.method().to_string());
    }
    if !allows_slash(route, target) {
        differ("encoded_slash", "false".to_owned(), "true".to_owned());
    }
    differs
}

fn ports(rule: &Rule, target: &Target) -> String {
    match &rule.spec.ports {
        Some(ranges) => ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        None => target.scheme().default_port().to_string(),
    }
}

#[cfg(test)]
mod tests;
