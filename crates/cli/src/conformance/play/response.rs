//! Plays what an upstream may answer. Each shape of a case becomes one scenario with a scripted peer behind TLS; a refusal
//! counts with a code of that scenario alone, so that a peer that does nothing cannot pass for one that was refused.

mod bodies;
mod cache;
mod codings;
mod heads;
mod http2;
mod memory;
mod reuse;
mod slow;
mod socket;

use super::scripted::{Came, HOST, Scene, URL, draft, ended};
use super::{Refusal, denied, verdict};
use crate::conformance::Verdict;
use crate::conformance::case::{Answer, Case, Expect};
use crate::conformance::policies::{Limits, Policies};
use bytes::Bytes;
use egret_egress::Decode;
use egret_policy::Policy;
use egret_testkit::{Authority, Hostile, Step, h2, server_config};
use http::Method;
use std::sync::Arc;

/// The beginning of a head.
const OK: &str = "HTTP/1.1 200 OK\r\n";

/// What an upstream does, and what must come of it.
enum Scenario {
    /// Each of these must be refused.
    Refused(Vec<Misdeed>),
    /// The answer is good and must come whole.
    Whole { steps: Vec<Step>, body: Vec<u8> },
    /// Bytes behind the end of an answer to this method, and what the peer does then. The answer may be refused or come; nobody
    /// else may get them.
    Tail { method: Method, answer: Bytes, then: Vec<Step> },
    /// A head whose fields want to be remembered.
    Memory(Bytes),
    /// An answer that may be stored, and who asks for it then.
    Cache(cache::Plan),
    /// A WebSocket that must fail, and the codes under which it may.
    Socket(Vec<Step>, &'static [&'static str]),
    /// A byte now and then, so many milliseconds apart, behind this head.
    Drip { head: Bytes, every: u64 },
}

/// One connection's script, the request that it answers, and how it must end.
struct Misdeed {
    steps: Vec<Step>,
    /// The prefixes of the codes under which it may be refused.
    codes: &'static [&'static str],
    ask: Ask,
}

/// What is particular about a request.
struct Ask {
    decode: Decode,
    /// A POST with this body; a GET without any.
    body: Bytes,
    /// What the peer agrees to by ALPN; `None` where it does not even speak TLS.
    protocol: Option<&'static str>,
    /// Whether times run faster than the policy says.
    hurry: Hurry,
    /// Whether the connection may stay: where the fault is that of one stream among many.
    may_stay: bool,
}

/// Which times are shortened, so that a case about waiting does not wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hurry {
    No,
    Tls,
    FirstByte,
    Body,
}

impl Misdeed {
    fn new(steps: Vec<Step>, codes: &'static [&'static str]) -> Self {
        let ask = Ask { decode: Decode::Auto, body: Bytes::new(), protocol: Some("http/1.1"), hurry: Hurry::No, may_stay: false };
        Self { steps, codes, ask }
    }

    fn with(mut self, change: impl FnOnce(&mut Ask)) -> Self {
        change(&mut self.ask);
        self
    }

    /// As the only one of a scenario.
    fn alone(self) -> Option<Scenario> {
        Some(Scenario::Refused(vec![self]))
    }
}

/// Everything that the scenarios share.
struct Stage<'a> {
    case: &'a Case,
    policy: Arc<Policy>,
    policies: &'a Policies,
    limits: Limits,
}

/// Runs a case and judges what came of it.
pub async fn play(case: &Case, answer: &Answer, policy: Arc<Policy>, policies: &Policies) -> Verdict {
    let limits = match policies.limits(&case.policy) {
        Ok(limits) => limits,
        Err(words) => return Verdict::Skipped(words),
    };
    let Some(scenario) = scenario(answer, &limits) else { return Verdict::Skipped(format!("nothing here plays {answer:?}")) };
    let stage = Stage { case, policy, policies, limits };
    let played = match scenario {
        Scenario::Refused(misdeeds) => stage.refused(misdeeds).await,
        Scenario::Whole { steps, body } => stage.whole(steps, &body).await,
        Scenario::Tail { method, answer, then } => reuse::play(&stage, method, answer, then).await,
        Scenario::Memory(head) => memory::play(&stage, head).await,
        Scenario::Cache(plan) => cache::play(&stage, &plan).await,
        Scenario::Socket(steps, codes) => socket::play(&stage, steps, codes).await,
        Scenario::Drip { head, every } => slow::drip(&stage, head, every).await,
    };
    played.unwrap_or_else(Verdict::Failed)
}

fn scenario(answer: &Answer, limits: &Limits) -> Option<Scenario> {
    match answer {
        Answer::Coded { encoding, wire_bytes, decoded_bytes, window_log } => {
            codings::coded(encoding, *wire_bytes, *decoded_bytes, *window_log, limits)
        }
        Answer::Members { encoding, members } => codings::members(encoding, *members),
        Answer::Miscoded { encoding, body } => codings::miscoded(encoding, body),
        Answer::Encoding { encoding } => codings::listed(encoding),
        Answer::Length { content_length, body, close } => bodies::length(*content_length, body.as_deref(), *close == Some(true), limits),
        Answer::Chunked { chunked, close } => bodies::chunked(chunked, *close == Some(true)),
        Answer::ChunkExtension { chunk_ext_bytes } => bodies::extension(*chunk_ext_bytes),
        Answer::Trailers { trailers_count } => bodies::trailers(*trailers_count),
        Answer::Line { content_type, body, repeat_no_newline: true } => bodies::line(content_type, body),
        Answer::Line { repeat_no_newline: false, .. } => None,
        Answer::Fields { headers_count } => heads::fields(*headers_count),
        Answer::Field { header_bytes } => heads::field(*header_bytes),
        Answer::StatusLine { status_line_bytes } => heads::status_line(*status_line_bytes),
        Answer::Hints { informational } => heads::informational("103 Early Hints", *informational),
        Answer::Continues { informational_100 } => heads::informational("100 Continue", *informational_100),
        Answer::Stored { headers, cache: true, request_has_secret: None } => cache::varying(headers),
        Answer::Stored { headers, cache: true, request_has_secret: Some(true) } => cache::with_secret(headers),
        Answer::Crossing { cache: true, cross_app: true } => cache::crossing(),
        Answer::Stored { .. } | Answer::Crossing { .. } => None,
        Answer::Headers { headers } => heads::listed(headers),
        Answer::Status { status, body: None } => heads::status(*status),
        Answer::Status { status, body: Some(body) } => reuse::behind(Method::GET, *status, body),
        Answer::Method { method, body } => reuse::behind(method.parse().ok()?, 200, body),
        Answer::Raw { raw } => reuse::raw(raw),
        Answer::Drip { drip_ms, total, content_type } => slow::dripping(*drip_ms, total, content_type.as_deref()),
        Answer::Stall { stall } => slow::stall(stall),
        Answer::Http2 { h2 } => http2::named(h2),
        Answer::Socket { ws } => socket::misdeed(ws),
    }
}

impl Stage<'_> {
    /// A kernel, and a peer that plays these scripts behind TLS, or without where there is no protocol.
    fn set(&self, hurry: Hurry, protocol: Option<&str>, scripts: Vec<Vec<Step>>) -> Result<(Scene, Hostile), String> {
        let authority = Authority::new();
        let peer = match protocol {
            Some(protocol) => Hostile::sequence_tls(h2::alpn(server_config(authority.leaf(&[HOST])), &[protocol]), scripts),
            None => Hostile::sequence(scripts),
        };
        let place = peer.address();
        Ok((Scene::set(self.policies, hurry.over(self.limits), &authority, None, move |_| place)?, peer))
    }

    async fn refused(&self, misdeeds: Vec<Misdeed>) -> Result<Verdict, String> {
        for misdeed in misdeeds {
            let (scene, peer) = self.set(misdeed.ask.hurry, misdeed.ask.protocol, vec![misdeed.steps])?;
            let method = if misdeed.ask.body.is_empty() { Method::GET } else { Method::POST };
            let asked = egret_egress::Draft { body: misdeed.ask.body.into(), decode: misdeed.ask.decode, ..draft(method, URL) };
            let came = scene.ask("conformance", Arc::clone(&self.policy), asked).await;
            let judged = self.judge(&came, misdeed.codes, &peer, misdeed.ask.may_stay).await;
            if judged != Verdict::Passed {
                return Ok(judged);
            }
        }
        Ok(Verdict::Passed)
    }

    /// Refused under one of these codes, with no more handed out than the cap and, unless it may stay, the connection gone.
    async fn judge(&self, came: &Came, codes: &[&str], peer: &Hostile, may_stay: bool) -> Verdict {
        let refusal = match (&came.end, self.case.expect) {
            (Ok(status), Expect::Deny) => return Verdict::Failed(format!("answered {status} with {} bytes", came.body.len())),
            (Ok(status), Expect::Allow) => return Verdict::Failed(format!("nothing here knows what must be in this answer of {status}")),
            (Err(refusal), Expect::Allow) => return Verdict::Failed(format!("got {refusal}")),
            (Err(refusal), Expect::Deny) => refusal,
        };
        if came.body.len() as u64 > self.limits.caps.response_body {
            return Verdict::Failed(format!("{} bytes had been handed out: {refusal}", came.body.len()));
        }
        if !may_stay && !ended(peer).await {
            return Verdict::Failed(format!("refused, but the connection stays open: {refusal}"));
        }
        self.counts(refusal, codes, peer)
    }

    /// Whether a refusal counts.
    fn counts(&self, refusal: &Refusal, codes: &[&str], peer: &Hostile) -> Verdict {
        if !codes.iter().any(|prefix| refusal.code.starts_with(prefix)) {
            return Verdict::Failed(format!("refused for another reason: {refusal}"));
        }
        denied(self.case, refusal, peer.connections(), peer.connections(), 1)
    }

    async fn whole(&self, steps: Vec<Step>, body: &[u8]) -> Result<Verdict, String> {
        let (scene, _peer) = self.set(Hurry::No, Some("http/1.1"), vec![steps])?;
        let came = scene.ask("conformance", Arc::clone(&self.policy), draft(Method::GET, URL)).await;
        Ok(match (came.end, self.case.expect) {
            (Err(refusal), _) => Verdict::Failed(format!("got {refusal}")),
            (Ok(status), Expect::Deny) => Verdict::Failed(format!("answered {status} with {} bytes", came.body.len())),
            (Ok(status), Expect::Allow) => verdict(status == 200 && came.body == body, "the answer is another one than was sent"),
        })
    }

    /// The verdict on what must hold however the answer was taken.
    fn holds(&self, holds: bool, otherwise: &str) -> Verdict {
        verdict(holds && self.case.expect == Expect::Deny, otherwise)
    }
}

/// A head, and this after it; then the peer waits.
fn sends(bytes: impl Into<Bytes>) -> Vec<Step> {
    vec![Step::ExpectHead, Step::send(bytes), Step::Hold]
}

/// A head, this, and that again and again.
fn streams(bytes: impl Into<Bytes>, more: impl Into<Bytes>) -> Vec<Step> {
    vec![Step::ExpectHead, Step::send(bytes), Step::Stream(more.into())]
}
