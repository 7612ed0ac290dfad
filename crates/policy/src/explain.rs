//! Why, in full: every check with its outcome, by the same list that decides.

use crate::change::Change;
use crate::checks::{CHECKS, Case};
use crate::policy::{Policy, Request};
use crate::{Denial, Target};
use http::{HeaderMap, Method};

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passed; the words say on what grounds.
    Passed(String),
    /// It refused.
    Refused(Denial),
    /// It was not made; the words say why.
    NotEvaluated(&'static str),
}

/// One check and what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// The check's name for people.
    pub check: &'static str,
    /// What it found.
    pub outcome: Outcome,
}

/// The whole story of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The canonical URL, if the URL could be read.
    pub target: Option<Target>,
    /// Every check, in order.
    pub checks: Vec<CheckReport>,
    /// The most specific rule that names the host, as written.
    pub nearest: Option<String>,
    /// The smallest change of the manifest that would allow the request, if one can.
    pub change: Option<Change>,
}

impl Explanation {
    /// The refusal, if there is one.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial> {
        self.checks.iter().find_map(|report| match &report.outcome {
            Outcome::Refused(denial) => Some(denial),
            Outcome::Passed(_) | Outcome::NotEvaluated(_) => None,
        })
    }
}

impl Policy {
    /// Explains a request without sending anything: no DNS query leaves (I4), addresses stay "not evaluated".
    #[must_use]
    pub fn explain(&self, method: &Method, url: &str, headers: &HeaderMap) -> Explanation {
        let mut checks = Vec::new();
        let target = match Target::parse(url) {
            Ok(target) => target,
            Err(denial) => {
                checks.push(CheckReport { check: "url", outcome: Outcome::Refused(denial) });
                checks.extend(CHECKS.iter().map(|check| skipped(check.name, "the URL was refused")));
                checks.push(skipped("addresses", "the URL was refused"));
                return Explanation { target: None, checks, nearest: None, change: None };
            }
        };
        checks.push(CheckReport { check: "url", outcome: Outcome::Passed(target.to_string()) });
        let request = Request::new(method.clone(), target, headers.clone());
        let denial = self.walk(&request, &mut checks);
        let nearest = self.allowing(request.target().host()).first().map(|rule| rule.host.to_string());
        let change = denial.as_ref().and_then(|denial| Change::for_denial(&request, denial));
        Explanation { target: Some(request.target().clone()), checks, nearest, change }
    }

    fn walk(&self, request: &Request, checks: &mut Vec<CheckReport>) -> Option<Denial> {
        let mut case = Case::new(self, request);
        let mut refused = None;
        for check in CHECKS {
            if refused.is_some() {
                checks.push(skipped(check.name, "an earlier check refused"));
                continue;
            }
            let outcome = match (check.run)(&mut case) {
                Ok(()) => Outcome::Passed((check.passed)(&case)),
                Err(denial) => {
                    refused = Some(denial.clone());
                    Outcome::Refused(denial)
                }
            };
            checks.push(CheckReport { check: check.name, outcome });
        }
        checks.push(skipped(
            "addresses",
            if refused.is_some() { "an earlier check refused" } else { "checked when dialling; explaining asks no DNS" },
        ));
        refused
    }
}

fn skipped(check: &'static str, why: &'static str) -> CheckReport {
    CheckReport { check, outcome: Outcome::NotEvaluated(why) }
}
