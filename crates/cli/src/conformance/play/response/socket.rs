//! WebSockets that break what was agreed on.

use super::super::scripted::{URL, ended};
use super::{Hurry, Scenario, Stage};
use crate::conformance::Verdict;
use crate::conformance::case::{Expect, Socket};
use bytes::Bytes;
use egret_egress::{Error, WebSocket, WsDraft};
use egret_testkit::{Step, frame};
use http::HeaderMap;
use std::sync::Arc;

const PROTOCOL: &[&str] = &["egress.websocket.protocol"];
/// FIN and the opcode of a text, which the reserved bits stand beside.
const TEXT: u8 = 0x81;

/// What is wrong with it; `false` is nothing wrong, and no case.
pub fn misdeed(socket: &Socket) -> Option<Scenario> {
    let agreed = |bytes: Bytes, codes| Some(Scenario::Socket(vec![Step::Upgrade(Bytes::new()), Step::Send(bytes), Step::Hold], codes));
    match socket {
        Socket::Rsv1 { rsv1: true } => agreed(frame(TEXT | 0x40, b"x"), PROTOCOL),
        Socket::Rsv2 { rsv2: true } => agreed(frame(TEXT | 0x20, b"x"), PROTOCOL),
        Socket::Rsv3 { rsv3: true } => agreed(frame(TEXT | 0x10, b"x"), PROTOCOL),
        Socket::Masked { masked: true } => agreed(Bytes::from_static(b"\x81\x81\x01\x02\x03\x04\x60"), PROTOCOL),
        Socket::Rsv1 { .. } | Socket::Rsv2 { .. } | Socket::Rsv3 { .. } | Socket::Masked { .. } => None,
        Socket::Frame { frame_bytes } => {
            let head = [&[TEXT, 127][..], &frame_bytes.to_be_bytes()].concat();
            agreed(head.into(), &["egress.size.websocket_message"])
        }
        Socket::Accept { accept } => {
            let lines = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n";
            let answer = format!("{lines}sec-websocket-accept: {accept}\r\n\r\n");
            Some(Scenario::Socket(super::sends(answer), &["egress.websocket.handshake"]))
        }
    }
}

/// Opens it and reads it to its end.
pub async fn play(stage: &Stage<'_>, steps: Vec<Step>, codes: &[&str]) -> Result<Verdict, String> {
    let (scene, peer) = stage.set(Hurry::No, Some("http/1.1"), vec![steps])?;
    let caller = scene.caller("conformance", Arc::clone(&stage.policy).into());
    let draft = WsDraft { url: URL.replacen("https", "wss", 1), headers: HeaderMap::new(), protocols: Vec::new() };
    let outcome = match scene.egress.websocket(&caller, draft).await {
        Ok(socket) => read(&socket).await,
        Err(error) => Err(error),
    };
    Ok(match (outcome, stage.case.expect) {
        (Ok(messages), _) => Verdict::Failed(format!("{messages} messages came, and a good end")),
        (Err(error), Expect::Allow) => Verdict::Failed(format!("got {}", error.path())),
        (Err(error), Expect::Deny) if ended(&peer).await => stage.counts(&error.into(), codes, &peer),
        (Err(_), Expect::Deny) => Verdict::Failed("refused, but the connection stays open".to_owned()),
    })
}

/// How many messages came before the end.
async fn read(socket: &WebSocket) -> Result<usize, Error> {
    let mut messages = 0;
    while socket.next().await?.is_some() {
        messages += 1;
    }
    Ok(messages)
}
