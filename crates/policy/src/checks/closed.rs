//! Whether the owner has closed the network: stands before every rule, in every mode.

use super::Case;
use crate::policy::Closed;
use crate::{Code, Denial};

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    let Some(closed) = case.policy.closed else { return Ok(()) };
    let (code, opens) = match closed {
        Closed::Everywhere => (Code::Lockdown, "`egret net lockdown --off` lifts it"),
        Closed::App => (Code::Lockdown, "`egret net lockdown --off` with `--app` and the app's name lifts it"),
        Closed::Paused => (Code::Paused, "`egret app resume` with the app's name ends that"),
    };
    Err(case.refusal(code, || format!("{} {opens}", code.about())))
}

pub(super) fn passed(_: &Case<'_>) -> String {
    "it is not".to_owned()
}
