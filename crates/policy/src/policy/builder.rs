//! Building a policy: every rule compiled, every fault of every rule reported at once, ties that act differently refused.

use super::Policy;
use crate::address::Nat64;
use crate::rule::{PortRange, Route, Rule, RuleSpec};
use http::Method;
use std::fmt;
use std::sync::Arc;

/// A fault in the rules: which rule, which of its fields, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule's place in the order in which rules were added, from 0.
    pub rule: usize,
    /// The field as a manifest writes it, for example `routes[1].path`.
    pub field: String,
    /// What is wrong and what to write instead.
    pub words: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {}, {}: {}", self.rule + 1, self.field, self.words)
    }
}

/// What the open mode reaches where no rule names the host. Addresses are judged as ever.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Ports.
    pub ports: Vec<PortRange>,
    /// Whether plain http is refused.
    pub https_only: bool,
    /// Methods; `None` means the default ones.
    pub methods: Option<Vec<Method>>,
}

/// Collects rules; nothing is allowed until something is added.
#[derive(Debug, Default)]
pub struct Builder {
    rules: Vec<RuleSpec>,
    open: Option<Reach>,
    nat64: Vec<Nat64>,
}

impl Builder {
    /// Adds one rule.
    #[must_use]
    pub fn rule(mut self, rule: RuleSpec) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds rules.
    #[must_use]
    pub fn rules(mut self, rules: impl IntoIterator<Item = RuleSpec>) -> Self {
        self.rules.extend(rules);
        self
    }

    /// Opens every host within the given reach. Opt-in, and loudly shown by whoever offers it.
    #[must_use]
    pub fn open(mut self, reach: Reach) -> Self {
        self.open = Some(reach);
        self
    }

    /// Declares a NAT64 prefix of the operator's network.
    #[must_use]
    pub fn nat64(mut self, prefix: Nat64) -> Self {
        self.nat64.push(prefix);
        self
    }

    /// Checks and compiles everything.
    ///
    /// # Errors
    /// All faults of all rules.
    pub fn build(self) -> Result<Policy, Vec<Fault>> {
        let mut policy = Policy { nat64: self.nat64.into(), open: self.open.map(|reach| Arc::new(Rule::open(reach))), ..Policy::nothing() };
        let mut faults = Vec::new();
        for (place, spec) in self.rules.into_iter().enumerate() {
            match Rule::compile(place, spec) {
                Ok(rule) => if rule.spec.deny { &mut policy.deny } else { &mut policy.allow }.add(rule),
                Err(fields) => faults.extend(fields.into_iter().map(|(field, words)| Fault { rule: place, field, words })),
            }
        }
        faults.extend(policy.allow.groups().flat_map(|group| ties(&group)));
        faults.sort_by_key(|fault| fault.rule);
        if faults.is_empty() { Ok(policy) } else { Err(faults) }
    }
}

/// Pairs of allow rules of one host that are equally specific for some request but act differently.
fn ties(group: &[&Rule]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, first) in group.iter().enumerate() {
        for second in &group[index + 1..] {
            let act_alike = first.exempt == second.exempt;
            let tie = first
                .routes
                .iter()
                .any(|a| second.routes.iter().any(|b| equally_specific(a, b) && (!act_alike || a.encoded_slash != b.encoded_slash)));
            if tie && overlap(first, second) {
                let words = format!(
                    "is as specific as rule {} but acts differently (private or encoded_slash); merge the two or narrow one",
                    first.place + 1
                );
                faults.push(Fault { rule: second.place, field: "host".to_owned(), words });
            }
        }
    }
    faults
}

/// Patterns of different shape but equal rank can match one path too; they are told apart only by their text here, so
/// equal rank with any overlap of methods counts as a tie.
fn equally_specific(a: &Route, b: &Route) -> bool {
    a.path.literals() == b.path.literals()
        && a.path.may_meet(&b.path)
        && a.methods.len() == b.methods.len()
        && a.methods.overlaps(&b.methods)
}

fn overlap(a: &Rule, b: &Rule) -> bool {
    let ports = |rule: &Rule| rule.spec.ports.clone().unwrap_or_else(|| vec![PortRange::single(443), PortRange::single(80)]);
    ports(a).iter().any(|range| ports(b).iter().any(|other| range.meets(*other)))
}
