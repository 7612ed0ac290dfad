//! Deny rules: they beat every allow, match both schemes, and match paths by their meaning.

use super::Case;
use crate::target::meaning;
use crate::{Code, Denial};

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    let target = case.request.target();
    let rules = case.policy.denying(target.host());
    if rules.is_empty() {
        return Ok(());
    }
    let meaning = meaning(target.path());
    for rule in rules.into_iter().filter(|rule| rule.allows_port(target)) {
        let route = rule.routes.iter().find(|route| route.methods.contains(case.request.method()) && route.path.denies(&meaning));
        if let Some(route) = route {
            return Err(Denial::new(Code::RuleDenied, format!("the deny rule for {} {} matches", rule.host, route.path.as_str())));
        }
    }
    Ok(())
}

pub(super) fn passed(_: &Case<'_>) -> String {
    "none matches".to_owned()
}
