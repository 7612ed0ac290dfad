//! Plays one case: a kernel of its own, DNS that answers from the zone, and peers on loopback in place of the internet.

use super::Verdict;
use super::case::{Case, Expect, Input};
use super::effect;
use super::family::belongs;
use super::policies::Policies;
use bytes::Bytes;
use egret_egress::{Caller, Config, Danger, Detail, Draft, Egress, Error, Nameservers, Redirect, Response, Silent};
use egret_policy::{Policy, Scheme, Target};
use egret_testkit::{Authority, Recorded, Upstream, Zone, server_config};
use http::{HeaderMap, Method};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// No case takes longer.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs a case and judges what came of it.
pub async fn play(case: &Case, policy: Arc<Policy>, policies: &Policies) -> Verdict {
    let (method, url, answers, own) = match &case.input {
        Input::Url(url) => ("GET", url.clone(), None, Vec::new()),
        Input::Request { method, url } => (method.as_str(), url.clone(), None, Vec::new()),
        Input::Resolves { name, answers, own } => ("GET", format!("https://{name}/"), Some(answers.clone()), own.clone()),
        Input::Unknown(keys) => return Verdict::Skipped(format!("nothing here plays cases with {keys}")),
    };
    let target = Target::parse(&url).ok();
    let stage = Stage::set(target.as_ref(), answers, own, policies);
    let stage = match stage {
        Ok(stage) => stage,
        Err(words) => return Verdict::Failed(words),
    };
    let outcome = stage.fetch(method, &url, policy).await;
    let seen = Seen { requests: stage.peer.requests(), connections: stage.peer.connections(), queries: stage.zone.queries().len() };
    match (case.expect, outcome) {
        (Expect::Allow, Ok(response)) => effect::check(case, &url, &response, &seen),
        (Expect::Allow, Err(refusal)) => Verdict::Failed(format!("got {refusal}")),
        (Expect::Deny, Ok(response)) => Verdict::Failed(format!("answered {} from {}", response.status, response.url)),
        (Expect::Deny, Err(refusal)) => denied(case, &refusal, &seen),
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
    fn set(target: Option<&Target>, answers: Option<Vec<IpAddr>>, own: Vec<IpAddr>, policies: &Policies) -> Result<Self, String> {
        let (zone, authority) = (Zone::start(), Authority::new());
        let name = target.and_then(|target| target.host().name()).map(|name| name.as_str().to_owned());
        if let Some(name) = &name {
            let answers = answers.unwrap_or_else(|| policies.resolve(name));
            let texts: Vec<String> = answers.iter().map(ToString::to_string).collect();
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
            own_addresses: own,
            detail: Detail::Full,
            danger: Danger { redial: Some(Arc::new(move |_| place)) },
            ..Config::default()
        };
        let egress = Egress::build(config, Arc::new(Silent)).map_err(|error| error.to_string())?;
        Ok(Self { egress, zone, peer })
    }

    /// The response, read to its end, or the code under which it was refused.
    async fn fetch(&self, method: &str, url: &str, policy: Arc<Policy>) -> Result<Reached, Refusal> {
        // A method that HTTP's own type cannot hold is refused before the kernel; the door that refuses is named.
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| Refusal { code: "policy.method.token".to_owned(), words: "no method".to_owned() })?;
        let caller =
            Caller { app: "conformance".into(), function: "".into(), invocation: "".into(), policy, deadline: Instant::now() + LIMIT };
        let draft = Draft { method, url: url.to_owned(), headers: HeaderMap::new(), body: Bytes::new(), redirect: Redirect::Return };
        let response: Response = self.egress.fetch(&caller, draft).await?;
        let (status, url) = (response.status.as_u16(), response.url.clone());
        response.body.collect(1 << 20).await?;
        Ok(Reached { status, url })
    }
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

/// A denial counts with a code of its class's family and an outside that noticed nothing.
fn denied(case: &Case, refusal: &Refusal, seen: &Seen) -> Verdict {
    match belongs(&case.class, &refusal.code) {
        None => return Verdict::Skipped(format!("no family of codes is listed for class {}", case.class)),
        Some(false) => return Verdict::Failed(format!("refused for another reason: {refusal}")),
        Some(true) => {}
    }
    if seen.connections > 0 {
        return Verdict::Failed(format!("refused, but the peer saw {} connections: {refusal}", seen.connections));
    }
    if seen.queries > 0 && !refusal.code.starts_with("egress.addr.") {
        return Verdict::Failed(format!("refused by rule, but {} DNS queries had left: {refusal}", seen.queries));
    }
    Verdict::Passed
}
