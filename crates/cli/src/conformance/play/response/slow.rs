//! Peers that are silent or nearly so. The policy's times are divided, and the peer's with them, so that nobody waits for long.

use super::super::scripted::{URL, draft};
use super::{Hurry, Misdeed, OK, Scenario, Stage, sends};
use crate::conformance::Verdict;
use crate::conformance::policies::Limits;
use bytes::Bytes;
use egret_testkit::{Gate, Step};
use http::Method;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::interval;

/// How much faster time goes.
const FASTER: u32 = 20;

impl Hurry {
    /// The limits with those times shortened that a case is about; the others would only fail on a machine that is busy.
    pub fn over(self, mut limits: Limits) -> Limits {
        match self {
            Self::No => {}
            Self::Tls => limits.timeouts.tls /= FASTER,
            Self::FirstByte => limits.timeouts.first_byte /= FASTER,
            Self::Body => (limits.timeouts.between_bytes, limits.total) = (limits.timeouts.between_bytes / FASTER, limits.total / FASTER),
        }
        limits
    }
}

/// Silence from here on.
pub fn stall(place: &str) -> Option<Scenario> {
    let tls: &[&str] = &["egress.timeout.tls"];
    let without_tls = |steps| Misdeed::new(steps, tls).with(|ask| (ask.protocol, ask.hurry) = (None, Hurry::Tls));
    let hurried = |steps, codes, hurry| Misdeed::new(steps, codes).with(|ask| ask.hurry = hurry);
    let misdeed = match place {
        "after_connect" => without_tls(vec![Step::Hold]),
        // A record of 122 bytes is announced, and its first one comes.
        "in_tls" => without_tls(vec![Step::ExpectBytes(5), Step::send(&b"\x16\x03\x03\x00\x7a\x02"[..]), Step::Hold]),
        "after_request" => hurried(vec![Step::ExpectHead, Step::Hold], &["egress.timeout.first_byte"], Hurry::FirstByte),
        "in_headers" | "in_head" => hurried(sends("HTTP/1.1 200 OK\r\nx-a"), &["egress.timeout.first_byte"], Hurry::FirstByte),
        "after_headers" | "in_body" => {
            hurried(sends(format!("{OK}content-length: 100\r\n\r\nabc")), &["egress.timeout.between_bytes"], Hurry::Body)
        }
        _ => return None,
    };
    misdeed.alone()
}

/// A byte every so many milliseconds.
pub fn dripping(every: u64, total: &str, kind: Option<&str>) -> Option<Scenario> {
    let kind = kind.map(|kind| format!("content-type: {kind}\r\n")).unwrap_or_default();
    (total == "infinite").then(|| Scenario::Drip { head: format!("{OK}{kind}\r\nx").into(), every })
}

/// The peer sends the next byte when its gate opens, and the gates open in time.
pub async fn drip(stage: &Stage<'_>, head: Bytes, every: u64) -> Result<Verdict, String> {
    let every = Duration::from_millis(every);
    let count = stage.limits.total.as_millis() / every.as_millis().max(1) + 2;
    let gates: Vec<Gate> = (0..count).map(|_| Gate::new()).collect();
    let mut steps = vec![Step::ExpectHead, Step::Send(head)];
    steps.extend(gates.iter().flat_map(|gate| [Step::Pause(gate.clone()), Step::send("x")]));
    steps.push(Step::Hold);
    let (scene, peer) = stage.set(Hurry::Body, Some("http/1.1"), vec![steps])?;
    let asking = scene.ask("conformance", Arc::clone(&stage.policy), draft(Method::GET, URL));
    let dripping = async {
        let mut ticks = interval(every / FASTER);
        for gate in &gates {
            ticks.tick().await;
            gate.release();
        }
        std::future::pending().await
    };
    let came = tokio::select! {
        came = asking => came,
        () = dripping => return Err("a peer came to its end that has none".to_owned()),
    };
    if came.body.is_empty() {
        return Ok(Verdict::Failed("not even the first byte came".to_owned()));
    }
    Ok(stage.judge(&came, &["egress.timeout.total", "egress.timeout.between_bytes"], &peer, false).await)
}
