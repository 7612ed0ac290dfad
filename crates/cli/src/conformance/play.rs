//! Plays one case: a kernel of its own, DNS that answers from the zone, and peers on loopback in place of the internet.

mod dns;
mod redirect;
mod response;
mod scripted;
mod secret;
mod tenancy;
mod tls;

use super::Verdict;
use super::case::{Asked, Case, Expect, Input};
use super::effect;
use super::family::belongs;
use super::policies::Policies;
use egret_egress::{
    Budget, CacheWish, Caller, Caps, Config, Danger, Decode, Detail, Draft, Egress, Error, Nameservers, Rates, Redirect, Response, Secrets,
    Silent,
};
use egret_policy::{Code, Policy, Scheme, Target};
use egret_testkit::{Authority, Recorded, Upstream, Zone, server_config};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// No case takes longer.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs a case and judges what came of it.
pub async fn play(case: &Case, policy: Arc<Policy>, policies: &Policies) -> Verdict {
    let bare = |method: &str, url: String| Asked { method: method.to_owned(), url, ..Asked::default() };
    let asked = match &case.input {
        Input::Url(url) => bare("GET", url.clone()),
        Input::Request(asked) => (**asked).clone(),
        Input::Resolves(resolves) => return dns::play(case, resolves, policy, policies).await,
        Input::Redirects { asked, answers } => return redirect::play(case, asked, answers, policy, policies).await,
        Input::Answers(answer) => return response::play(case, answer, policy, policies).await,
        Input::Connects(connect) => return tls::play(case, connect, policy, policies).await,
        Input::Secret(flow) => return secret::play(case, flow, policies).await,
        Input::Tenancy(tenancy) => return tenancy::play(case, tenancy, policy, policies).await,
        Input::Unknown(keys) => return Verdict::Skipped(format!("nothing here plays cases with {keys}")),
    };
    let target = Target::parse(&asked.url).ok();
    let stage = match policies.limits(&case.policy).and_then(|limits| Stage::set(target.as_ref(), policies, limits.caps.request_body)) {
        Ok(stage) => stage,
        Err(words) => return Verdict::Failed(words),
    };
    let outcome = fetch(&stage.egress, &asked, Redirect::Return, policy, Secrets::none()).await;
    let seen = Seen { requests: stage.peer.requests(), connections: stage.peer.connections(), queries: stage.zone.queries().len() };
    match (case.expect, outcome) {
        (Expect::Allow, Ok(reached)) => effect::check(case, &asked.url, &reached, &seen),
        (Expect::Allow, Err(refusal)) => Verdict::Failed(format!("got {refusal}")),
        (Expect::Deny, Ok(reached)) => Verdict::Failed(format!("answered {} from {}", reached.status, reached.url)),
        (Expect::Deny, Err(refusal)) => denied(case, &refusal, seen.connections, 0, seen.queries),
    }
}

/// What reached the outside.
pub struct Seen {
    pub requests: Vec<Recorded>,
    pub connections: usize,
    pub queries: usize,
}

/// A kernel with everything that it can reach.
struct Stage {
    egress: Egress,
    zone: Zone,
    peer: Upstream,
}

impl Stage {
    fn set(target: Option<&Target>, policies: &Policies, request_body: usize) -> Result<Self, String> {
        let (zone, authority) = (Zone::start(), Authority::new());
        let name = target.and_then(|target| target.host().name()).map(|name| name.as_str().to_owned());
        if let Some(name) = &name {
            let texts: Vec<String> = policies.resolve(name).iter().map(ToString::to_string).collect();
            zone.addresses(name, &texts.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let answer = |_| async { http::Response::new("reached") };
        let peer = match target.map(Target::scheme) {
            Some(Scheme::Https) => Upstream::tls(server_config(authority.leaf(&[name.as_deref().unwrap_or("127.0.0.1")])), answer),
            Some(Scheme::Http) | None => Upstream::http(answer),
        };
        let place = peer.address();
        let config = Config {
            roots: vec![authority.certificate_der()],
            nameservers: Nameservers::At(vec![zone.address()]),
            detail: Detail::Full,
            caps: Caps { request_body, ..Caps::default() },
            danger: Danger { redial: Some(Arc::new(move |_| place)), ..Danger::default() },
            // What is refused must say why, however many cases there are in a second.
            limits: egret_egress::Limits { rates: Rates { refusals: None, ..Rates::default() }, ..egret_egress::Limits::default() },
            ..Config::default()
        };
        let egress = Egress::build(config, Arc::new(Silent)).map_err(|error| error.to_string())?;
        Ok(Self { egress, zone, peer })
    }
}

/// The response, read to its end, or the code under which it was refused.
async fn fetch(egress: &Egress, asked: &Asked, redirect: Redirect, policy: Arc<Policy>, secrets: Secrets) -> Result<Reached, Refusal> {
    let caller = Caller {
        app: "conformance".into(),
        function: "".into(),
        invocation: "".into(),
        door: egret_egress::Door::Command,
        grants: policy.into(),
        secrets,
        deadline: Instant::now() + LIMIT,
        budget: Budget::none(),
    };
    let response: Response = egress.fetch(&caller, draft(asked, redirect)?).await?;
    let (status, url) = (response.status.as_u16(), response.url.clone());
    response.body.collect(1 << 20).await?;
    Ok(Reached { status, url })
}

/// What HTTP's own types and a draft cannot hold is refused here, as every door of the kernel must.
fn draft(asked: &Asked, redirect: Redirect) -> Result<Draft, Refusal> {
    let refusal = |code: Code, words: &str| Refusal { code: code.as_str().to_owned(), words: words.to_owned() };
    let method = Method::from_bytes(asked.method.as_bytes()).map_err(|_| refusal(Code::MethodToken, "no method"))?;
    if asked.has_trailers {
        return Err(refusal(Code::HeaderFraming, "a draft has no place for trailers"));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &asked.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refusal(Code::HeaderName, "no name of a header field"))?;
        let value = HeaderValue::from_str(value).map_err(|_| refusal(Code::HeaderName, "no value of a header field"))?;
        headers.append(name, value);
    }
    Ok(Draft {
        method,
        url: asked.url.clone(),
        headers,
        body: asked.body.clone().into(),
        redirect,
        decode: Decode::Auto,
        auth: None,
        options: Default::default(),
        cache: CacheWish::default(),
    })
}

/// An answer that came.
pub struct Reached {
    pub status: u16,
    pub url: String,
}

/// A refusal or a failure.
pub struct Refusal {
    code: String,
    words: String,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { code: error.path().to_owned(), words: error.reason().to_string() }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} [{}]", self.words, self.code)
    }
}

/// A denial counts with a code of its class's family and an outside that noticed no more than it had to.
fn denied(case: &Case, refusal: &Refusal, connections: usize, expected: usize, queries: usize) -> Verdict {
    match belongs(&case.class, &refusal.code) {
        None => return Verdict::Skipped(format!("no family of codes is listed for class {}", case.class)),
        Some(false) => return Verdict::Failed(format!("refused for another reason: {refusal}")),
        Some(true) => {}
    }
    if connections > expected {
        return Verdict::Failed(format!("refused, but the peer saw {connections} connections: {refusal}"));
    }
    if queries > 0 && expected == 0 && !refusal.code.starts_with("egress.") {
        return Verdict::Failed(format!("refused by rule, but {queries} DNS queries had left: {refusal}"));
    }
    Verdict::Passed
}

fn verdict(holds: bool, otherwise: &str) -> Verdict {
    if holds { Verdict::Passed } else { Verdict::Failed(otherwise.to_owned()) }
}
