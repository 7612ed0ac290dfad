//! Names that are resolved locally: refused before a query leaves, unless the rule exempts addresses for that very host.

use super::Case;
use crate::rule::host::HostPattern;
use crate::{Code, Denial};

/// Special-use top labels (RFC 6761, 6762, 7686, 8375, 9476; `internal`: ICANN 2024) and those of local resolvers.
const SPECIAL: &[&str] =
    &["localhost", "local", "internal", "localdomain", "onion", "alt", "invalid", "svc", "lan", "intranet", "corp", "home"];

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    let Some(name) = case.request.target().host().name() else { return Ok(()) };
    let Some(code) = local(name.as_str()) else { return Ok(()) };
    let allowing = case.policy.allowing(case.request.target().host());
    if allowing.iter().any(|rule| matches!(rule.host, HostPattern::Exact(_)) && !rule.exempt.is_empty()) {
        return Ok(());
    }
    let what = if code == Code::NameSingleLabel { "has a single label" } else { "is a name for local use" };
    Err(Denial::new(code, format!("{:?} {what}; only a rule with `private` for it reaches such names", name.as_str())))
}

/// The code under which a name of local use is refused.
fn local(name: &str) -> Option<Code> {
    let Some((_, last)) = name.rsplit_once('.') else { return Some(Code::NameSingleLabel) };
    let special = SPECIAL.contains(&last) || name == "home.arpa" || name.ends_with(".home.arpa");
    special.then_some(Code::NameSpecialUse)
}

pub(super) fn passed(case: &Case<'_>) -> String {
    match case.request.target().host().name() {
        Some(name) if name.unicode() != name.as_str() => format!("public name, in Unicode {}", name.unicode()),
        Some(_) => "no special-use name, or exempted by its rule".to_owned(),
        None => "the host is an address".to_owned(),
    }
}
