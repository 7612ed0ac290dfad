//! Tries after the first: what they cost, which requests have none, and how long a server's wish to be left alone holds a call.

use super::super::LIMIT;
use super::super::scripted::{URL, draft};
use super::stage::Stage;
use super::{Held, refused};
use egret_egress::{Allowance, AppLimits, Budget, CallOptions, Caller, Config, Draft, Rate, Rates};
use egret_policy::RetrySpec;
use http::{HeaderValue, Method};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// What there is to be spent on tries: calls of an invocation, and calls of an app in an hour.
const CALLS: u32 = 20;

/// Tries without a wait between them.
fn at_once(attempts: u8, status: u16) -> RetrySpec {
    RetrySpec { attempts, on: vec![status], backoff: (Duration::ZERO, Duration::ZERO), ..RetrySpec::default() }
}

/// No rule tries as often as that, whatever a call wishes, and every try is paid for: by the invocation, and by the app.
pub async fn storm(stage: &Stage<'_>, retries: u64) -> Held {
    let loaded = (1..=u8::MAX).map_while(|attempts| Some((attempts, stage.retrying(&at_once(attempts, 503)).ok()?)));
    let (attempts, grants) = loaded.last().ok_or("no rule loads")?;
    if attempts < 2 || u64::from(attempts) > retries {
        return Err(format!("a rule may try {attempts} times"));
    }
    let hourly = Rate { calls: 1, period: Duration::from_secs(3600), burst: CALLS };
    let spent = Budget::new(Allowance { calls: CALLS, ..Allowance::default() }, AppLimits::default());
    for (rate, budget, code) in [(None, spent, "egress.limit.calls"), (Some(hourly), Budget::none(), "egress.rate.app")] {
        let rated = |config: &mut Config| config.limits.rates = Rates { app: rate, ..config.limits.rates };
        let set = stage.unavailable(503, "0", rated)?;
        let caller = set.caller("conformance", grants.clone(), budget);
        let mut answered = 0;
        let refusal = loop {
            let options = CallOptions { tries: Some(u8::try_from(retries).unwrap_or(u8::MAX)), ..CallOptions::default() };
            match set.scene.ask_as(&caller, Draft { options, ..draft(Method::GET, URL) }).await.end {
                Ok(503) if answered < CALLS => answered += 1,
                other => break other,
            }
        };
        refused(refusal, &[code])?;
        let sent = set.peer.requests().len();
        if sent != CALLS as usize || answered != CALLS / u32::from(attempts) {
            return Err(format!("{answered} calls made {sent} requests, where {CALLS} were to be had"));
        }
    }
    Ok(())
}

/// What may act twice is sent once, unless its sender says that the server knows it again.
pub async fn acting(stage: &Stage<'_>, method: &str, status: u16) -> Held {
    let grants = stage.retrying(&at_once(3, status))?;
    for (key, tries) in [(Some("1"), 3), (None, 1)] {
        let set = stage.unavailable(status, "0", |_| {})?;
        let method = method.parse().map_err(|_| format!("{method:?} is no method"))?;
        let mut draft = draft(method, URL);
        draft.headers.extend(key.map(|key| (http::HeaderName::from_static("idempotency-key"), HeaderValue::from_static(key))));
        let end = set.scene.ask("conformance", grants.clone(), draft).await.end;
        came(end, status, set.peer.requests().len(), tries)?;
    }
    Ok(())
}

/// A call has the answer at hand where what the server asks for is longer than the call may take. It is given twice the time that a
/// case has, so one that waited for its deadline would be found.
pub async fn pause(stage: &Stage<'_>, after: &str) -> Held {
    let grants = stage.retrying(&at_once(3, 503))?;
    for (after, tries) in [("0", 3), (after, 1)] {
        let set = stage.unavailable(503, after, |_| {})?;
        let caller = Caller { deadline: Instant::now() + 2 * LIMIT, ..set.scene.caller("conformance", grants.clone()) };
        let asked = set.scene.ask_as(&caller, draft(Method::GET, URL));
        let end = timeout(LIMIT, asked).await.map_err(|_| "the call is held".to_owned())?.end;
        came(end, 503, set.peer.requests().len(), tries)?;
    }
    Ok(())
}

fn came(end: Result<u16, super::super::Refusal>, status: u16, sent: usize, tries: usize) -> Held {
    match end {
        Ok(got) if got == status && sent == tries => Ok(()),
        Ok(got) => Err(format!("answered {got} after {sent} tries in place of {tries}")),
        Err(refusal) => Err(format!("got {refusal}")),
    }
}
