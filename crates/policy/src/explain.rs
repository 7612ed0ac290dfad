//! Why, in full: every check with its outcome, by the same list that decides.

use crate::change::Change;
use crate::checks::{CHECKS, Case};
use crate::policy::{Decision, Nearest, Policy, Request, Step};
use crate::{Denial, Surroundings, Target};
use http::{HeaderMap, Method};

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passed; the words say on what grounds.
    Passed(String),
    /// It would refuse, and the report mode lets the request go all the same.
    Reported(Denial),
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
    /// The allow rule that comes nearest, and in what the request differs from it.
    pub nearest: Option<Nearest>,
    /// The smallest change of the manifest that would allow the request, if one can.
    pub change: Option<Change>,
}

impl Explanation {
    /// The refusal, if there is one.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial> {
        self.checks.iter().find_map(|report| match &report.outcome {
            Outcome::Refused(denial) => Some(denial),
            Outcome::Passed(_) | Outcome::Reported(_) | Outcome::NotEvaluated(_) => None,
        })
    }
}

impl Policy {
    /// Explains a request without sending anything: no DNS query leaves (I4), so the addresses of a name stay "not evaluated". An
    /// address that stands in the URL is judged, but for what only the kernel knows: which are the machine's own.
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
        let nearest = self.nearest(&request);
        let change = denial.as_ref().and_then(|denial| self.change_for(&request, denial));
        Explanation { target: Some(request.target().clone()), checks, nearest, change }
    }

    /// The refusal of a request in words that name rules, without what else an explanation costs: for the log of each refusal.
    #[must_use]
    pub fn refusal_in_words(&self, request: &Request) -> Option<Denial> {
        self.judge(&mut Case::new(self, request, true), |_, _, _| {}).err()
    }

    fn walk(&self, request: &Request, checks: &mut Vec<CheckReport>) -> Option<Denial> {
        let mut case = Case::new(self, request, true);
        let first = checks.len();
        let judged = self.judge(&mut case, |check, case, step| {
            let outcome = match step {
                Step::Passed => Outcome::Passed((check.passed)(case)),
                Step::Reported(denial) => Outcome::Reported(denial.clone()),
                Step::Asked => Outcome::NotEvaluated("no rule names the host: the policy hook is asked when it is called"),
                Step::Refused(denial) => Outcome::Refused(denial.clone()),
            };
            checks.push(CheckReport { check: check.name, outcome });
        });
        let made = checks.len() - first;
        checks.extend(CHECKS.iter().skip(made).map(|check| skipped(check.name, "an earlier check refused")));
        let addresses = match &judged {
            Err(_) => Ok(skipped("addresses", "an earlier check refused")),
            Ok(_) => self.addresses(request),
        };
        let denial = judged.err().or_else(|| addresses.as_ref().err().cloned());
        checks.push(addresses.unwrap_or_else(|denial| CheckReport { check: "addresses", outcome: Outcome::Refused(denial) }));
        denial
    }

    /// The addresses of a request that everything else allows.
    fn addresses(&self, request: &Request) -> Result<CheckReport, Denial> {
        let Some(address) = request.target().host().address() else {
            return Ok(skipped("addresses", "checked when dialling; explaining asks no DNS"));
        };
        let permit = match self.decide_or_ask(request.clone())? {
            Decision::Permit(permit) => permit,
            Decision::Ask(question) => question.allow(),
        };
        permit.admit(&[address], &Surroundings::default())?;
        let words = format!("{address} is public, or exempted by its rule; that it is not this machine's own is seen when dialling");
        Ok(CheckReport { check: "addresses", outcome: Outcome::Passed(words) })
    }
}

fn skipped(check: &'static str, why: &'static str) -> CheckReport {
    CheckReport { check, outcome: Outcome::NotEvaluated(why) }
}
