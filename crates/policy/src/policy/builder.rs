//! Building a policy: every rule compiled, every fault of every rule reported at once, ties that act differently refused.

use super::{Ceiling, Mode, Policy};
use crate::address::Nat64;
use crate::permit::Bounds;
use crate::rule::{PortRange, Route, Rule, RuleSpec};
use sha2::{Digest, Sha256};
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

/// Collects rules; nothing is allowed until something is added.
#[derive(Debug, Default)]
pub struct Builder {
    rules: Vec<RuleSpec>,
    mode: Mode,
    ceiling: Option<Arc<Ceiling>>,
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

    /// Sets how strict the policy is.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Bounds the policy from above.
    #[must_use]
    pub fn ceiling(mut self, ceiling: Arc<Ceiling>) -> Self {
        self.ceiling = Some(ceiling);
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
        let mut policy = Policy { hash: self.hash(), ceiling: self.ceiling, ..Policy::nothing() };
        let mut faults = mode_faults(&self.mode, &self.rules);
        match self.mode {
            Mode::Enforce => {}
            Mode::Report => policy.report = Some(Arc::new(Rule::any())),
            Mode::Open(reach) | Mode::Denylist(reach) => policy.open = Some(Arc::new(Rule::open(reach))),
        }
        for (place, spec) in self.rules.into_iter().enumerate() {
            match Rule::compile(place, spec) {
                Ok(rule) => if rule.spec.deny { &mut policy.deny } else { &mut policy.allow }.add(rule),
                Err(fields) => faults.extend(fields.into_iter().map(|(field, words)| Fault { rule: place, field, words })),
            }
        }
        let of_ceiling = policy.ceiling.iter().flat_map(|ceiling| ceiling.deny.addresses());
        policy.bounds = Arc::new(Bounds { denied: policy.deny.addresses().chain(of_ceiling).collect(), nat64: self.nat64 });
        faults.extend(policy.allow.groups().flat_map(|group| ties(&group)));
        faults.sort_by_key(|fault| fault.rule);
        if faults.is_empty() { Ok(policy) } else { Err(faults) }
    }

    fn hash(&self) -> String {
        let mut hash = Sha256::new();
        self.rules.iter().for_each(|rule| hash.update(rule.to_toml("net")));
        hash.update(format!("{:?}{:?}", self.mode, self.nat64));
        self.ceiling.iter().for_each(|ceiling| hash.update(&ceiling.text));
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A denylist with allow rules, or without deny rules, is not what its author believes it to be.
fn mode_faults(mode: &Mode, rules: &[RuleSpec]) -> Vec<Fault> {
    if !matches!(mode, Mode::Denylist(_)) {
        return Vec::new();
    }
    let fault = |rule, words: &str| Fault { rule, field: "mode".to_owned(), words: words.to_owned() };
    let allowing = rules.iter().enumerate().filter(|(_, rule)| !rule.deny);
    let mut faults: Vec<Fault> = allowing
        .map(|(place, _)| fault(place, "a denylist has no allow rules: everything else is allowed; remove the rule or enforce"))
        .collect();
    if !rules.iter().any(|rule| rule.deny) {
        faults.push(fault(0, "a denylist without a deny rule allows everything; write mode = \"open\" if that is meant"));
    }
    faults
}

/// Pairs of allow rules of one host that are equally specific for some request but act differently.
fn ties(group: &[&Arc<Rule>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    // Rules that act alike in everything cannot tie in a way that matters; most groups are such.
    let acts = |rule: &Rule| {
        let options = (rule.spec.override_headers, rule.spec.forwarding_headers, rule.spec.tls.clone());
        (rule.exempt.clone(), options, rule.routes.iter().any(|route| route.encoded_slash))
    };
    let first_acts = group.first().map(|rule| acts(rule));
    if group.iter().all(|rule| Some(acts(rule)) == first_acts && !acts(rule).2) {
        return faults;
    }
    for (index, first) in group.iter().enumerate() {
        for second in &group[index + 1..] {
            let options = |rule: &Rule| (rule.spec.override_headers, rule.spec.forwarding_headers, rule.spec.tls.clone());
            let act_alike = first.exempt == second.exempt && options(first) == options(second);
            let tied = |a: &Route, b: &Route| equally_specific(a, b) && (!act_alike || a.encoded_slash != b.encoded_slash);
            if overlap(first, second) && first.routes.iter().any(|a| second.routes.iter().any(|b| tied(a, b))) {
                let words = format!(
                    "is as specific as rule {} but acts differently (private, tls, encoded_slash or a header option); merge the two or narrow one",
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
