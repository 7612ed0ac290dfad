//! Rules by host: a lookup costs one hash a label of the asked name, however many rules there are.

use super::Request;
use crate::rule::host::HostPattern;
use crate::rule::{PortRange, Route, Rule};
use crate::target::{Host, readings};
use foldhash::fast::RandomState;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Rules that match a host. Hardly ever more than a few, which then cost no allocation.
pub(crate) type Found<'a> = SmallVec<[&'a Arc<Rule>; 4]>;

/// Compiled rules, found by host.
///
/// The keys are the owner's, what is looked up is a guest's: nobody who may choose one chooses the other, so the hash need
/// not withstand chosen keys. Its seed is random all the same.
#[derive(Debug, Default)]
pub(crate) struct Index {
    rules: Vec<Arc<Rule>>,
    names: HashMap<Box<str>, Places, RandomState>,
    addresses: HashMap<IpAddr, Vec<usize>, RandomState>,
    /// Whether some rule has a wildcard: without one, the labels above a name need no look.
    has_wildcards: bool,
}

/// The places of the rules that are written with one name, by what they mean by it.
#[derive(Debug, Default)]
struct Places {
    exact: Vec<usize>,
    one_label: Vec<usize>,
    any_depth: Vec<usize>,
}

impl Index {
    pub fn add(&mut self, rule: Rule) {
        let place = self.rules.len();
        match &rule.host {
            HostPattern::Exact(Host::Name(name)) => self.places(name.as_str()).exact.push(place),
            HostPattern::Exact(Host::V4(address)) => self.addresses.entry(IpAddr::V4(*address)).or_default().push(place),
            HostPattern::Exact(Host::V6(address)) => self.addresses.entry(IpAddr::V6(*address)).or_default().push(place),
            HostPattern::OneLabel(apex) => self.places(apex.as_str()).one_label.push(place),
            HostPattern::AnyDepth(apex) => self.places(apex.as_str()).any_depth.push(place),
            // The open mode's own rule lies beside the index.
            HostPattern::Any => {}
        }
        self.has_wildcards |= !matches!(rule.host, HostPattern::Exact(_));
        self.rules.push(Arc::new(rule));
    }

    fn places(&mut self, name: &str) -> &mut Places {
        self.names.entry(name.into()).or_default()
    }

    /// The deny rule and route that match a request, if one does: any scheme, the path by its meaning.
    pub fn denial_of(&self, request: &Request) -> Option<(&Arc<Rule>, &Route)> {
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

    /// All rules, in the order in which they were added.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.iter()
    }

    /// The rules of one exact pattern, for the search for conflicts.
    pub fn groups(&self) -> impl Iterator<Item = Vec<&Arc<Rule>>> {
        let of_names = self.names.values().flat_map(|places| [&places.exact, &places.one_label, &places.any_depth]);
        of_names.chain(self.addresses.values()).map(|places| places.iter().filter_map(|place| self.rules.get(*place)).collect())
    }

    /// The rules whose host pattern matches, the most specific first.
    pub fn find(&self, host: &Host) -> Found<'_> {
        let mut found = Found::new();
        if self.rules.is_empty() {
            return found;
        }
        let mut add = |places: &[usize]| found.extend(places.iter().filter_map(|place| self.rules.get(*place)));
        let Some(name) = host.name().map(crate::Name::as_str) else {
            host.address().and_then(|address| self.addresses.get(&address)).into_iter().for_each(|places| add(places));
            return found;
        };
        self.names.get(name).into_iter().for_each(|places| add(&places.exact));
        let above = |name: &'_ str| name.find('.').map(|dot| dot + 1);
        let mut start = above(name).filter(|_| self.has_wildcards);
        let mut is_parent = true;
        while let Some(from) = start {
            let apex = &name[from..];
            if let Some(places) = self.names.get(apex) {
                add(if is_parent { &places.one_label } else { &[] });
                add(&places.any_depth);
            }
            is_parent = false;
            start = above(apex).map(|dot| from + dot);
        }
        found
    }
}
