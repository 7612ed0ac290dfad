//! A compiled policy: immutable, swapped whole. `decide` is the only maker of permits.

mod builder;
mod decision;
mod index;
mod mode;
mod nearest;
mod request;
mod ties;

pub use builder::{Builder, Fault};
pub use decision::{Decision, Question};
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
    /// Set where requests to hosts that no rule names are left to the policy hook: what holds for them.
    asked: Option<Arc<Rule>>,
    bounds: Arc<Bounds>,
    has_hooks: bool,
    hash: String,
}

/// What one check came to.
pub(crate) enum Step<'a> {
    Passed,
    /// It refused, and the report mode lets the request go all the same.
    Reported(&'a Denial),
    /// It would refuse, and leaves that to the policy hook.
    Asked,
    Refused(&'a Denial),
}

/// What all checks came to, where none refused.
pub(crate) enum Verdict {
    /// It is allowed, with what the report mode let pass.
    Allowed(Option<Denial>),
    /// Everything but the rules allows it, and they leave it to the policy hook.
    Asked,
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
        Self {
            allow,
            deny,
            ceiling: None,
            closed: None,
            open: None,
            report: None,
            asked: None,
            bounds: Arc::default(),
            has_hooks: false,
            hash: String::new(),
        }
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
    ///
    /// What is left to the policy hook is refused here: [`Policy::decide_or_ask`] tells it apart.
    pub fn decide(&self, request: Request) -> Result<Permit, Denial> {
        match self.decide_or_ask(request)? {
            Decision::Permit(permit) => Ok(permit),
            Decision::Ask(_) => Err(Denial::new(Code::RuleNoHost, Code::RuleNoHost.about())),
        }
    }

    /// Decides one effective request, or leaves it to the policy hook where [`Builder::ask_hook`] says so and no rule claims its host.
    ///
    /// # Errors
    /// As [`Policy::decide`]; a question comes only where everything but the rules has allowed the request.
    pub fn decide_or_ask(&self, request: Request) -> Result<Decision, Denial> {
        let mut case = Case::new(self, &request, false);
        let verdict = self.judge(&mut case, |_, _, _| {})?;
        let (rule, route) = case.best().ok_or_else(|| Denial::new(Code::RuleNoHost, "no rule matches"))?;
        let (rule, route) = (Arc::clone(rule), (route.place, route.path.text()));
        drop(case);
        let bounds = Arc::clone(&self.bounds);
        match verdict {
            Verdict::Asked => Ok(Decision::Ask(Question::new(request, rule, bounds))),
            Verdict::Allowed(reported) => Ok(Decision::Permit(Permit::new(request, rule, route, bounds, reported))),
        }
    }

    /// Whether a request that was allowed still is: by a rule, or, if it was the policy hook, because no rule claims it now either.
    ///
    /// # Errors
    /// As [`Policy::decide`].
    pub fn still_allows(&self, request: &Request) -> Result<(), Denial> {
        match self.judge(&mut Case::new(self, request, false), |_, _, _| {})? {
            Verdict::Asked if !request.is_by_hook() => Err(Denial::new(Code::RuleNoHost, Code::RuleNoHost.about())),
            Verdict::Asked | Verdict::Allowed(_) => Ok(()),
        }
    }

    /// Whether anything is done with some request beside sending it: one look, however many rules there are.
    #[must_use]
    pub fn has_hooks(&self) -> bool {
        self.has_hooks
    }

    /// Every name of middleware that it gives.
    pub fn middleware(&self) -> impl Iterator<Item = &str> {
        let of_rules = self.allow.rules().flat_map(|rule| {
            let of_routes = rule.spec.routes.iter().flatten().flat_map(|route| &route.handling.middleware);
            rule.spec.handling.middleware.iter().chain(of_routes)
        });
        self.bounds.middleware.iter().chain(of_rules).map(String::as_str)
    }

    /// Walks the checks and tells `seen` of each.
    pub(crate) fn judge<'a>(&'a self, case: &mut Case<'a>, mut seen: impl FnMut(&Check, &Case<'a>, Step<'_>)) -> Result<Verdict, Denial> {
        let (mut reported, mut asked) = (None, false);
        for check in CHECKS {
            match ((check.run)(case), &self.report) {
                (Ok(()), _) => seen(check, case, Step::Passed),
                (Err(denial), _)
                    if denial.code() == Code::RuleNoHost
                        && let Some(rule) = &self.asked =>
                {
                    case.fit_only(rule);
                    seen(check, case, Step::Asked);
                    asked = true;
                }
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
        Ok(if asked { Verdict::Asked } else { Verdict::Allowed(reported) })
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
