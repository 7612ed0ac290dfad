//! What other rules would make of what was asked for: every kind of call decided by both, and the rules themselves compared. Pure.
//!
//! Where the log has no path, a verdict is given only where it holds for every path that the call may have had; else it is said that
//! there is none.

mod verdict;

use crate::past::{Call, Past, Tally};
use egret_policy::{Fault, Mode, Policy, Request, RuleSpec};
use http::{HeaderMap, Method};
use std::collections::BTreeMap;
use verdict::{Law, Verdict};

/// Rules as a whole: what a manifest or a file of rules says.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// How strict they are.
    pub mode: Mode,
    /// The rules.
    pub net: Vec<RuleSpec>,
}

/// What differs.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Rules that only the new ones have, in their order.
    pub added: Vec<RuleSpec>,
    /// Rules that only the old ones have.
    pub removed: Vec<RuleSpec>,
    /// Calls that the old rules refuse and the new ones allow, the most frequent first.
    pub reached: Vec<Replayed>,
    /// Calls that the old rules allow and the new ones refuse.
    pub refused: Vec<Replayed>,
    /// Calls of which it cannot be said, since the log has not their paths.
    pub unknown: Vec<Replayed>,
    /// Calls that both decide alike.
    pub unchanged: u64,
}

/// Calls that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Scheme, host, and the port where it is not the scheme's own.
    pub origin: String,
    /// The method.
    pub method: String,
    /// The path, or the template of the rule that let them go; nothing where neither is known.
    pub path: Option<String>,
    /// The code by which one of the two refuses; nothing where there is no verdict.
    pub code: Option<String>,
    /// How many, and when the last was.
    pub tally: Tally,
}

/// Why there is no comparison: one of the two contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// The rules that stand.
    Old(Vec<Fault>),
    /// Those that are compared with them.
    New(Vec<Fault>),
}

/// Compares.
///
/// # Errors
/// When the law does not take one of the two.
pub fn compare(past: &Past, old: &Rules, new: &Rules) -> Result<Comparison, Contradiction> {
    let (old_law, new_law) = (Law::build(old).map_err(Contradiction::Old)?, Law::build(new).map_err(Contradiction::New)?);
    let without = |rules: &Rules, others: &Rules| rules.net.iter().filter(|rule| !others.net.contains(rule)).cloned().collect::<Vec<_>>();
    let mut out = Comparison { added: without(new, old), removed: without(old, new), ..Comparison::default() };
    let touched = Touched::build(old, new, out.added.iter().chain(&out.removed)).map_err(Contradiction::New)?;
    let mut lists = Lists::default();
    for (call, tally) in &past.calls {
        if !touched.is_about(call) {
            out.unchanged += tally.calls;
            continue;
        }
        match (old_law.judge(call), new_law.judge(call)) {
            (Verdict::Allowed, Verdict::Allowed) | (Verdict::Refused(_), Verdict::Refused(_)) => out.unchanged += tally.calls,
            (Verdict::Refused(code), Verdict::Allowed) => lists.reached.add(call, tally, Some(code)),
            (Verdict::Allowed, Verdict::Refused(code)) => lists.refused.add(call, tally, Some(code)),
            (Verdict::Unknown, _) | (_, Verdict::Unknown) => lists.unknown.add(call, tally, None),
        }
    }
    (out.reached, out.refused, out.unknown) = (lists.reached.sorted(), lists.refused.sorted(), lists.unknown.sorted());
    Ok(out)
}

/// Which calls the difference can be about: where no rule that names their host was added or removed, both decide alike, whatever
/// the path.
struct Touched {
    /// Refuses every host that such a rule names; nothing where the modes differ.
    changed: Option<Policy>,
}

impl Touched {
    fn build<'a>(old: &Rules, new: &Rules, changed: impl Iterator<Item = &'a RuleSpec>) -> Result<Self, Vec<Fault>> {
        // A mode is data without a comparison of its own.
        if format!("{:?}", old.mode) != format!("{:?}", new.mode) {
            return Ok(Self { changed: None });
        }
        Ok(Self { changed: Some(Policy::builder().rules(changed.map(verdict::whole_host)).build()?) })
    }

    fn is_about(&self, call: &Call) -> bool {
        let Some(changed) = &self.changed else { return true };
        let Ok(probe) = Request::parse(Method::GET, &call.origin(), HeaderMap::new()) else { return false };
        verdict::denies(changed, probe)
    }
}

#[derive(Default)]
struct Lists {
    reached: List,
    refused: List,
    unknown: List,
}

/// Calls by how they are shown: what became of them then does not tell them apart.
#[derive(Default)]
struct List(BTreeMap<(String, Option<String>, String), Replayed>);

impl List {
    fn add(&mut self, call: &Call, tally: &Tally, code: Option<String>) {
        let (origin, method, path) = (call.origin(), call.method.clone(), call.path.clone().or_else(|| call.route.clone()));
        let known = self.0.entry((origin.clone(), path.clone(), method.clone()));
        let tally = tally.clone();
        known.and_modify(|known| known.tally.add(&tally)).or_insert(Replayed { origin, method, path, code, tally });
    }

    fn sorted(self) -> Vec<Replayed> {
        let mut all: Vec<Replayed> = self.0.into_values().collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.tally.calls));
        all
    }
}

#[cfg(test)]
mod tests;
