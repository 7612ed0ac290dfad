//! How strict a policy is, and what bounds it from above.

use super::Index;
use crate::rule::{PortRange, Rule, RuleSpec};
use http::Method;

/// How strict a policy is. In every mode malformed URLs, the address guard, deny rules, the ceiling, framing, limits and
/// downgrades refuse.
#[derive(Clone, Debug, Default)]
pub enum Mode {
    /// What no rule allows is refused.
    #[default]
    Enforce,
    /// What no rule allows is let through and reported; such a call gets no exemption, no secret and no cache.
    Report,
    /// Every public host within the reach. Opt-in, and loudly shown by whoever offers it.
    Open(Reach),
    /// The same but for what deny rules name; there must be one, and no allow rule, which would say nothing.
    Denylist(Reach),
}

/// What the open modes reach where no rule names the host. Addresses are judged as ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Ports.
    pub ports: Vec<PortRange>,
    /// Whether plain http is refused.
    pub https_only: bool,
    /// Methods; `None` means the default ones.
    pub methods: Option<Vec<Method>>,
}

impl Default for Reach {
    /// https on its own port, with the default methods.
    fn default() -> Self {
        Self { ports: vec![PortRange::single(443)], https_only: true, methods: None }
    }
}

/// Why an owner has closed a policy. Nothing is allowed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The network is locked down for all apps.
    Everywhere,
    /// It is locked down for this app.
    App,
    /// The app is paused.
    Paused,
}

/// What no app's policy on a server can lift: deny rules, and a set of hosts that all must lie in.
#[derive(Debug)]
pub struct Ceiling {
    pub(crate) deny: Index,
    pub(crate) hosts: Option<Index>,
    pub(super) text: String,
}

impl Ceiling {
    /// Compiles a ceiling. `hosts` are host patterns; `None` means every host, an empty list means none.
    ///
    /// # Errors
    /// All faults, in words.
    pub fn build(deny: Vec<RuleSpec>, hosts: Option<Vec<String>>) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let text = format!("{}{hosts:?}", deny.iter().map(|rule| rule.to_toml("deny")).collect::<String>());
        let deny = deny.into_iter().map(|rule| RuleSpec { deny: true, ..rule });
        let deny = compile(deny, &mut faults);
        let hosts = hosts.map(|hosts| compile(hosts.into_iter().map(RuleSpec::host), &mut faults));
        if faults.is_empty() { Ok(Self { deny, hosts, text }) } else { Err(faults) }
    }
}

fn compile(rules: impl Iterator<Item = RuleSpec>, faults: &mut Vec<String>) -> Index {
    let mut index = Index::default();
    for (place, spec) in rules.enumerate() {
        match Rule::compile(place, spec) {
            Ok(rule) => index.add(rule),
            Err(fields) => faults.extend(fields.into_iter().map(|(field, words)| format!("{field}: {words}"))),
        }
    }
    index
}
