//! Calls at once, calls in a time, bytes in a day, connections: what an app takes, and what is left to the others.

use super::super::scripted::{URL, draft};
use super::stage::{Set, Stage};
use super::{Held, refused};
use egret_egress::{Allowance, AppLimits, Budget, Config, Daily, Egress, InFlight, Quota, Rate, Rates, Today};
use egret_testkit::{Hostile, Step};
use http::Method;
use http::header::{HeaderValue, ORIGIN, USER_AGENT};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// An app has so many calls under way, and the last of them finds no slot.
pub async fn at_once(stage: &Stage<'_>, calls: usize) -> Held {
    let most = stage.many.concurrency;
    let beyond = calls.checked_sub(most).filter(|beyond| *beyond > 0).ok_or("no more calls than may be")?;
    let set = holding(stage, |limits| limits.app = most)?;
    let _held = hold(&set, "conformance", stage, most).await?;
    for _ in 0..beyond {
        refused(set.call("conformance", stage.grants()).await.end, &["egress.limit.in_flight_app"])?;
    }
    Ok(())
}

/// One app holds all that it can get, and another one still has its share.
pub async fn neighbour(stage: &Stage<'_>, app: &str) -> Held {
    let most = stage.many.concurrency;
    let set = holding(stage, |limits| (limits.all, limits.app) = (most + 1, most))?;
    let _held = hold(&set, app, stage, most).await?;
    refused(set.call(app, stage.grants()).await.end, &["egress.limit.in_flight_app"])?;
    let other = hold(&set, "another", stage, 1).await;
    other.map(drop).map_err(|words| format!("another app found no slot: {words}"))
}

/// A kernel whose upstream answers nothing, and where nobody waits for a slot.
fn holding(stage: &Stage<'_>, change: impl FnOnce(&mut InFlight)) -> Result<Set<Hostile>, String> {
    let limits = |config: &mut Config| {
        config.limits.in_flight.wait = Duration::ZERO;
        change(&mut config.limits.in_flight);
    };
    stage.scripted(vec![Step::ExpectHead, Step::Hold], limits)
}

/// Calls of an app that stay under way as long as they are kept.
async fn hold(set: &Set<Hostile>, app: &str, stage: &Stage<'_>, calls: usize) -> Result<JoinSet<()>, String> {
    let before = set.scene.egress.load().in_flight;
    let mut held = JoinSet::new();
    for _ in 0..calls {
        let (egress, caller): (Egress, _) = (set.scene.egress.clone(), set.scene.caller(app, stage.grants()));
        held.spawn(async move { drop(egress.fetch(&caller, draft(Method::GET, URL)).await) });
    }
    set.until_under_way(before + calls).await?;
    Ok(held)
}

/// Calls come one after the other until one is too many; with `rotated` each comes with other fields.
pub async fn over_the_rate(stage: &Stage<'_>, rotated: bool) -> Held {
    let rate = stage.many.rate;
    let set = stage.answering(|config| config.limits.rates = Rates { app: Some(rate), ..config.limits.rates })?;
    let began = Instant::now();
    for calls in 0_u32.. {
        let mut draft = draft(Method::GET, URL);
        if rotated {
            let value = |text: String| HeaderValue::from_str(&text).map_err(|error| error.to_string());
            draft.headers.insert(ORIGIN, value(format!("https://o{calls}.example"))?);
            draft.headers.insert(USER_AGENT, value(format!("agent/{calls}"))?);
        }
        let Err(refusal) = set.scene.ask("conformance", stage.grants(), draft).await.end else { continue };
        let in_time = began.elapsed().as_secs_f64() / rate.period.as_secs_f64() * f64::from(rate.calls);
        let most = f64::from(rate.burst) + in_time;
        return match refused(Err(refusal), &["egress.rate.app"]) {
            Ok(()) if calls < rate.burst => Err(format!("refused after {calls} calls of a burst of {}", rate.burst)),
            Ok(()) if f64::from(calls) > most => Err(format!("refused after {calls} calls, where {most} may be")),
            other => other,
        };
    }
    Err("no call was ever refused".to_owned())
}

/// One call an hour for a domain: its first name has it, and no other spelling of it gets one more.
pub async fn spellings(stage: &Stage<'_>, hosts: &[String]) -> Held {
    let once = Rate { calls: 1, period: Duration::from_secs(3600), burst: 1 };
    let set = stage.answering(|config| config.limits.rates = Rates { domain: Some(once), ..config.limits.rates })?;
    if let Err(refusal) = set.call("conformance", stage.grants()).await.end {
        return Err(format!("the first call failed already: {refusal}"));
    }
    let mut counted = 0;
    for host in hosts {
        let url = URL.replacen(super::super::scripted::HOST, host, 1);
        let end = set.scene.ask("conformance", stage.grants(), draft(Method::GET, &url)).await.end;
        counted += usize::from(end.as_ref().is_err_and(|refusal| refusal.code == "egress.rate.domain"));
        refused(end, &["egress.rate.domain", "policy.target.", "policy.name."]).map_err(|words| format!("{host}: {words}"))?;
    }
    if counted > 0 { Ok(()) } else { Err("no spelling was counted".to_owned()) }
}

/// An app has carried nearly all of its bytes of the day: small calls carry the rest, and then none.
pub async fn bytes_of_a_day(stage: &Stage<'_>, most: u64) -> Held {
    let today = Today { calls: 0, bytes: most.saturating_sub(5_000) };
    let quota = Quota::new(Daily { calls: None, bytes: Some(most) }, today);
    let set = stage.answering(|_| {})?;
    for calls in 0..1_000 {
        // Every call is of an invocation of its own: no budget but that of the day has an end.
        let budget = Budget::within(Allowance::default(), AppLimits::default(), quota.clone());
        let caller = set.caller("conformance", stage.grants(), budget);
        let ended = async { set.scene.egress.fetch(&caller, draft(Method::GET, URL)).await?.body.collect(1 << 20).await };
        let Err(error) = ended.await else { continue };
        let is_told = error.retryable() && error.retry_after().is_some_and(|after| after <= Duration::from_secs(86_400));
        return match error.path() {
            "egress.limit.bytes_today" if calls > 0 && is_told => Ok(()),
            path => Err(format!("after {calls} calls {path}, retried after {:?}", error.retry_after())),
        };
    }
    Err(format!("{} bytes were carried", quota.today().bytes))
}

/// One app's connection rests, and another app's call opens one of its own. That the first one rests its app's own next call shows:
/// what it leads to is judged again, and is loopback here.
pub async fn pool(stage: &Stage<'_>, from: &str, to: &str) -> Held {
    let set = stage.keeping()?;
    for app in [from, to] {
        if let Err(refusal) = set.call(app, stage.grants()).await.end {
            return Err(format!("a call of {app} failed: {refusal}"));
        }
        // The connection comes to rest in a task of its own.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
    refused(set.call(from, stage.grants()).await.end, &["egress.addr.loopback"]).map_err(|words| format!("nothing was kept: {words}"))?;
    let seen = set.peer.connections();
    if seen == 2 { Ok(()) } else { Err(format!("two apps had {seen} connections")) }
}
