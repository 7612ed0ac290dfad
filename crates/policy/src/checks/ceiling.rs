//! The server's ceiling: what no app's rules can lift, in no mode.

use super::Case;
use crate::{Code, Denial};

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    let Some(ceiling) = &case.policy.ceiling else { return Ok(()) };
    if let Some((rule, route)) = ceiling.deny.denial_of(case.request) {
        return Err(Denial::new(Code::CeilingDenied, format!("the server's deny rule for {} {} matches", rule.host, route.path.as_str())));
    }
    let host = case.request.target().host();
    match &ceiling.hosts {
        Some(hosts) if hosts.find(host).is_empty() => {
            Err(Denial::new(Code::CeilingHost, format!("the server's ceiling does not include {host}")))
        }
        Some(_) | None => Ok(()),
    }
}

pub(super) fn passed(case: &Case<'_>) -> String {
    if case.policy.ceiling.is_some() { "within it" } else { "there is none" }.to_owned()
}
