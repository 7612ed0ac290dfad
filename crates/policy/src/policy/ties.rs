//! Ties: allow rules of one host that are equally specific for some request and act differently.
//!
//! Two routes tie when they have as many literal segments and methods, may match one path by one method on one port, and
//! their rules differ in what they exempt or let through. Comparing every route with every other would make a manifest of
//! a megabyte take minutes, so only routes that may match one path meet at all: those of one outline by the text of their
//! literals, those of two outlines by the text of the literals that stand at the same places in both. What is left is
//! counted, and a policy that needs more than [`MOST_STEPS`] is a fault, for a search that is cut short proves nothing.

use super::Fault;
use crate::rule::path::Outline;
use crate::rule::{Actions, AuthSpec, CacheSpec, Extent, Handling, PortRange, Route, Rule, TlsSpec};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Steps of the search in one policy: under a second on one core, and far above what a manifest within its limits needs
/// unless its rules differ in their ports alone.
const MOST_STEPS: usize = 1 << 25;

/// What a step of sorting a route costs, where a comparison costs one.
const SORTING: usize = 16;

/// All ties of a policy, one fault for each rule that ties with an earlier one; `groups` are the rules of one host each.
pub(super) fn faults<'a>(groups: impl Iterator<Item = Vec<&'a Arc<Rule>>>) -> Vec<Fault> {
    within(MOST_STEPS, groups)
}

fn within<'a>(steps: usize, mut groups: impl Iterator<Item = Vec<&'a Arc<Rule>>>) -> Vec<Fault> {
    let mut search = Search { left: steps, found: BTreeMap::new() };
    let unsearched = groups.find_map(|group| search.group(&group).err().and_then(|TooMany| group.first().map(|rule| rule.place)));
    let mut faults: Vec<Fault> = search.found.into_iter().map(|(rule, first)| tie(rule, first)).collect();
    faults.extend(unsearched.map(|rule| {
        Fault {
            rule,
            field: "host".to_owned(),
            words:
                "too many rules for this host differ in private, tls, auth, encoded_slash or another option to tell which acts on a request; \
                merge those that name the same routes"
                    .to_owned(),
        }
    }));
    faults
}

fn tie(rule: usize, first: usize) -> Fault {
    let words = format!(
        "is as specific as rule {} but acts differently (private, tls, auth, encoded_slash or another option); merge the two or narrow one",
        first + 1
    );
    Fault { rule, field: "host".to_owned(), words }
}

/// The search took all the steps that it may.
struct TooMany;

/// What is left of the steps, and the ties so far: the later rule and the earlier one.
struct Search {
    left: usize,
    found: BTreeMap<usize, usize>,
}

/// A route with what the comparison needs of its rule.
#[derive(Clone, Copy)]
struct Entry<'a> {
    rule: &'a Rule,
    route: &'a Route,
    ports: &'a [PortRange],
    /// Tells what the route lets through, and its rule exempts, from what others do.
    acts: usize,
}

/// Routes of one outline.
struct Alike<'a> {
    outline: Outline,
    entries: Vec<Entry<'a>>,
    acts: BTreeSet<usize>,
}

impl<'a> Alike<'a> {
    fn of(outline: Outline, entries: Vec<Entry<'a>>) -> Self {
        let acts = entries.iter().map(|entry| entry.acts).collect();
        Self { outline, entries, acts }
    }
}

impl Search {
    fn step(&mut self, steps: usize) -> Result<(), TooMany> {
        self.left = self.left.checked_sub(steps).ok_or(TooMany)?;
        Ok(())
    }

    /// The rules of one host. Where all act alike, as in most policies, nothing is compared.
    fn group(&mut self, group: &[&Arc<Rule>]) -> Result<(), TooMany> {
        let ports: Vec<Vec<PortRange>> = group.iter().map(|rule| ports(rule)).collect();
        let (mut known, mut ways) = (HashMap::new(), HashMap::new());
        let mut ranks: BTreeMap<(usize, usize), BTreeMap<Outline, Vec<Entry<'_>>>> = BTreeMap::new();
        for (rule, ports) in group.iter().zip(&ports) {
            let acts = acts(rule, &mut known);
            for route in &rule.routes {
                let entry = Entry { rule, route, ports, acts: ways_of(acts, route, &mut ways) };
                let outline = route.path.outline();
                self.step(1 + outline.places())?;
                ranks.entry((route.path.literals(), route.methods.len())).or_default().entry(outline).or_default().push(entry);
            }
        }
        ranks.into_values().try_for_each(|rank| self.rank(rank))
    }

    /// Routes that are equally specific.
    fn rank(&mut self, rank: BTreeMap<Outline, Vec<Entry<'_>>>) -> Result<(), TooMany> {
        let all: Vec<Alike<'_>> = rank.into_iter().map(|(outline, entries)| Alike::of(outline, entries)).collect();
        for (index, one) in all.iter().enumerate() {
            if one.acts.len() > 1 {
                self.within(one)?;
            }
            for other in &all[index + 1..] {
                self.step(1)?;
                let act_alike = one.acts.len() == 1 && one.acts == other.acts;
                if !act_alike && one.outline.may_meet(&other.outline) {
                    self.between(one, other)?;
                }
            }
        }
        Ok(())
    }

    fn within(&mut self, one: &Alike<'_>) -> Result<(), TooMany> {
        for cell in self.cells(&one.entries, &one.outline, &one.outline)?.into_values() {
            for (index, (_, first)) in cell.iter().enumerate() {
                cell[index + 1..].iter().try_for_each(|(_, second)| self.pairs(first, second))?;
            }
        }
        Ok(())
    }

    fn between(&mut self, one: &Alike<'_>, other: &Alike<'_>) -> Result<(), TooMany> {
        let of_other = self.cells(&other.entries, &one.outline, &other.outline)?;
        for (text, cell) in self.cells(&one.entries, &one.outline, &other.outline)? {
            let Some(beside) = of_other.get(&text) else { continue };
            for (acts, first) in &cell {
                beside.iter().filter(|(others, _)| others != acts).try_for_each(|(_, second)| self.pairs(first, second))?;
            }
        }
        Ok(())
    }

    /// Entries by the text of their literals at the places that two outlines have in common, and within that by how they act.
    fn cells<'a>(&mut self, entries: &[Entry<'a>], one: &Outline, other: &Outline) -> Result<Cells<'a>, TooMany> {
        let mut cells: BTreeMap<Vec<&str>, BTreeMap<usize, Vec<Entry<'_>>>> = BTreeMap::new();
        for entry in entries {
            let text = entry.route.path.literals_at(one, other);
            self.step(SORTING + one.places().min(other.places()))?;
            cells.entry(text).or_default().entry(entry.acts).or_default().push(*entry);
        }
        Ok(cells.into_iter().map(|(text, cell)| (text, cell.into_iter().collect())).collect())
    }

    /// Routes that may match one path and act differently.
    fn pairs(&mut self, one: &[Entry<'_>], other: &[Entry<'_>]) -> Result<(), TooMany> {
        for first in one {
            for second in other {
                self.step(1 + first.ports.len() + second.ports.len())?;
                let (early, late) = (first.rule.place.min(second.rule.place), first.rule.place.max(second.rule.place));
                if early != late && meet(first.ports, second.ports) && first.route.methods.overlaps(&second.route.methods) {
                    let found = self.found.entry(late).or_insert(early);
                    *found = early.min(*found);
                }
            }
        }
        Ok(())
    }
}

/// Entries by text, and by how they act.
type Cells<'a> = BTreeMap<Vec<&'a str>, Vec<(usize, Vec<Entry<'a>>)>>;

/// What a rule does beside allowing.
type Acts<'a> = (&'a [IpNet], [bool; 4], Option<&'a TlsSpec>, Option<&'a AuthSpec>, &'a Actions, Option<CacheSpec>, &'a Handling);

/// How a rule acts, and what one of its routes adds to that.
type Ways<'a> = HashMap<(usize, bool, Extent, Option<&'a Handling>), usize>;

/// A number for what a rule does beside allowing: the same for two rules that act alike.
fn acts<'a>(rule: &'a Rule, known: &mut HashMap<Acts<'a>, usize>) -> usize {
    let next = known.len();
    let spec = &*rule.spec;
    let flags = [spec.override_headers, spec.forwarding_headers, spec.require, spec.redirect_body];
    *known.entry((&rule.exempt, flags, spec.tls.as_ref(), spec.auth.as_ref(), &spec.actions, spec.cache, &spec.handling)).or_insert(next)
}

/// The same for a route of such a rule.
fn ways_of<'a>(acts: usize, route: &'a Route, ways: &mut Ways<'a>) -> usize {
    let next = ways.len();
    *ways.entry((acts, route.encoded_slash, route.extent, route.handled.as_ref().map(|handled| &handled.spec))).or_insert(next)
}

/// The ports of a rule in order and without overlap.
fn ports(rule: &Rule) -> Vec<PortRange> {
    PortRange::merged(rule.spec.ports.clone().unwrap_or_else(|| vec![PortRange::single(443), PortRange::single(80)]))
}

/// Whether two merged lists of ports have one in common.
fn meet(mut one: &[PortRange], mut other: &[PortRange]) -> bool {
    while let ([first, rest @ ..], [second, others @ ..]) = (one, other) {
        if first.meets(*second) {
            return true;
        }
        if first.is_below(*second) { one = rest } else { other = others }
    }
    false
}

#[cfg(test)]
mod tests;
