//! Names that are resolved locally: refused before a query leaves, unless the rule exempts addresses for that very host.

use super::Case;
use crate::rule::host::HostPattern;
use crate::{Code, Denial};

/// Special-use top labels (RFC 6761, 6762, 7686, 8375, 9476; `internal`: ICANN 2024) and those of local resolvers.
const SPECIAL: &[&str] =
    &["localhost", "local", "internal", "localdomain", "onion", "alt", "invalid", "svc", "lan", "intranet", "corp", "home"];

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    let Some(name) = case.request.target().host().name() else { return Ok(()) };
    let allowing = case.policy.allowing(case.request.target().host());
    let exempted = allowing.iter().any(|rule| matches!(rule.host, HostPattern::Exact(_)) && !rule.exempt.is_empty());
    if exempted {
        return Ok(());
    }
    let text = name.as_str();
    if !text.contains('.') {
        return Err(Denial::new(
            Code::NameSingleLabel,
            format!("{text:?} has a single label; only a rule with `private` for it reaches such names"),
        ));
    }
    let last = name.labels().next_back().unwrap_or_default();
    if SPECIAL.contains(&last) || text == "home.arpa" || text.ends_with(".home.arpa") {
        return Err(Denial::new(
            Code::NameSpecialUse,
            format!("{text:?} is a name for local use; only a rule with `private` for it reaches such names"),
        ));
    }
    Ok(())
}

pub(super) fn passed(case: &Case<'_>) -> String {
    match case.request.target().host().name() {
        Some(name) if name.unicode() != name.as_str() => format!("public name, in Unicode {}", name.unicode()),
        Some(_) => "no special-use name, or exempted by its rule".to_owned(),
        None => "the host is an address".to_owned(),
    }
}
