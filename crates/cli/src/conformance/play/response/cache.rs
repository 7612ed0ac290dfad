//! Answers that are stored: whoever asks in another way, with a secret, or for another app gets one of its own. Each scenario shows
//! first that there is something stored that could be got.

use super::super::scripted::{HOST, Scene, URL, draft};
use super::super::secret::held;
use super::{Scenario, Stage};
use crate::conformance::Verdict;
use egret_egress::{CallAuth, Caller, Draft};
use egret_policy::{CacheSpec, Place, Policy};
use egret_testkit::{Authority, Upstream, server_config};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONNECTION, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Longer than any case takes.
const FRESH: Duration = Duration::from_secs(300);

/// What the upstream says of storing, and wherein the later caller differs from the first.
pub struct Plan {
    fields: HeaderMap,
    other: Other,
}

/// The later caller.
enum Other {
    /// It sends other values of these fields.
    Fields(Vec<HeaderName>),
    /// Its requests get a secret.
    Secret,
    /// It is another app.
    App,
}

/// An answer that depends on fields of the request, which it names.
pub fn varying(headers: &[(String, String)]) -> Option<Scenario> {
    let fields = fields(headers)?;
    let names = fields.get_all(VARY).iter().flat_map(|value| value.to_str().unwrap_or("*").split(','));
    let names: Vec<HeaderName> = names.map(|name| name.trim().parse()).collect::<Result<_, _>>().ok()?;
    // A star is a token, and the name of no field.
    let named = !names.is_empty() && names.iter().all(|name| name.as_str() != "*");
    named.then_some(Scenario::Cache(Plan { fields, other: Other::Fields(names) }))
}

/// The answer to a request with a secret.
pub fn with_secret(headers: &[(String, String)]) -> Option<Scenario> {
    Some(Scenario::Cache(Plan { fields: fields(headers)?, other: Other::Secret }))
}

/// An answer that everybody may store.
pub fn crossing() -> Option<Scenario> {
    let fields = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("public, max-age=999"))]);
    Some(Scenario::Cache(Plan { fields, other: Other::App }))
}

fn fields(headers: &[(String, String)]) -> Option<HeaderMap> {
    headers.iter().map(|(name, value)| Some((name.parse().ok()?, HeaderValue::from_str(value).ok()?))).collect()
}

/// Two equal calls, of which the second one gets what is stored, and then the other ones, which must not.
pub async fn play(stage: &Stage<'_>, plan: &Plan) -> Result<Verdict, String> {
    let policy = stage.policies.build_acting(&stage.case.policy, |rule| rule.cache = Some(CacheSpec::up_to(FRESH)))?;
    let authority = Authority::new();
    let peer = counting(&authority, plan.fields.clone());
    let place = peer.address();
    let scene = Scene::set(stage.policies, stage.limits, &authority, None, move |_| place)?;
    let mut bodies = Vec::new();
    for is_other in [false, false, true, true] {
        let (caller, draft) = asking(stage, &scene, &policy, plan, is_other)?;
        let came = scene.ask_as(&caller, draft).await;
        if let Err(refusal) = came.end {
            return Ok(Verdict::Failed(format!("got {refusal}")));
        }
        bodies.push(String::from_utf8_lossy(&came.body).into_owned());
    }
    if bodies[..2] != ["1", "1"] {
        return Err(format!("nothing was stored, so nothing was shown: {bodies:?}"));
    }
    let later: &[&str] = match plan.other {
        // What is stored for the later caller is its own.
        Other::Fields(_) | Other::App => &["2", "2"],
        Other::Secret if peer.requests().iter().skip(1).any(|request| !request.headers.contains_key(AUTHORIZATION)) => {
            return Err("the secret was not put in, so nothing was shown".to_owned());
        }
        Other::Secret => &["2", "3"],
    };
    Ok(stage.holds(bodies[2..] == *later, &format!("the later calls got {:?} in place of {later:?}", &bodies[2..])))
}

/// An upstream whose every answer says how many there were. It closes: a kept connection would be judged again by where it
/// leads, which is loopback here.
fn counting(authority: &Authority, fields: HeaderMap) -> Upstream {
    let count = Arc::new(AtomicUsize::new(0));
    Upstream::tls(server_config(authority.leaf(&[HOST])), move |_| {
        let mut answer = http::Response::new((count.fetch_add(1, Ordering::Relaxed) + 1).to_string());
        answer.headers_mut().extend(fields.clone());
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        async move { answer }
    })
}

fn asking(stage: &Stage<'_>, scene: &Scene, policy: &Arc<Policy>, plan: &Plan, is_other: bool) -> Result<(Caller, Draft), String> {
    let mut caller = scene.caller("first", Arc::clone(policy).into());
    let mut draft = draft(Method::GET, URL);
    match &plan.other {
        Other::Fields(names) => {
            let value = HeaderValue::from_static(if is_other { "Bearer second" } else { "Bearer first" });
            draft.headers.extend(names.iter().map(|name| (name.clone(), value.clone())));
        }
        Other::Secret if is_other => {
            caller.secrets = held(stage.policies);
            draft.auth = Some(CallAuth { secret: stage.policies.secret("secret")?.name.to_uppercase(), place: Some(Place::Bearer) });
        }
        Other::App if is_other => caller.app = "second".into(),
        Other::Secret | Other::App => {}
    }
    Ok((caller, draft))
}
