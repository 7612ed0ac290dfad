//! Building a policy: every rule compiled, every fault of every rule reported at once, ties that act differently refused.

use super::{Ceiling, Mode, Policy, ties};
use crate::address::Nat64;
use crate::permit::Bounds;
use crate::rule::handled::middleware_fault;
use crate::rule::{Rule, RuleSpec};
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
    middleware: Vec<String>,
    asks_hook: bool,
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

    /// Names the middleware of every request, from the outside in.
    #[must_use]
    pub fn middleware<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.middleware.extend(names.into_iter().map(Into::into));
        self
    }

    /// Leaves requests to hosts that no rule names to the kernel's policy hook. Without one they are refused as ever.
    #[must_use]
    pub fn ask_hook(mut self) -> Self {
        self.asks_hook = true;
        self
    }

    /// Checks and compiles everything.
    ///
    /// # Errors
    /// All faults of all rules.
    pub fn build(self) -> Result<Policy, Vec<Fault>> {
        let mut policy = Policy { hash: self.hash(), ceiling: self.ceiling, ..Policy::nothing() };
        let mut faults = mode_faults(&self.mode, &self.rules);
        policy.asked = self.asks_hook.then(|| Arc::new(Rule::asked()));
        faults.extend(middleware_fault(&self.middleware).map(|words| Fault { rule: 0, field: "defaults.middleware".to_owned(), words }));
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
        policy.bounds = Arc::new(Bounds {
            denied: policy.deny.addresses().chain(of_ceiling).collect(),
            nat64: self.nat64,
            middleware: self.middleware,
        });
        policy.has_hooks = !policy.bounds.middleware.is_empty() || policy.allow.rules().any(|rule| rule.acts());
        faults.extend(ties::faults(policy.allow.groups()));
        faults.sort_by_key(|fault| fault.rule);
        if faults.is_empty() { Ok(policy) } else { Err(faults) }
    }

    fn hash(&self) -> String {
        let mut hash = Sha256::new();
        self.rules.iter().for_each(|rule| hash.update(rule.to_toml("net")));
        hash.update(format!("{:?}{:?}", self.mode, self.nat64));
        if self.asks_hook || !self.middleware.is_empty() {
            hash.update(format!("{:?}{}", self.middleware, self.asks_hook));
        }
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
