//! Plays apps that want more than their share, and owners who write down more than they meant.

mod grants;
mod retries;
mod shares;
mod stage;

use super::verdict;
use crate::conformance::Verdict;
use crate::conformance::case::{Case, Expect, Tenancy};
use crate::conformance::policies::Policies;
use egret_policy::Policy;
use stage::Stage;
use std::sync::Arc;

/// What a scenario came to: `Ok` where what must not be was refused, else what was.
type Held = Result<(), String>;

/// Runs a case and judges what came of it.
pub async fn play(case: &Case, tenancy: &Tenancy, policy: Arc<Policy>, policies: &Policies) -> Verdict {
    let many = match policies.many(&case.policy) {
        Ok(many) => many,
        Err(words) => return Verdict::Skipped(words),
    };
    let stage = Stage { policy, name: &case.policy, policies, many };
    let held = match tenancy {
        Tenancy::Concurrency { concurrency } => shares::at_once(&stage, *concurrency).await,
        Tenancy::Rate { rate } if rate == "burst+1" => shares::over_the_rate(&stage, false).await,
        Tenancy::Rotated { headers_rotate: true } => shares::over_the_rate(&stage, true).await,
        Tenancy::Retries { retries } => retries::storm(&stage, *retries).await,
        Tenancy::Acting { method, retry_on } => retries::acting(&stage, method, *retry_on).await,
        Tenancy::Pause { retry_after } => retries::pause(&stage, retry_after).await,
        Tenancy::Spellings { hosts } if !hosts.is_empty() => shares::spellings(&stage, hosts).await,
        Tenancy::BytesOfDay { egress_bytes_day } => shares::bytes_of_a_day(&stage, *egress_bytes_day).await,
        Tenancy::Pool { pool } => shares::pool(&stage, &pool.from, &pool.to).await,
        Tenancy::Neighbour { global_concurrency } => match global_concurrency.strip_prefix("exhausted by ") {
            Some(app) => shares::neighbour(&stage, app).await,
            None => return unknown(tenancy),
        },
        Tenancy::Allowed { allow } => grants::allowed(&stage, allow.as_deref()).await,
        Tenancy::Ceiling { app_allow, org_allow } => grants::ceiling(&stage, app_allow, org_allow).await,
        Tenancy::Reload { reload } if reload == "invalid" => grants::reload(&stage).await,
        Tenancy::Exempt { exempt } if !exempt.is_empty() => grants::exempt(exempt),
        Tenancy::Kill { kill: true } => grants::kill(&stage).await,
        Tenancy::Socket { ws_after_revoke: true } => grants::socket(&stage).await,
        Tenancy::Probe { probe, effect } if probe == "error_oracle" && effect == "uniform_error" => grants::oracle(&stage).await,
        Tenancy::Rate { .. }
        | Tenancy::Rotated { .. }
        | Tenancy::Spellings { .. }
        | Tenancy::Reload { .. }
        | Tenancy::Exempt { .. }
        | Tenancy::Kill { .. }
        | Tenancy::Socket { .. }
        | Tenancy::Probe { .. } => return unknown(tenancy),
    };
    match (held, case.expect) {
        (Ok(()), expect) => verdict(expect == Expect::Deny, "what goes beyond was refused"),
        (Err(words), _) => Verdict::Failed(words),
    }
}

fn unknown(tenancy: &Tenancy) -> Verdict {
    Verdict::Skipped(format!("nothing here plays {tenancy:?}"))
}

/// Whether something was refused under one of these families of codes.
fn refused(outcome: Result<u16, super::Refusal>, families: &[&str]) -> Held {
    match outcome {
        Ok(status) => Err(format!("answered {status}")),
        Err(refusal) if families.iter().any(|family| refusal.code.starts_with(family)) => Ok(()),
        Err(refusal) => Err(format!("refused for another reason: {refusal}")),
    }
}
