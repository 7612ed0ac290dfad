//! Handshakes that never become a socket: refused by the law, or by us because the answer is not the one that was asked for.

use super::{agreeing, draft, event, house, open, ws};
use crate::house::{House, caller, local, policy};
use bytes::Bytes;
use egret_egress::{Caller, Code, Grants, Outcome, Reason, WsDraft};
use egret_policy::{Policy, RouteSpec, RuleSpec};
use egret_testkit::{Hostile, Listener, Step};
use http::HeaderValue;
use std::time::Duration;
use tokio::time::Instant;

async fn refusal(house: &House, rules: impl IntoIterator<Item = RuleSpec>, draft: WsDraft) -> String {
    house.egress.websocket(&caller(&policy(rules)), draft).await.unwrap_err().path().to_owned()
}

#[tokio::test]
async fn a_websocket_that_no_rule_allows_is_refused_before_dns() {
    let house = house(|_| {});
    let listener = Listener::silent();
    let rule = || RuleSpec { routes: Some(vec![RouteSpec::path("/other")]), ..local("a.test", listener.address()) };
    assert_eq!(refusal(&house, [RuleSpec::host("b.test")], draft("wss://a.test/")).await, "policy.rule.no_host");
    assert_eq!(refusal(&house, [rule()], draft(&ws(listener.address()))).await, "policy.rule.path");
    assert_eq!(refusal(&house, [RuleSpec::host("a.test")], draft("ws://a.test:443/")).await, "policy.rule.scheme");
    let post = RuleSpec { routes: Some(vec![RouteSpec { methods: Some(vec!["POST".to_owned()]), ..RouteSpec::path("/**") }]), ..rule() };
    assert_eq!(refusal(&house, [post], draft(&ws(listener.address()))).await, "policy.rule.method");
    assert!(house.zone.queries().is_empty());
    listener.assert_untouched();
    assert_eq!(house.events().len(), 4, "each left its event");
    assert!(house.events()[0].change.is_some(), "what would allow it is found");
}

#[tokio::test]
async fn a_websocket_to_a_private_address_is_refused_like_any_request() {
    let house = house(|_| {});
    let listener = Listener::silent();
    let rule = RuleSpec { private: Vec::new(), ..local("a.test", listener.address()) };
    assert_eq!(refusal(&house, [rule], draft(&ws(listener.address()))).await, "egress.addr.loopback");
    listener.assert_untouched();
}

#[tokio::test]
async fn only_the_schemes_of_websockets_open_one() {
    let house = house(|_| {});
    for url in ["https://a.test/", "http://a.test/", "wss:a.test", "ftp://a.test/", "", " wss://a.test/"] {
        assert_eq!(refusal(&house, [RuleSpec::host("a.test")], draft(url)).await, "policy.target.scheme", "{url:?}");
    }
    for (url, code) in [
        ("wss://https://a.test/", "policy.path.empty_segment"),
        ("wss://a.test:x/", "policy.target.port"),
        ("wss://u@a.test/", "policy.target.userinfo"),
    ] {
        assert_eq!(refusal(&house, [RuleSpec::host("a.test")], draft(url)).await, code, "{url:?}");
    }
    assert!(house.zone.queries().is_empty());
    assert_eq!(house.events().len(), 9, "each left its event");
}

#[tokio::test]
async fn the_handshakes_own_fields_are_the_kernels() {
    let house = house(|_| {});
    let own = ["connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-accept"];
    for name in own.into_iter().chain(["sec-websocket-protocol"]) {
        let mut draft = draft("wss://a.test/");
        draft.headers.insert(name, HeaderValue::from_static("x"));
        assert_eq!(refusal(&house, [RuleSpec::host("a.test")], draft).await, "policy.header.framing", "{name}");
    }
    let twice = WsDraft { protocols: vec!["a".to_owned(); 2], ..draft("wss://a.test/") };
    assert_eq!(refusal(&house, [RuleSpec::host("a.test")], twice).await, "policy.header.name");
}

#[tokio::test]
async fn a_redirected_handshake_is_refused_and_not_followed() {
    let house = house(|_| {});
    let elsewhere = Listener::silent();
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let answer = format!("HTTP/1.1 {status}\r\nlocation: http://a.test:{}/\r\n\r\n", elsewhere.address().port());
        let peer = Hostile::script(vec![Step::ExpectHead, Step::send(answer), Step::Hold]);
        let error = open(&house, peer.address()).await.unwrap_err();
        assert_eq!((error.code(), error.path()), (Code::Blocked, "policy.redirect.refused"), "{status}");
        peer.until(|seen| seen.ended == 1).await;
    }
    elsewhere.assert_untouched();
}

/// What an answer that was not asked for comes to.
async fn answered(peer: Hostile, protocols: &[&str]) -> Reason {
    let house = house(|_| {});
    let draft = WsDraft { protocols: protocols.iter().map(|name| (*name).to_owned()).collect(), ..draft(&ws(peer.address())) };
    let error = house.egress.websocket(&caller(&policy([local("a.test", peer.address())])), draft).await.unwrap_err();
    peer.until(|seen| seen.ended == 1).await;
    let event = event(&house).await;
    assert_eq!(event.outcome, Outcome::Failed(error.reason().clone()));
    error.reason().clone()
}

#[tokio::test]
async fn a_handshake_answered_with_another_status_names_it() {
    for status in ["200 OK", "401 Unauthorized", "426 Upgrade Required", "500 Oops"] {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        let reason = answered(Hostile::script(vec![Step::ExpectHead, Step::send(answer), Step::Hold]), &[]).await;
        assert_eq!((reason.code(), reason.path()), (Code::Protocol, "egress.websocket.handshake"));
        assert!(reason.to_string().contains(&status[..3]), "{reason}");
    }
}

#[tokio::test]
async fn a_handshake_that_is_not_answered_word_for_word_is_refused() {
    const GOOD: &str = "connection: upgrade\r\nupgrade: websocket\r\n";
    let fixed = [
        format!("{GOOD}sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
        GOOD.to_owned(),
        "connection: upgrade\r\nupgrade: h2c\r\n".to_owned(),
        "connection: upgrade\r\n".to_owned(),
    ];
    for lines in fixed {
        let answer = format!("HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n");
        let reason = answered(Hostile::script(vec![Step::ExpectHead, Step::send(answer), Step::Hold]), &[]).await;
        assert_eq!(reason.path(), "egress.websocket.handshake", "{lines}");
    }
    let beside: [(&'static str, &[&str]); 5] = [
        ("sec-websocket-extensions: permessage-deflate\r\n", &[]),
        ("sec-websocket-protocol: chat\r\n", &[]),
        ("sec-websocket-protocol: Chat\r\n", &["chat"]),
        ("sec-websocket-protocol: chat\r\nsec-websocket-protocol: chat\r\n", &["chat"]),
        ("upgrade: websocket\r\n", &[]),
    ];
    for (lines, protocols) in beside {
        let peer = Hostile::script(vec![Step::Upgrade(Bytes::from_static(lines.as_bytes())), Step::Hold]);
        assert_eq!(answered(peer, protocols).await.path(), "egress.websocket.handshake", "{lines}");
    }
}

#[tokio::test]
async fn a_handshakes_head_and_its_wait_are_bounded() {
    let many = Step::Upgrade("a: b\r\n".repeat(100).into());
    assert_eq!(answered(Hostile::script(vec![many, Step::Hold]), &[]).await.path(), "egress.size.response_head");
    let large = Step::Upgrade(format!("a: {}\r\n", "b".repeat(70_000)).into());
    assert_eq!(answered(Hostile::script(vec![large, Step::Hold]), &[]).await.path(), "egress.size.response_head");
    let house = house(|config| config.timeouts.first_byte = Duration::from_millis(100));
    let peer = Hostile::script(vec![Step::ExpectHead, Step::Hold]);
    assert_eq!(open(&house, peer.address()).await.unwrap_err().path(), "egress.timeout.first_byte");
    peer.until(|seen| seen.ended == 1).await;
    let late = Caller { deadline: Instant::now() + Duration::from_millis(100), ..caller(&policy([local("a.test", peer.address())])) };
    let mute = super::house(|_| {});
    let error = mute.egress.websocket(&late, draft(&ws(peer.address()))).await.unwrap_err();
    assert_eq!(error.phase(), Some("total"));
}

#[tokio::test]
async fn a_grant_that_is_revoked_during_the_handshake_ends_it() {
    let house = house(|_| {});
    let peer = Hostile::script(vec![Step::ExpectHead, Step::Hold]);
    let grants = Grants::from(policy([local("a.test", peer.address())]));
    let caller = Caller { grants: grants.clone(), ..caller(&policy([])) };
    let (egress, draft) = (house.egress.clone(), draft(&ws(peer.address())));
    let opening = tokio::spawn(async move { egress.websocket(&caller, draft).await.map(drop) });
    peer.until(|seen| seen.received.iter().any(|bytes| bytes.ends_with(b"\r\n\r\n"))).await;
    grants.swap(Policy::nothing());
    assert_eq!(opening.await.unwrap().unwrap_err().path(), "policy.rule.no_host");
    peer.until(|seen| seen.ended == 1).await;
}

#[tokio::test]
async fn a_websocket_never_uses_a_kept_connection_nor_leaves_one() {
    let house = house(|_| {});
    let peer = agreeing([Step::Hold]);
    let (one, two) = (open(&house, peer.address()).await.unwrap(), open(&house, peer.address()).await.unwrap());
    assert_eq!(peer.connections(), 2);
    drop((one, two));
    peer.until(|seen| seen.ended == 2).await;
    assert!(!event(&house).await.reused);
}
