//! Rules by host: a lookup costs a hash for the name and one a label, however many rules there are.

use super::Request;
use crate::rule::host::HostPattern;
use crate::rule::{PortRange, Route, Rule};
use crate::target::{Host, readings};
use std::collections::HashMap;
use std::net::IpAddr;

/// Compiled rules, found by host.
#[derive(Debug, Default)]
pub(crate) struct Index {
    rules: Vec<Rule>,
    exact: HashMap<Host, Vec<usize>>,
    one_label: HashMap<String, Vec<usize>>,
    any_depth: HashMap<String, Vec<usize>>,
}

impl Index {
    pub fn add(&mut self, rule: Rule) {
        let place = self.rules.len();
        match &rule.host {
            HostPattern::Exact(host) => self.exact.entry(host.clone()).or_default().push(place),
            HostPattern::OneLabel(apex) => self.one_label.entry(apex.as_str().to_owned()).or_default().push(place),
            HostPattern::AnyDepth(apex) => self.any_depth.entry(apex.as_str().to_owned()).or_default().push(place),
            // The open mode's own rule lies beside the index.
            HostPattern::Any => {}
        }
        self.rules.push(rule);
    }

    /// The deny rule and route that match a request, if one does: any scheme, the path by its meaning.
    pub fn denial_of(&self, request: &Request) -> Option<(&Rule, &Route)> {
        let target = request.target();
        let mut rules = self.find(target.host());
        rules.retain(|rule| rule.allows_port(target));
        if rules.is_empty() {
            return None;
        }
        let readings = readings(target.path());
        let fits = |route: &&Route| route.methods.contains(request.method()) && route.path.denies(&readings);
        rules.into_iter().find_map(|rule| rule.routes.iter().find(fits).map(|route| (rule, route)))
    }

    /// The addresses that rules name, with the ports that they name them on; rules for single paths are not among them.
    pub fn addresses(&self) -> impl Iterator<Item = (IpAddr, Option<Vec<PortRange>>)> {
        self.rules.iter().filter(|rule| rule.spec.routes.is_none()).filter_map(|rule| match &rule.host {
            HostPattern::Exact(host) => host.address().map(|address| (address, rule.spec.ports.clone())),
            HostPattern::Any | HostPattern::AnyDepth(_) | HostPattern::OneLabel(_) => None,
        })
    }

    /// The rules of one exact pattern, for the search for conflicts.
    pub fn groups(&self) -> impl Iterator<Item = Vec<&Rule>> {
        let places = self.exact.values().chain(self.one_label.values()).chain(self.any_depth.values());
        places.map(|places| places.iter().filter_map(|place| self.rules.get(*place)).collect())
    }

    /// The rules whose host pattern matches, the most specific first.
    pub fn find(&self, host: &Host) -> Vec<&Rule> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let rule = |place: &usize| self.rules.get(*place);
        let mut found: Vec<&Rule> = self.exact.get(host).into_iter().flatten().filter_map(rule).collect();
        let Some(name) = host.name().filter(|_| !self.one_label.is_empty() || !self.any_depth.is_empty()) else { return found };
        let mut above = name.as_str().split_once('.').map(|(_, apex)| apex);
        found.extend(above.and_then(|apex| self.one_label.get(apex)).into_iter().flatten().filter_map(rule));
        while let Some(apex) = above {
            found.extend(self.any_depth.get(apex).into_iter().flatten().filter_map(rule));
            above = apex.split_once('.').map(|(_, apex)| apex);
        }
        found
    }
}
