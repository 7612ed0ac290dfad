//! Every check of a request that needs no address, in order: the one list that `decide` and `explain` walk.
//!
//! A new check is a file beside these, a line in [`CHECKS`] and a golden line in its tests.

mod ceiling;
mod closed;
mod credentials;
mod demands;
mod denied;
mod encoded_slash;
pub(crate) mod fields;
mod header_options;
mod headers;
mod label_budget;
mod method;
mod name;
mod reach;

pub use credentials::names_a_credential;

use crate::policy::{Found, Policy, Request};
use crate::rule::{AuthSpec, Route, Rule};
use crate::{Code, Denial};
use smallvec::SmallVec;
use std::sync::Arc;

/// Whether the law looks at a field by its name: it frames or routes, must be opted into, or may be a credential. All others are the
/// caller's own affair, but for what a rule demands.
#[must_use]
pub fn decides(name: &http::HeaderName) -> bool {
    fields::is_kernels(name) || credentials::may_be_credential(name)
}

/// One check: its name for people, the decision, and words for when it passed.
pub(crate) struct Check {
    pub name: &'static str,
    pub run: for<'a> fn(&mut Case<'a>) -> Result<(), Denial>,
    pub passed: fn(&Case<'_>) -> String,
}

/// The request before the policy, with what the checks have found so far.
pub(crate) struct Case<'a> {
    pub policy: &'a Policy,
    pub request: &'a Request,
    /// Whether a refusal names rules and routes. Deciding does without: the words cost more than the decision.
    pub in_words: bool,
    /// Fields that a rule must opt into, as `headers` found them on its one walk.
    pub optional_fields: fields::Optional<'a>,
    /// Allow rules that still fit; filled by `reach::host`, narrowed by scheme and port.
    pub rules: Found<'a>,
    /// Their routes that still fit; filled by `reach::path`, narrowed after.
    pub routes: SmallVec<[(&'a Arc<Rule>, &'a Route); 4]>,
}

impl<'a> Case<'a> {
    pub fn new(policy: &'a Policy, request: &'a Request, in_words: bool) -> Self {
        Self { policy, request, in_words, optional_fields: fields::Optional::default(), rules: Found::new(), routes: SmallVec::new() }
    }

    /// A refusal, in words only where somebody reads them.
    pub fn refusal(&self, code: Code, words: impl FnOnce() -> String) -> Denial {
        if self.in_words { Denial::new(code, words()) } else { Denial::new(code, code.about()) }
    }

    /// Puts one rule in the place of those that fit: what the report mode does where none does.
    pub fn fit_only(&mut self, rule: &'a Arc<Rule>) {
        self.rules = Found::from_elem(rule, 1);
        self.routes = rule.routes.iter().map(|route| (rule, route)).collect();
    }

    /// What is put into the request: the secret of its rule, else the one that the call asks for. A rule that names no host gives
    /// none.
    pub fn auth(&self) -> Option<&'a AuthSpec> {
        let (rule, _) = self.best()?;
        rule.auth_of(self.request)
    }

    /// The most specific of the rules and routes that fit: host, then literal segments, then fewer methods. Routes of one rule may still
    /// be alike; then a pattern that ends is more specific than one that goes on, and the longer one than the shorter.
    pub fn best(&self) -> Option<(&'a Arc<Rule>, &'a Route)> {
        self.routes.iter().copied().max_by_key(|(rule, route)| {
            (rule.host.specificity(), route.path.literals(), std::cmp::Reverse(route.methods.len()), route.path.places())
        })
    }
}

/// The checks, in the order in which they are made. Nothing that costs an upstream a query comes before the rules (I4).
pub(crate) const CHECKS: &[Check] = &[
    Check { name: "method", run: method::run, passed: method::passed },
    Check { name: "headers", run: headers::run, passed: headers::passed },
    Check { name: "lockdown", run: closed::run, passed: closed::passed },
    Check { name: "ceiling", run: ceiling::run, passed: ceiling::passed },
    Check { name: "deny rules", run: denied::run, passed: denied::passed },
    Check { name: "name", run: name::run, passed: name::passed },
    Check { name: "host rule", run: reach::host, passed: reach::host_passed },
    Check { name: "scheme", run: reach::scheme, passed: reach::scheme_passed },
    Check { name: "port", run: reach::port, passed: reach::port_passed },
    Check { name: "path", run: reach::path, passed: reach::path_passed },
    Check { name: "allowed method", run: reach::method, passed: reach::method_passed },
    Check { name: "encoded slash", run: encoded_slash::run, passed: encoded_slash::passed },
    Check { name: "header options", run: header_options::run, passed: header_options::passed },
    Check { name: "demands", run: demands::run, passed: demands::passed },
    Check { name: "credentials", run: credentials::run, passed: credentials::passed },
    Check { name: "label budget", run: label_budget::run, passed: label_budget::passed },
];
