//! Bytes behind the end of an answer: whatever becomes of the first call, the second one has a connection of its own.

use super::super::scripted::{URL, draft};
use super::{Hurry, OK, Scenario, Stage};
use crate::conformance::Verdict;
use crate::conformance::family::belongs;
use bytes::Bytes;
use egret_testkit::Step;
use http::Method;

/// What an honest peer answers on the second connection.
const SECOND: &str = "second";
/// What would be taken for an answer where a connection is used again that must not be.
const SMUGGLED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";

/// An answer with bytes behind its end, on a connection that stays open.
pub fn tail(method: Method, answer: impl Into<Bytes>) -> Option<Scenario> {
    Some(Scenario::Tail { method, answer: answer.into(), then: Vec::new() })
}

/// Bytes behind a head that has no body.
pub fn behind(method: Method, status: u32, body: &str) -> Option<Scenario> {
    let has_none = method == Method::HEAD || [204, 304].contains(&status);
    has_none.then(|| tail(method, format!("HTTP/1.1 {status} X\r\n\r\n{body}")))?
}

/// Bytes as they are, and behind them what only another reading would take for an answer. Nothing but the connection's end may
/// say where such a body ends.
pub fn raw(bytes: &str) -> Option<Scenario> {
    Some(Scenario::Tail { method: Method::GET, answer: format!("{bytes}{SMUGGLED}").into(), then: vec![Step::CloseWrite] })
}

/// Two calls of one app.
pub async fn play(stage: &Stage<'_>, method: Method, answer: Bytes, then: Vec<Step>) -> Result<Verdict, String> {
    let policy = stage.policies.build_with(&stage.case.policy, Some(method.as_str()))?;
    let honest = format!("{OK}content-length: {}\r\n\r\n{SECOND}", SECOND.len());
    let second = vec![Step::ExpectHead, Step::send(honest), Step::Hold];
    // The first connection would answer a second request as well, behind the bytes that nobody asked for.
    let first = [vec![Step::ExpectHead, Step::Send(answer)], then, second.clone()].concat();
    let (scene, peer) = stage.set(Hurry::No, Some("http/1.1"), vec![first, second])?;
    let came = scene.ask("conformance", policy.clone(), draft(method, URL)).await;
    if let Err(refusal) = &came.end
        && belongs(&stage.case.class, &refusal.code) != Some(true)
    {
        return Ok(Verdict::Failed(format!("refused for another reason: {refusal}")));
    }
    let came = scene.ask("conformance", policy, draft(Method::GET, URL)).await;
    let fresh = came.end.is_ok_and(|status| status == 200) && came.body == SECOND.as_bytes() && peer.connections() == 2;
    Ok(stage.holds(fresh, "the second call did not get an answer of its own on a connection of its own"))
}
