//! A compiled policy: immutable, swapped whole. `decide` is the only maker of permits.

mod builder;
mod index;
mod request;

pub use builder::{Builder, Fault, Reach};
pub use request::Request;

use crate::address::Nat64;
use crate::checks::{CHECKS, Case};
use crate::permit::Permit;
use crate::rule::Rule;
use crate::target::Host;
use crate::{Code, Denial};
use index::Index;
use std::sync::Arc;

/// What one app may reach. Without any rule it allows nothing (I9).
#[derive(Debug)]
pub struct Policy {
    allow: Index,
    deny: Index,
    /// Set in the open mode: what holds where no allow rule names the host.
    open: Option<Arc<Rule>>,
    nat64: Arc<[Nat64]>,
}

impl Policy {
    /// Begins a policy; what is added to it is checked by [`Builder::build`], all faults at once.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The policy of an app that asked for nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self { allow: Index::default(), deny: Index::default(), open: None, nat64: Arc::from([]) }
    }

    /// Decides one effective request: with the method and headers that will really be sent (I2).
    ///
    /// # Errors
    /// The denial of the first check that refuses, in the order of the list in `checks.rs`.
    pub fn decide(&self, request: Request) -> Result<Permit, Denial> {
        let mut case = Case::new(self, &request);
        for check in CHECKS {
            (check.run)(&mut case)?;
        }
        let (rule, route) = case.best().ok_or_else(|| Denial::new(Code::RuleNoHost, "no rule matches"))?;
        let (spec, exempt, route) = (Arc::clone(&rule.spec), Arc::clone(&rule.exempt), route.path.as_str().into());
        Ok(Permit::new(request, spec, route, exempt, Arc::clone(&self.nat64)))
    }

    /// The allow rules whose host pattern matches, the most specific first.
    pub(crate) fn allowing(&self, host: &Host) -> Vec<&Rule> {
        let mut rules = self.allow.find(host);
        rules.extend(self.open.as_deref());
        rules
    }

    /// The deny rules whose host pattern matches.
    pub(crate) fn denying(&self, host: &Host) -> Vec<&Rule> {
        self.deny.find(host)
    }
}
