//! From what was refused, or reported, to the smallest rules that would have let it go. Pure: it proposes and changes nothing.
//!
//! A proposal names one host exactly, its ports, the methods that were seen, and path templates found from the paths that were seen
//! (`learn/template.rs`). What it claims to cover it does cover: every claim is decided by the app's rules and the proposals together,
//! and what is refused all the same is no claim. What an owner alone may decide is never proposed; it is left, with its reason.
//!
//! Deliberately absent: wildcards over hosts, addresses, plain http, exemptions of addresses that no rule of the app has already.

mod left;
mod routes;
mod segment;
mod template;

pub use left::{Left, Why};
pub use routes::Route;
pub use template::{Segment, Template};

use crate::past::{Call, Fate, Past, Tally};
use egret_policy::{Change, Denial, Fault, Policy, Request, RouteSpec, RuleSpec};
use left::Rest;
use routes::Asked;
use std::collections::BTreeMap;
use std::time::SystemTime;

/// Hosts that are proposed at once, those with the most calls: nobody reviews more.
pub const HOSTS: usize = 200;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Learned {
    /// Rules to review, by host and port.
    pub proposals: Vec<Proposal>,
    /// What no rule is proposed for.
    pub left: Vec<Left>,
    /// Calls that were refused or reported then, and that the app's rules allow by now.
    pub allowed_by_now: u64,
}

/// One rule to review.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The rule.
    pub rule: RuleSpec,
    /// The table it belongs to: `net`, or `dev.net` where the host's other rules are about one's own machine.
    pub table: &'static str,
    /// Its routes with what they cover, in the order of the rule.
    pub routes: Vec<Route>,
    /// Whether paths are known. Where the log kept none, the rule is for every path.
    pub paths: Paths,
    /// Calls that it covers.
    pub calls: u64,
    /// When the last of them began.
    pub last: SystemTime,
    /// The rule that names the host already, by its place among the app's rules, from 0.
    pub beside: Option<usize>,
}

/// What is known of the paths that a proposal covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paths {
    /// They are in the log.
    Known,
    /// They are, and make more templates than a rule should have: one for all that lies below what they have in common stands for
    /// them.
    Many,
    /// They are not.
    Unknown,
}

/// What was not allowed and may be proposed.
struct Cure<'a> {
    call: &'a Call,
    tally: &'a Tally,
    /// With the path that was asked for; the root where that is not known.
    request: Request,
    denial: Denial,
}

/// Cures of one host and port.
type Group<'a> = Vec<Cure<'a>>;

/// Proposes rules beside those that an app has.
///
/// # Errors
/// When the app's own rules contradict each other.
pub fn learn(past: &Past, rules: &[RuleSpec]) -> Result<Learned, Vec<Fault>> {
    let law = Policy::builder().rules(rules.iter().cloned()).build()?;
    let mut rest = Rest::default();
    let mut allowed_by_now = 0;
    let mut groups = BTreeMap::<(&str, u16), Group<'_>>::new();
    for (call, tally) in &past.calls {
        match judged(&law, call) {
            Judged::Fine => {}
            Judged::AllowedByNow => allowed_by_now += tally.calls,
            Judged::Left(why, code) => rest.add(call, tally, why, &code),
            Judged::Curable(both) => {
                let (request, denial) = *both;
                groups.entry((&call.host, call.port)).or_default().push(Cure { call, tally, request, denial });
            }
        }
    }
    leave_the_quietest(&mut groups, &mut rest);
    let proposals = proposals(&law, rules, groups, &mut rest);
    Ok(Learned { proposals, left: rest.sorted(), allowed_by_now })
}

/// What the rules say of a call today.
enum Judged {
    /// It was let go.
    Fine,
    AllowedByNow,
    Left(Why, String),
    Curable(Box<(Request, Denial)>),
}

impl Judged {
    fn refused(denial: &Denial) -> Self {
        let code = denial.code().as_str();
        Self::Left(Why::of(code), code.to_owned())
    }
}

fn judged(law: &Policy, call: &Call) -> Judged {
    let code = match &call.fate {
        Fate::Allowed => return Judged::Fine,
        Fate::Reported(code) | Fate::Refused(code) => code,
    };
    let left = |why| Judged::Left(why, code.clone());
    if !is_curable(code) {
        return left(Why::of(code));
    }
    let request = match call.request(call.path.as_deref().unwrap_or("/")) {
        Ok(request) => request,
        Err(denial) => return Judged::refused(&denial),
    };
    if request.target().host().address().is_some() {
        return left(Why::Literal);
    }
    if call.scheme != "https" {
        return left(Why::PlainHttp);
    }
    match (law.decide(request.clone()), &call.path) {
        (Ok(_), Some(_)) => Judged::AllowedByNow,
        // A rule names the host: without the path, only one for the whole host could be proposed beside it.
        (Ok(_), None) => left(Why::NoPath),
        (Err(denial), _) if !is_curable(denial.code().as_str()) => Judged::refused(&denial),
        (Err(denial), None) if denial.code().as_str() != NO_HOST => left(Why::NoPath),
        (Err(_), Some(path)) if path.contains("%2F") => left(Why::EncodedSlash),
        (Err(denial), _) => Judged::Curable(Box::new((request, denial))),
    }
}

const NO_HOST: &str = "policy.rule.no_host";

/// Codes that say that no allow rule matches.
fn is_curable(code: &str) -> bool {
    matches!(code, NO_HOST | "policy.rule.port" | "policy.rule.path" | "policy.rule.method")
}

fn leave_the_quietest(groups: &mut BTreeMap<(&str, u16), Group<'_>>, rest: &mut Rest) {
    let mut by_calls: Vec<(u64, (&str, u16))> =
        groups.iter().map(|(key, group)| (group.iter().map(|cure| cure.tally.calls).sum(), *key)).collect();
    by_calls.sort_by_key(|(calls, key)| (std::cmp::Reverse(*calls), *key));
    for (_, key) in by_calls.into_iter().skip(HOSTS) {
        groups.remove(&key).into_iter().flatten().for_each(|cure| rest.leave(&cure, Why::Quiet));
    }
}

/// Proposes until the law agrees with every claim: what it does not agree with is left. Each round has fewer claims than the one
/// before.
fn proposals(law: &Policy, rules: &[RuleSpec], mut groups: BTreeMap<(&str, u16), Group<'_>>, rest: &mut Rest) -> Vec<Proposal> {
    loop {
        groups.values_mut().for_each(|group| leave_what_has_no_path(group, rest));
        let mut made = Vec::new();
        groups.retain(|_, group| match proposal(law, group) {
            Some(proposal) => {
                made.push(proposal);
                true
            }
            None => {
                group.iter().for_each(|cure| rest.leave(cure, Why::Other));
                false
            }
        });
        if agreed(rules, &made, &mut groups, rest) {
            return made;
        }
    }
}

/// Where some paths of a host are known, a rule for the others would be one for the whole host.
fn leave_what_has_no_path(group: &mut Group<'_>, rest: &mut Rest) {
    if group.iter().any(|cure| cure.call.path.is_some()) {
        group.retain(|cure| {
            let known = cure.call.path.is_some();
            if !known {
                rest.leave(cure, Why::NoPath);
            }
            known
        });
    }
}

/// The rule for the calls of one host and port. What the app's other rules for the host demand and exempt goes along, as it does
/// wherever the law proposes a change.
fn proposal(law: &Policy, group: &Group<'_>) -> Option<Proposal> {
    let Change { rule, table } = group.iter().find_map(|cure| law.change_for(&cure.request, &cure.denial))?;
    let unknown = group.iter().all(|cure| cure.call.path.is_none());
    let asked = group.iter().map(|cure| Asked { path: cure.request.target().path(), method: &cure.call.method, tally: cure.tally });
    let (routes, many) = if unknown { (vec![Route::everywhere(asked)?], false) } else { routes::of(asked.collect()) };
    let spec = |route: &Route| RouteSpec { methods: Some(route.methods.iter().cloned().collect()), ..RouteSpec::path(route.path()) };
    let specs = routes.iter().map(spec).collect();
    Some(Proposal {
        rule: RuleSpec { routes: Some(specs), ..rule },
        table,
        routes,
        paths: match (unknown, many) {
            (true, _) => Paths::Unknown,
            (false, true) => Paths::Many,
            (false, false) => Paths::Known,
        },
        calls: group.iter().map(|cure| cure.tally.calls).sum(),
        last: group.iter().map(|cure| cure.tally.last).max()?,
        beside: group.first().and_then(|cure| names_host(law, &cure.request)),
    })
}

/// The rule that names the host already.
fn names_host(law: &Policy, request: &Request) -> Option<usize> {
    let nearest = law.explain(request.method(), &request.target().to_url(), request.headers()).nearest?;
    nearest.differs.iter().all(|difference| difference.field != "host").then_some(nearest.place)
}

/// Whether the law, with all proposals, allows all that they claim; what it does not allow is taken out of the groups.
fn agreed(rules: &[RuleSpec], made: &[Proposal], groups: &mut BTreeMap<(&str, u16), Group<'_>>, rest: &mut Rest) -> bool {
    let proposed = made.iter().map(|proposal| proposal.rule.clone());
    let built = Policy::builder().rules(rules.iter().cloned().chain(proposed)).build();
    let mut agreed = true;
    let mut at = 0;
    match built {
        Ok(together) => groups.values_mut().for_each(|group| {
            group.retain(|cure| {
                let refused = together.decide(cure.request.clone()).err();
                if let Some(denial) = &refused {
                    rest.add(cure.call, cure.tally, Why::of(denial.code().as_str()), denial.code().as_str());
                    agreed = false;
                }
                refused.is_none()
            });
        }),
        Err(faults) => {
            agreed = false;
            let faulty: Vec<usize> = faults.iter().filter_map(|fault| fault.rule.checked_sub(rules.len())).collect();
            groups.retain(|_, group| {
                // A fault that names none of the proposals is of all of them.
                let stays = !faulty.is_empty() && !faulty.contains(&at);
                at += 1;
                if !stays {
                    group.iter().for_each(|cure| rest.leave(cure, Why::Contradicts));
                }
                stays
            });
        }
    }
    groups.retain(|_, group| !group.is_empty());
    agreed
}

#[cfg(test)]
mod tests;
