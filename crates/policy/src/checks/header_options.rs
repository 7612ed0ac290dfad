//! Fields that a rule must opt into: what they say is not what was decided.

use super::Case;
use crate::rule::RuleSpec;
use crate::{Code, Denial};
use http::HeaderName;

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    let fields = &case.optional_fields;
    refuse(case, fields.overriding, Code::HeaderOverride, |rule| rule.override_headers, "override_headers")?;
    refuse(case, fields.forwarding, Code::HeaderForwarding, |rule| rule.forwarding_headers, "forwarding_headers")
}

pub(super) fn passed(_: &Case<'_>) -> String {
    "no field that needs an option, or the rule has it".to_owned()
}

fn refuse(case: &Case<'_>, field: Option<&HeaderName>, code: Code, allows: fn(&RuleSpec) -> bool, option: &str) -> Result<(), Denial> {
    match field {
        Some(name) if !case.best().is_some_and(|(rule, _)| allows(&rule.spec)) => {
            Err(Denial::new(code, format!("{name} is not sent unless the rule says {option} = true")))
        }
        Some(_) | None => Ok(()),
    }
}
