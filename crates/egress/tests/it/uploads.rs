//! Bodies of requests as streams: sent as they come, once, within bounds, and given up the moment nobody wants them.

use crate::house::{House, caller, draft, local, policy};
use bytes::Bytes;
use egret_egress::{Code, Config, Draft, Error, Redirect, RequestBody, Response as Answer};
use egret_testkit::{Hostile, Listener, Step, Upstream};
use futures_util::stream;
use http::{Method, Response};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A house that may reach one peer.
struct Scene {
    house: House,
    peer: SocketAddr,
}

impl Scene {
    fn new(peer: SocketAddr) -> Self {
        Self::with(|_| {}, peer)
    }

    fn with(change: impl FnOnce(&mut Config), peer: SocketAddr) -> Self {
        let house = House::with(change);
        house.zone.addresses("a.test", &["127.0.0.1"]);
        Self { house, peer }
    }

    fn post(&self, body: RequestBody) -> Draft {
        Draft { method: Method::POST, body, ..draft(&format!("http://a.test:{}/", self.peer.port())) }
    }

    async fn fetch(&self, draft: Draft) -> Result<Answer, Error> {
        self.house.egress.fetch(&caller(&policy([local("a.test", self.peer)])), draft).await
    }

    async fn send(&self, body: RequestBody) -> Result<Bytes, Error> {
        self.fetch(self.post(body)).await?.body.collect(1 << 20).await
    }

    /// The code under which it fails.
    async fn failure(&self, draft: Draft) -> String {
        match self.fetch(draft).await {
            Ok(response) => format!("answered {}", response.status),
            Err(error) => error.path().to_owned(),
        }
    }
}

/// A stream of these chunks.
fn chunks(chunks: &[&'static str]) -> impl futures_util::Stream<Item = Result<Bytes, ()>> + Send + use<> {
    stream::iter(chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk.as_bytes()))).collect::<Vec<_>>())
}

/// A stream without an end.
fn endless() -> RequestBody {
    RequestBody::stream(stream::repeat_with(|| Ok::<_, ()>(Bytes::from_static(&[b'x'; 1 << 14]))))
}

/// A stream that gives nothing, and tells when it was dropped.
fn silent() -> (RequestBody, std::sync::Weak<()>) {
    let alive = Arc::new(());
    let weak = Arc::downgrade(&alive);
    let chunks = stream::poll_fn(move |_| {
        let _ = &alive;
        std::task::Poll::<Option<Result<Bytes, ()>>>::Pending
    });
    (RequestBody::stream(chunks), weak)
}

fn asked(seen: &egret_testkit::Seen) -> bool {
    seen.received.last().is_some_and(|bytes| bytes.windows(4).any(|four| four == b"\r\n\r\n"))
}

#[tokio::test]
async fn a_stream_arrives_whole_whatever_the_method_and_is_counted() {
    let upstream = Upstream::http(|request| async move { Response::new(request.into_body()) });
    let scene = Scene::new(upstream.address());
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let draft = Draft { method, ..scene.post(RequestBody::stream(chunks(&["one ", "", "two ", "three"]))) };
        let answer = scene.fetch(draft).await.unwrap().body.collect(100).await.unwrap();
        assert_eq!(answer, "one two three");
    }
    assert_eq!(scene.send(RequestBody::stream_of(7, chunks(&["one ", "two", "", "never"]))).await.unwrap(), "one two");
    assert_eq!(scene.send(RequestBody::stream(chunks(&[]))).await.unwrap(), "");
    assert_eq!(scene.send(RequestBody::stream_of(0, chunks(&["never"]))).await.unwrap(), "");
    let requests = upstream.requests();
    assert_eq!(requests[0].headers["transfer-encoding"], "chunked");
    assert!(!requests[3].headers.contains_key("transfer-encoding"));
    assert_eq!(requests[3].headers["content-length"], "7");
    assert_eq!(scene.house.events().iter().map(|event| event.sent).collect::<Vec<_>>(), [13, 13, 13, 7, 0, 0]);
    assert_eq!(upstream.connections(), 1, "a whole body lets its connection be used again");
}

#[tokio::test]
async fn what_a_sender_writes_arrives_while_it_writes() {
    let peer = Hostile::script(vec![Step::ExpectHead, Step::ExpectBytes(8), Step::ExpectBytes(8), Step::send(OK), Step::Hold]);
    let scene = Scene::new(peer.address());
    let (sender, body) = RequestBody::channel();
    let write = async {
        sender.send("one").await.unwrap();
        peer.until(|seen| seen.received.iter().any(|bytes| bytes.ends_with(b"3\r\none\r\n"))).await;
        sender.send("two").await.unwrap();
        sender.finish().await.unwrap();
    };
    let (answer, ()) = tokio::join!(scene.send(body), write);
    assert_eq!(answer.unwrap(), "ok");
}

#[tokio::test]
async fn a_large_body_in_memory_arrives_as_it_was() {
    let upstream = Upstream::http(|request| async move { Response::new(request.into_body()) });
    let scene = Scene::new(upstream.address());
    let large: Vec<u8> = (0..1_000_000_u32).map(|number| number.to_le_bytes()[number as usize % 3]).collect();
    assert_eq!(scene.send(large.clone().into()).await.unwrap(), large);
    assert_eq!(scene.house.events()[0].sent, 1_000_000);
}

#[tokio::test]
async fn a_stream_that_fails_ends_the_call_and_never_looks_whole() {
    let broken = || chunks(&["some"]);
    let (sender, abandoned) = RequestBody::channel();
    sender.send("some").await.unwrap();
    drop(sender);
    let fails = stream::iter([Ok(Bytes::from_static(b"some")), Err("hunter2")]);
    for body in [abandoned, RequestBody::stream(fails), RequestBody::stream_of(9, broken()), RequestBody::stream_of(2, broken())] {
        let peer = Hostile::script(vec![Step::ExpectHead, Step::Hold]);
        let scene = Scene::new(peer.address());
        let error = scene.fetch(scene.post(body)).await.unwrap_err();
        assert_eq!((error.code(), error.path()), (Code::Body, "egress.body.broken"));
        assert!(!format!("{error:?}").contains("hunter2"));
        let seen = peer.until(|seen| seen.ended == 1).await;
        assert!(!seen.received[0].ends_with(b"0\r\n\r\n"), "{:?}", String::from_utf8_lossy(&seen.received[0]));
    }
}

#[tokio::test]
async fn a_stream_over_the_cap_ends_the_call_and_the_connection() {
    let peer = Hostile::script(vec![Step::ExpectHead, Step::Hold]);
    let scene = Scene::with(|config| config.caps.request_body = 100_000, peer.address());
    assert_eq!(scene.failure(scene.post(endless())).await, "egress.size.request_body");
    let seen = peer.until(|seen| seen.ended == 1).await;
    assert!(seen.received[0].len() < 102_000, "{}", seen.received[0].len());
    assert!(scene.house.events()[0].sent <= 100_000);
}

#[tokio::test]
async fn a_stream_that_announces_too_much_is_refused_before_anything_is_sent() {
    let peer = Listener::silent();
    let scene = Scene::with(|config| config.caps.request_body = 100_000, peer.address());
    assert_eq!(scene.failure(scene.post(RequestBody::stream_of(100_001, chunks(&[])))).await, "egress.size.request_body");
    peer.assert_untouched();
}

#[tokio::test]
async fn a_stream_is_sent_once() {
    let upstream = Upstream::http(|request| async move { Response::new(request.into_body()) });
    let scene = Scene::new(upstream.address());
    let draft = scene.post(RequestBody::stream(chunks(&["once"])));
    assert_eq!(scene.failure(draft.clone()).await, "answered 200 OK");
    assert_eq!(scene.failure(draft).await, "egress.body.broken");
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_begun_stream_does_not_follow_a_redirect_that_keeps_the_method() {
    for (status, code) in [(307, "policy.redirect.stream"), (308, "policy.redirect.stream"), (303, "answered 200 OK")] {
        let upstream = Upstream::http(move |request| {
            let status = if request.uri().path() == "/" { status } else { 200 };
            async move { Response::builder().status(status).header("location", "/there").body("").unwrap() }
        });
        let scene = Scene::new(upstream.address());
        let draft = Draft { redirect: Redirect::Follow, ..scene.post(RequestBody::stream(chunks(&["once"]))) };
        assert_eq!(scene.failure(draft).await, code, "{status}");
    }
}

#[tokio::test]
async fn a_kept_connection_that_died_does_not_cost_the_stream() {
    let first = vec![Step::ExpectHead, Step::send(OK)];
    let second = vec![Step::ExpectHead, Step::ExpectBytes(14), Step::send(OK), Step::Hold];
    let peer = Hostile::sequence(vec![first, second]);
    let scene = Scene::new(peer.address());
    scene.send(RequestBody::Empty).await.unwrap();
    peer.until(|seen| seen.ended == 1).await;
    assert_eq!(scene.send(RequestBody::stream(chunks(&["once"]))).await.unwrap(), "ok");
    assert!(peer.seen().received[1].ends_with(b"4\r\nonce\r\n0\r\n\r\n"));
}

#[tokio::test]
async fn an_early_response_wins_and_its_connection_is_not_used_again() {
    let early = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno";
    let peer = Hostile::sequence(vec![
        vec![Step::ExpectHead, Step::ExpectBytes(9), Step::send(early), Step::Hold],
        vec![Step::ExpectHead, Step::send(OK), Step::Hold],
    ]);
    let scene = Scene::new(peer.address());
    let (sender, body) = RequestBody::channel();
    sender.send("some").await.unwrap();
    let response = scene.fetch(scene.post(body)).await.unwrap();
    sender.gone().await;
    assert_eq!((response.status.as_u16(), response.body.collect(100).await.unwrap()), (413, Bytes::from_static(b"no")));
    let seen = peer.until(|seen| seen.ended == 1).await;
    assert!(seen.received[0].ends_with(b"4\r\nsome\r\n"), "nothing more was sent");
    assert_eq!(scene.send(RequestBody::Empty).await.unwrap(), "ok");
    assert_eq!((peer.connections(), scene.house.events()[0].sent), (2, 4));
}

#[tokio::test]
async fn a_peer_that_answers_early_and_closes_is_heard() {
    let early = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno";
    let peer = Hostile::script(vec![Step::ExpectHead, Step::send(early), Step::CloseWrite, Step::Hold]);
    let scene = Scene::new(peer.address());
    let (body, _alive) = silent();
    let response = scene.fetch(scene.post(body)).await.unwrap();
    assert_eq!((response.status.as_u16(), response.body.collect(100).await.unwrap()), (413, Bytes::from_static(b"no")));
    peer.until(|seen| seen.ended == 1).await;
}

#[tokio::test]
async fn a_dropped_call_drops_its_stream_at_once() {
    let peer = Hostile::script(vec![Step::ExpectHead, Step::Hold]);
    let scene = Scene::new(peer.address());
    let (body, alive) = silent();
    let under_way = async {
        peer.until(asked).await;
        assert!(alive.upgrade().is_some());
    };
    tokio::select! {
        _ = scene.send(body) => panic!("the peer never answers"),
        () = under_way => {}
    }
    assert!(alive.upgrade().is_none());
    peer.until(|seen| seen.ended == 1).await;
}

#[tokio::test]
async fn the_wait_for_a_response_begins_with_the_bodys_end() {
    let peer = Hostile::script(vec![Step::ExpectHead, Step::Hold]);
    let scene = Scene::with(|config| config.timeouts.first_byte = Duration::ZERO, peer.address());
    let (sender, body) = RequestBody::channel();
    let mut call = std::pin::pin!(scene.failure(scene.post(body)));
    sender.send("some").await.unwrap();
    tokio::select! {
        failure = &mut call => panic!("{failure} before the body is whole"),
        _ = peer.until(|seen| seen.received.iter().any(|bytes| bytes.ends_with(b"some\r\n"))) => {}
    }
    let (failure, _) = tokio::join!(call, sender.finish());
    assert_eq!(failure, "egress.timeout.first_byte");
}

#[tokio::test]
async fn a_peer_that_takes_nothing_more_is_given_up() {
    let peer = Listener::silent();
    let scene = Scene::with(
        |config| {
            config.timeouts.between_bytes = Duration::from_millis(100);
            config.caps.request_body = usize::MAX;
        },
        peer.address(),
    );
    assert_eq!(scene.failure(scene.post(endless())).await, "egress.timeout.between_bytes");
}
