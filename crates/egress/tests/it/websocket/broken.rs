//! Peers that break the protocol, flood, fall silent or die: each ends in its own code, and what they may cost is bounded.

use super::{CLOSE, PING, PONG, TEXT, agreeing, draft, event, frames, house, open, text, ws};
use crate::house::{caller, local, policy};
use bytes::Bytes;
use egret_egress::{Caller, Config, Message, Outcome};
use egret_testkit::{Step, client_frames, frame};
use std::time::Duration;
use tokio::time::Instant;

/// The code under which a socket fails, and the close code that the peer is told, if it is told any.
async fn failure(change: impl FnOnce(&mut Config), steps: Vec<Step>) -> (String, Option<u16>) {
    let house = house(change);
    let peer = agreeing(steps);
    let socket = open(&house, peer.address()).await.unwrap();
    let error = loop {
        match socket.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a good end: {:?}", socket.closed()),
            Err(error) => break error,
        }
    };
    assert_eq!((socket.next().await.unwrap(), socket.closed()), (None, Some((1006, String::new()))));
    peer.until(|seen| seen.ended == 1).await;
    assert_eq!(event(&house).await.outcome, Outcome::Failed(error.reason().clone()));
    let close = frames(&peer).into_iter().rfind(|(first, _)| *first == CLOSE);
    (error.path().to_owned(), close.map(|(_, payload)| u16::from_be_bytes([payload[0], payload[1]])))
}

fn protocol(code: u16) -> (String, Option<u16>) {
    ("egress.websocket.protocol".to_owned(), Some(code))
}

#[tokio::test]
async fn a_peer_that_breaks_the_websocket_protocol_is_told_and_left() {
    let masked = Bytes::from_static(b"\x81\x81\x01\x02\x03\x04\x60");
    let long_way = Bytes::from_static(b"\x81\x7e\x00\x01a");
    let broken = [
        ("a frame of an extension, RSV1", frame(0xc1, b"x")),
        ("RSV2", frame(0xa1, b"x")),
        ("RSV3", frame(0x91, b"x")),
        ("an unknown kind of data", frame(0x83, b"x")),
        ("an unknown kind of control", frame(0x8b, b"x")),
        ("a masked frame", masked),
        ("a length that is longer than it must be", long_way),
        ("a ping in pieces", frame(0x09, b"x")),
        ("a ping that is too long", frame(PING, &[0; 126])),
        ("a piece of nothing", frame(0x80, b"x")),
        ("a message within a message", [frame(0x01, b"x"), frame(0x81, b"x")].concat().into()),
        ("half a close code", frame(CLOSE, b"\x03")),
        ("the close code 1005", frame(CLOSE, &1005_u16.to_be_bytes())),
        ("the close code 1006", frame(CLOSE, &1006_u16.to_be_bytes())),
        ("the close code 1015", frame(CLOSE, &1015_u16.to_be_bytes())),
    ];
    for (what, bytes) in broken {
        assert_eq!(failure(|_| {}, vec![Step::Send(bytes), Step::Hold]).await, protocol(1002), "{what}");
    }
    for (what, bytes) in [
        ("a text", frame(TEXT, b"\xff")),
        ("a text that ends within a character", frame(TEXT, b"\xe2\x82")),
        ("a piece of a text", frame(0x01, b"\xc0")),
        ("words of a close frame", frame(CLOSE, b"\x03\xe8\xff")),
    ] {
        assert_eq!(failure(|_| {}, vec![Step::Send(bytes), Step::Hold]).await, protocol(1007), "{what}");
    }
}

#[tokio::test]
async fn a_message_over_its_cap_is_refused_before_it_is_read() {
    // Only the head of a frame comes: nothing waits for the rest.
    let announced = Bytes::from_static(b"\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x01");
    let endless = Bytes::from_static(b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff");
    let size = ("egress.size.websocket_message".to_owned(), Some(1009));
    for head in [announced, endless] {
        assert_eq!(failure(|_| {}, vec![Step::Send(head), Step::Hold]).await, size);
    }
    let small = |config: &mut Config| config.caps.websocket.message = 10;
    assert_eq!(failure(small, vec![Step::Send(frame(TEXT, b"12345678901")), Step::Hold]).await, size);
    let pieces = [frame(0x01, b"123456"), frame(0x00, b"78901")].concat();
    assert_eq!(failure(small, vec![Step::send(pieces), Step::Hold]).await, size);
    let small_frames = |config: &mut Config| config.caps.websocket.frame = 10;
    assert_eq!(failure(small_frames, vec![Step::Send(frame(TEXT, b"12345678901")), Step::Hold]).await, size);
}

#[tokio::test]
async fn all_messages_together_are_bounded_both_ways() {
    let stream = vec![Step::Stream(frame(0x82, &[0; 1000])), Step::Hold];
    let (code, _) = failure(|config| config.caps.response_body = 5_500, stream).await;
    assert_eq!(code, "egress.size.response_body");
    let house = house(|config| (config.caps.request_body, config.caps.websocket.message) = (10, 8));
    let peer = agreeing([Step::Hold]);
    let socket = open(&house, peer.address()).await.unwrap();
    assert_eq!(socket.send(text("123456789")).await.unwrap_err().path(), "egress.size.websocket_message");
    socket.send(text("12345678")).await.unwrap();
    assert_eq!(socket.send(text("123")).await.unwrap_err().path(), "egress.size.request_body");
    socket.send(text("12")).await.unwrap();
    let seen = peer.until(|seen| client_frames(&seen.received[0]).len() == 2).await;
    assert_eq!(client_frames(&seen.received[0]), [(TEXT, b"12345678".to_vec()), (TEXT, b"12".to_vec())]);
}

/// A peer that repeats one frame until the caller's deadline: how much of it was read.
async fn flood(first: Option<Bytes>, frame: Bytes) -> (u64, usize) {
    // The time from the first frame to the deadline earns one frame beside the burst, however slow the machine is.
    let house = house(|config| (config.caps.websocket.rate, config.caps.websocket.burst) = (1, 5));
    let peer = agreeing(first.map(Step::Send).into_iter().chain([Step::Stream(frame)]));
    let deadline = Instant::now() + Duration::from_secs(1);
    let caller = Caller { deadline, ..caller(&policy([local("a.test", peer.address())])) };
    let socket = house.egress.websocket(&caller, draft(&ws(peer.address()))).await.unwrap();
    let error = socket.next().await.unwrap_err();
    assert_eq!((error.path(), error.phase()), ("egress.timeout.total", Some("total")));
    peer.until(|seen| seen.ended == 1).await;
    let pongs = frames(&peer).iter().filter(|(first, _)| *first == PONG).count();
    (event(&house).await.received, pongs)
}

#[tokio::test]
async fn floods_of_pieces_and_pings_are_read_at_the_rate_and_no_faster() {
    let (received, _) = flood(Some(frame(0x02, b"")), frame(0x00, b"x")).await;
    assert!((1..=5).contains(&received), "{received} pieces");
    let (_, pongs) = flood(None, frame(PING, b"x")).await;
    assert!(pongs <= 6, "{pongs} pongs");
    let (_, pongs) = flood(None, frame(PONG, b"")).await;
    assert_eq!(pongs, 0);
}

#[tokio::test]
async fn a_caller_that_does_not_read_stops_the_peer() {
    let house = house(|config| config.caps.websocket.burst = 1_000_000);
    let peer = agreeing([Step::Stream(frame(0x82, &[0; 100_000]))]);
    let socket = open(&house, peer.address()).await.unwrap();
    socket.next().await.unwrap();
    socket.send(text("done")).await.unwrap();
    drop(socket);
    let received = event(&house).await.received;
    // What was delivered, what waits, and the one in hand; the caps would have allowed 100 MiB.
    assert!(received <= 700_000, "{received} bytes were read");
}

#[tokio::test]
async fn a_silent_peer_is_asked_and_then_left() {
    let quick = |config: &mut Config| config.timeouts.between_bytes = Duration::from_millis(200);
    let house = house(quick);
    let peer = agreeing([Step::Hold]);
    let socket = open(&house, peer.address()).await.unwrap();
    assert_eq!(socket.next().await.unwrap_err().path(), "egress.timeout.between_bytes");
    peer.until(|seen| seen.ended == 1).await;
    assert_eq!(frames(&peer).first(), Some(&(PING, Vec::new())));
}

#[tokio::test]
async fn a_peer_that_answers_pings_is_kept() {
    let house = house(|config| {
        config.caps.websocket.ping = Duration::from_millis(1);
        config.timeouts.between_bytes = Duration::from_secs(20);
    });
    let peer = egret_testkit::WebSocketPeer::plain();
    let socket = open(&house, peer.address()).await.unwrap();
    for _ in 0..50 {
        socket.send(text("still there")).await.unwrap();
        assert_eq!(socket.next().await.unwrap(), Some(text("still there")));
    }
    socket.close(1000, "").await.unwrap();
}

#[tokio::test]
async fn a_peer_that_vanishes_is_no_good_end() {
    let early = ("egress.protocol.closed_early".to_owned(), None);
    assert_eq!(failure(|_| {}, vec![Step::send(frame(TEXT, b"x"))]).await, early);
    assert_eq!(failure(|_| {}, vec![Step::send(frame(TEXT, b"x")), Step::Reset]).await, early);
    assert_eq!(failure(|_| {}, vec![Step::Send(frame(TEXT, b"half").slice(..3))]).await, early);
}

#[tokio::test]
async fn a_websocket_lives_no_longer_than_its_caller() {
    let house = house(|_| {});
    let peer = agreeing([Step::Hold]);
    let deadline = Instant::now() + Duration::from_millis(500);
    let caller = Caller { deadline, ..caller(&policy([local("a.test", peer.address())])) };
    let socket = house.egress.websocket(&caller, draft(&ws(peer.address()))).await.unwrap();
    // Nobody reads: it ends all the same.
    peer.until(|seen| seen.ended == 1).await;
    assert_eq!(frames(&peer), [(CLOSE, 1001_u16.to_be_bytes().to_vec())]);
    assert_eq!(socket.send(text("late")).await.unwrap_err().phase(), Some("total"));
    assert_eq!(socket.next().await.unwrap_err().phase(), Some("total"));
}

#[tokio::test]
async fn a_peer_that_never_answers_a_close_is_left() {
    let house = house(|config| config.timeouts.between_bytes = Duration::from_millis(200));
    let peer = agreeing([Step::Stream(frame(TEXT, b"talking on"))]);
    let socket = open(&house, peer.address()).await.unwrap();
    assert_eq!(socket.close(1000, "bye").await.unwrap_err().path(), "egress.timeout.between_bytes");
    peer.until(|seen| seen.ended == 1).await;
}

#[tokio::test]
async fn a_peer_that_reads_nothing_is_left() {
    let house = house(|config| config.timeouts.between_bytes = Duration::from_millis(200));
    // It talks without end and never reads, so that only our writing can fail.
    let peer = agreeing([Step::Stream(frame(PONG, b""))]);
    let socket = open(&house, peer.address()).await.unwrap();
    let message = Message::Binary(Bytes::from(vec![0; 1 << 20]));
    let error = loop {
        if let Err(error) = socket.send(message.clone()).await {
            break error;
        }
    };
    assert_eq!(error.path(), "egress.timeout.between_bytes");
}
