//! Deny rules: they beat every allow, match both schemes, and match paths by their meaning.

use super::Case;
use crate::{Code, Denial};

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    match case.policy.deny.denial_of(case.request) {
        Some((rule, route)) => {
            Err(Denial::new(Code::RuleDenied, format!("the deny rule for {} {} matches", rule.host, route.path.as_str())))
        }
        None => Ok(()),
    }
}

pub(super) fn passed(_: &Case<'_>) -> String {
    "none matches".to_owned()
}
