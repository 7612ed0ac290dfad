//! WebSockets: what works, what is refused before it begins, and what ends one.

mod broken;
mod refused;

use crate::house::{House, caller, local, policy};
use bytes::Bytes;
use egret_egress::{Caller, Config, Error, Grants, Message, Outcome, WebSocket, WsDraft};
use egret_policy::Policy;
use egret_testkit::{Hostile, Step, WebSocketPeer, client_frames, frame, server_config};
use http::{HeaderMap, HeaderValue};
use std::net::SocketAddr;
use std::sync::Arc;

/// First bytes of frames: FIN and the opcode.
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

fn draft(url: &str) -> WsDraft {
    WsDraft { url: url.to_owned(), headers: HeaderMap::new(), protocols: Vec::new() }
}

fn ws(peer: SocketAddr) -> String {
    format!("ws://a.test:{}/chat?room=1", peer.port())
}

fn text(words: &str) -> Message {
    Message::Text(words.to_owned())
}

fn house(change: impl FnOnce(&mut Config)) -> House {
    let house = House::with(change);
    house.zone.addresses("a.test", &["127.0.0.1"]);
    house
}

async fn open(house: &House, peer: SocketAddr) -> Result<WebSocket, Error> {
    house.egress.websocket(&caller(&policy([local("a.test", peer)])), draft(&ws(peer))).await
}

/// A peer that agrees and then does as it is told.
fn agreeing(steps: impl IntoIterator<Item = Step>) -> Hostile {
    Hostile::script([Step::Upgrade(Bytes::new())].into_iter().chain(steps).collect())
}

/// The frames of the one connection that a scripted peer had.
fn frames(peer: &Hostile) -> Vec<(u8, Vec<u8>)> {
    client_frames(&peer.seen().received[0])
}

/// Waits for the one event: it comes with the end of the socket's task.
async fn event(house: &House) -> egret_egress::Event {
    while house.events().is_empty() {
        tokio::task::yield_now().await;
    }
    house.events().remove(0)
}

#[tokio::test]
async fn a_websocket_carries_messages_both_ways_and_leaves_one_event() {
    let house = house(|_| {});
    let peer = WebSocketPeer::plain();
    let mut draft = draft(&ws(peer.address()));
    draft.headers.insert("origin", HeaderValue::from_static("https://app.test"));
    draft.protocols = vec!["chat.v2".to_owned(), "chat".to_owned()];
    let socket = house.egress.websocket(&caller(&policy([local("a.test", peer.address())])), draft).await.unwrap();
    assert_eq!(socket.protocol(), Some("chat.v2"));
    let bytes = Message::Binary(Bytes::from(vec![7; 70_000]));
    for message in [text("h\u{e9}llo"), text(""), bytes.clone()] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap(), Some(message));
    }
    assert_eq!((socket.closed(), house.events().len()), (None, 0));
    socket.close(4321, "done").await.unwrap();
    assert_eq!((socket.next().await.unwrap(), socket.closed()), (None, Some((4321, "done".to_owned()))));
    assert_eq!(socket.send(text("late")).await.unwrap_err().path(), "egress.websocket.closed");
    let heard = peer.until(|heard| heard.ended == 1).await;
    assert_eq!(heard.closes, [(4321, "done".to_owned())]);
    let [head] = &heard.heads[..] else { panic!("{heard:?}") };
    assert_eq!((head["origin"].as_bytes(), head["sec-websocket-protocol"].as_bytes()), (&b"https://app.test"[..], &b"chat.v2, chat"[..]));
    assert!(!head.contains_key("sec-websocket-extensions"));
    let event = event(&house).await;
    assert_eq!((event.outcome, event.status, event.sent, event.received), (Outcome::Answered, Some(101), 70_006, 70_006));
    assert!(!event.target.unwrap().to_string().contains("room"));
}

#[tokio::test]
async fn a_websocket_over_tls_offers_http_1_alone() {
    let house = house(|_| {});
    let mut config = (*server_config(house.authority.leaf(&["a.test"]))).clone();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let peer = WebSocketPeer::tls(Arc::new(config));
    let url = format!("wss://a.test:{}/", peer.address().port());
    let socket = house.egress.websocket(&caller(&policy([local("a.test", peer.address())])), draft(&url)).await.unwrap();
    socket.send(text("over tls")).await.unwrap();
    assert_eq!(socket.next().await.unwrap(), Some(text("over tls")));
    assert_eq!(peer.heard().alpn, [Some(b"http/1.1".to_vec())]);
}

#[tokio::test]
async fn a_websocket_is_read_and_written_at_the_same_time() {
    let house = house(|_| {});
    let peer = WebSocketPeer::plain();
    let socket = open(&house, peer.address()).await.unwrap();
    // More than the buffers on the way hold: who only writes, or only reads, gets stuck.
    let message = Message::Binary(Bytes::from(vec![1; 1 << 20]));
    let writing = async {
        for _ in 0..9 {
            socket.send(message.clone()).await.unwrap();
        }
    };
    let reading = async {
        for _ in 0..9 {
            assert_eq!(socket.next().await.unwrap().as_ref(), Some(&message));
        }
    };
    tokio::join!(writing, reading);
}

#[tokio::test]
async fn frames_that_come_with_the_head_and_pieces_of_a_message_are_read() {
    let pieces = [frame(TEXT, b"first"), frame(0x01, b"\xe2"), frame(PING, b"p"), frame(0x00, b"\x82"), frame(0x80, b"\xac")].concat();
    let peer = Hostile::script(vec![Step::Upgrade(Bytes::new()), Step::send(pieces), Step::Hold]);
    let house = house(|_| {});
    let socket = open(&house, peer.address()).await.unwrap();
    assert_eq!(socket.next().await.unwrap(), Some(text("first")));
    assert_eq!(socket.next().await.unwrap(), Some(text("\u{20ac}")));
    peer.until(|seen| client_frames(&seen.received[0]) == [(PONG, b"p".to_vec())]).await;
}

#[tokio::test]
async fn the_peers_close_is_answered_with_its_own_code() {
    let close = |code: u16, words: &str| frame(CLOSE, &[&code.to_be_bytes(), words.as_bytes()].concat());
    for (sent, closed, answered) in [
        (close(1001, "going"), (1001, "going"), &1001_u16.to_be_bytes()[..]),
        (close(4999, ""), (4999, ""), &4999_u16.to_be_bytes()),
        (frame(CLOSE, b""), (1005, ""), b""),
    ] {
        let house = house(|_| {});
        let peer = agreeing([Step::send(frame(TEXT, b"last")), Step::send(sent), Step::Hold]);
        let socket = open(&house, peer.address()).await.unwrap();
        assert_eq!(socket.next().await.unwrap(), Some(text("last")));
        assert_eq!(socket.next().await.unwrap(), None);
        assert_eq!(socket.closed(), Some((closed.0, closed.1.to_owned())));
        assert_eq!(socket.send(text("late")).await.unwrap_err().path(), "egress.websocket.closed");
        peer.until(|seen| seen.ended == 1).await;
        assert_eq!(frames(&peer), [(CLOSE, answered.to_vec())]);
        assert_eq!(event(&house).await.outcome, Outcome::Answered);
    }
}

#[tokio::test]
async fn a_caller_cannot_send_close_codes_that_are_not_its_own() {
    let house = house(|_| {});
    let peer = agreeing([Step::Hold]);
    let socket = open(&house, peer.address()).await.unwrap();
    for code in [0, 1001, 1005, 1006, 1015, 2999, 5000] {
        assert_eq!(socket.close(code, "").await.unwrap_err().path(), "egress.websocket.close_code", "{code}");
    }
    assert_eq!(socket.closed(), None, "the socket is still open");
}

#[tokio::test]
async fn a_dropped_websocket_closes_its_connection_at_once() {
    let house = house(|_| {});
    let peer = agreeing([Step::Hold]);
    let socket = open(&house, peer.address()).await.unwrap();
    drop(socket);
    peer.until(|seen| seen.ended == 1).await;
    assert!(frames(&peer).is_empty(), "nothing was said");
    let event = event(&house).await;
    assert_eq!((event.outcome, event.status), (Outcome::Abandoned, Some(101)));
}

#[tokio::test]
async fn a_revoked_grant_ends_the_websocket_and_another_change_does_not() {
    let house = house(|_| {});
    let peer = agreeing([Step::send(frame(TEXT, b"one")), Step::Hold]);
    let rule = || local("a.test", peer.address());
    let grants = Grants::from(policy([rule()]));
    let caller = Caller { grants: grants.clone(), ..caller(&policy([])) };
    let socket = house.egress.websocket(&caller, draft(&ws(peer.address()))).await.unwrap();
    assert_eq!(socket.next().await.unwrap(), Some(text("one")));
    grants.swap(policy([rule(), local("b.test", peer.address())]));
    socket.send(text("still allowed")).await.unwrap();
    peer.until(|seen| client_frames(&seen.received[0]) == [(TEXT, b"still allowed".to_vec())]).await;
    grants.swap(Policy::nothing());
    assert_eq!(socket.next().await.unwrap_err().path(), "policy.rule.no_host");
    assert_eq!(socket.next().await.unwrap(), None);
    assert_eq!(socket.send(text("late")).await.unwrap_err().path(), "policy.rule.no_host");
    peer.until(|seen| seen.ended == 1).await;
    assert_eq!(frames(&peer).last(), Some(&(CLOSE, 1008_u16.to_be_bytes().to_vec())));
    assert!(matches!(event(&house).await.outcome, Outcome::Failed(reason) if reason.path() == "policy.rule.no_host"));
}
