//! A compiled policy: immutable, swapped whole. `decide` is the only maker of permits.

mod builder;
mod index;
mod mode;
mod nearest;
mod request;
mod ties;

pub use builder::{Builder, Fault};
pub use mode::{Ceiling, Closed, Mode, Reach};
pub use nearest::{Difference, Nearest};
pub use request::Request;

use crate::checks::{CHECKS, Case, Check};
use crate::permit::{Bounds, Permit};
use crate::rule::Rule;
use crate::target::Host;
use crate::{Code, Denial};
pub(crate) use index::Found;
use index::Index;
use std::sync::Arc;

/// What one app may reach. Without any rule it allows nothing (I9).
#[derive(Debug)]
pub struct Policy {
    allow: Index,
    pub(crate) deny: Index,
    pub(crate) ceiling: Option<Arc<Ceiling>>,
    pub(crate) closed: Option<Closed>,
    /// Set in the open and the denylist mode: a rule for every host, the least specific of all.
    open: Option<Arc<Rule>>,
    /// Set in the report mode: what holds where no allow rule matches.
    report: Option<Arc<Rule>>,
    bounds: Arc<Bounds>,
    hash: String,
}

/// What one check came to.
pub(crate) enum Step<'a> {
    Passed,
    /// It refused, and the report mode lets the request go all the same.
    Reported(&'a Denial),
    Refused(&'a Denial),
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
        let (allow, deny) = (Index::default(), Index::default());
        Self { allow, deny, ceiling: None, closed: None, open: None, report: None, bounds: Arc::default(), hash: String::new() }
    }

    /// The same policy, closed: it refuses every request, whatever its rules and its mode say, and keeps them for the day on
    /// which it is opened again.
    #[must_use]
    pub fn closed(self, closed: Option<Closed>) -> Self {
        Self { closed, ..self }
    }

    /// What tells this policy from every other: SHA-256 over its rules, mode and ceiling, in hexadecimal; empty for
    /// [`Policy::nothing`].
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Decides one effective request: with the method and headers that will really be sent (I2).
    ///
    /// # Errors
    /// The denial of the first check that refuses, in the order of the list in `checks.rs`. Its words are general; those
    /// of [`Policy::explain`] name the rules.
    pub fn decide(&self, request: Request) -> Result<Permit, Denial> {
        let mut case = Case::new(self, &request, false);
        let reported = self.judge(&mut case, |_, _, _| {})?;
        let (rule, route) = case.best().ok_or_else(|| Denial::new(Code::RuleNoHost, "no rule matches"))?;
        let (rule, route, extent) = (Arc::clone(rule), route.path.text(), route.extent);
        drop(case);
        Ok(Permit::new(request, (rule, route, extent), Arc::clone(&self.bounds), reported))
    }

    /// Walks the checks and tells `seen` of each; what the report mode let pass is returned.
    pub(crate) fn judge<'a>(
        &'a self,
        case: &mut Case<'a>,
        mut seen: impl FnMut(&Check, &Case<'a>, Step<'_>),
    ) -> Result<Option<Denial>, Denial> {
        let mut reported = None;
        for check in CHECKS {
            match ((check.run)(case), &self.report) {
                (Ok(()), _) => seen(check, case, Step::Passed),
                (Err(denial), Some(rule)) if denial.code().is_no_match() => {
                    case.fit_only(rule);
                    seen(check, case, Step::Reported(&denial));
                    reported.get_or_insert(denial);
                }
                (Err(denial), _) => {
                    seen(check, case, Step::Refused(&denial));
                    return Err(denial);
                }
            }
        }
        Ok(reported)
    }

    /// The allow rules whose host pattern matches, the most specific first. A host that one of them names is theirs to judge:
    /// the open mode's own rule stands only where there is none.
    pub(crate) fn allowing(&self, host: &Host) -> Found<'_> {
        let mut rules = self.allow.find(host);
        if rules.is_empty() {
            rules.extend(self.open.as_ref());
        }
        rules
    }
}
