//! Heads, chunks, trailers and ends.

use super::{Scene, read, response};
use egret_egress::Draft;
use egret_testkit::{Hostile, Step};
use http::Method;

const OK: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

#[tokio::test]
async fn heads_with_two_readings_are_refused() {
    let fields = [
        "content-length: 5\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 0",
        "content-length: 5\r\ncontent-length: 6",
        "content-length: 5\r\ncontent-length: 5",
        "content-length: 5, 5",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: identity",
        "x-a: a\0b",
        "x a: b",
        "x-a : b",
        "x-a: b\r\n c",
        "x-a: b\nx-c: d",
    ];
    for fields in fields {
        let scene = Scene::sends(format!("{OK}{fields}\r\n\r\n0\r\n\r\n"));
        assert_eq!(scene.failure().await, "egress.protocol.malformed", "{fields:?}");
        scene.peer.until(|seen| seen.ended == 1).await;
    }
    for line in ["HTTP/1.1 1000 X", "HTTP/1.1 99 X", "HTTP/1.1 101 Switching Protocols", "HTTP/1.1 200 O\0K", "HTTP/1.1 200 OK\n"] {
        assert_eq!(Scene::sends(format!("{line}\r\n\r\n")).failure().await, "egress.protocol.malformed", "{line:?}");
    }
    assert_eq!(Scene::sends("HTTP/1.1 200 OK\n\nhello").failure().await, "egress.protocol.malformed");
    assert_eq!(Scene::sends("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n").failure().await, "egress.protocol.malformed");
}

#[tokio::test]
async fn heads_without_an_end_are_cut_off() {
    for (start, more) in [("HTTP/1.1 200 ", "x"), (OK, "a: b\r\n"), ("HTTP/1.1 200 OK\r\nx: ", "y"), ("HTTP/1.1 103 E\r\n", "a: b\r\n")] {
        assert_eq!(Scene::streams(start, more.repeat(1000)).failure().await, "egress.size.response_head", "{start:?}");
    }
}

#[tokio::test]
async fn informational_responses_are_counted() {
    for one in ["HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let answer = |times: usize| format!("{}{OK}content-length: 2\r\n\r\nok", one.repeat(times));
        assert_eq!(Scene::sends(answer(8)).failure().await, "200 OK and 2 bytes");
        assert_eq!(Scene::sends(answer(9)).failure().await, "egress.protocol.informational");
        assert_eq!(Scene::streams("", one.repeat(100)).failure().await, "egress.protocol.informational");
    }
}

#[tokio::test]
async fn chunks_that_are_no_chunks_or_too_many_are_refused() {
    for chunk in
        ["x\r\n", "-1\r\n", "0x5\r\nhello\r\n", "\r\n", "5\nhello\r\n", "5\r\nhelloo\r\n", "5;a\nb\r\nhello\r\n", "fffffffffffffffff\r\n"]
    {
        let scene = Scene::sends(format!("{CHUNKED}{chunk}0\r\n\r\n"));
        assert_eq!(scene.failure().await, "egress.protocol.malformed", "{chunk:?}");
    }
    let flood = Scene::streams(format!("{CHUNKED}5;"), "a".repeat(1000));
    assert_eq!(flood.failure().await, "egress.protocol.malformed", "an extension without an end");
    let extensions = Scene::streams(CHUNKED, format!("1;{}\r\nx\r\n", "a".repeat(1000)));
    assert_eq!(extensions.failure().await, "egress.protocol.malformed", "extensions on every chunk");
    let tiny = vec![Step::ExpectHead, Step::send(CHUNKED), Step::Stream("1\r\nx\r\n".repeat(1000).into())];
    assert_eq!(Scene::with(|config| config.caps.pieces = 1000, tiny).failure().await, "egress.size.pieces");
}

#[tokio::test]
async fn a_body_that_ends_too_early_is_an_error() {
    for body in ["5\r\nhello\r\n", "5\r\nhel", "5\r\nhello\r\n0\r\n", "5\r\nhello\r\n0\r\nx-a: b\r\n"] {
        let scene = Scene::new(vec![Step::ExpectHead, Step::send(format!("{CHUNKED}{body}"))]);
        assert_eq!(scene.failure().await, "egress.protocol.closed_early", "{body:?}");
    }
    let short = Scene::new(vec![Step::ExpectHead, Step::send(format!("{OK}content-length: 100\r\n\r\nabc"))]);
    assert_eq!(short.failure().await, "egress.protocol.closed_early");
}

#[tokio::test]
async fn a_length_over_the_cap_is_refused_before_anything_is_read() {
    let scene = Scene::sends(format!("{OK}content-length: 1000000000000\r\n\r\nabc"));
    let error = scene.fetch(scene.draft()).await.unwrap().body.chunk().await.unwrap_err();
    assert_eq!(error.path(), "egress.size.response_body");
    assert_eq!(scene.house.events()[0].received, 0);
}

#[tokio::test]
async fn trailers_are_handed_on_after_the_end_and_bounded() {
    let fields = "grpc-status: 0\r\ngrpc-status: 1\r\ncontent-length: 9\r\nset-cookie: a=b\r\ntransfer-encoding: chunked\r\n";
    let scene = Scene::sends(format!("{CHUNKED}5\r\nhello\r\n0\r\n{fields}\r\n"));
    let mut response = scene.fetch(scene.draft()).await.unwrap();
    assert!(response.body.trailers().is_empty(), "they have not come yet");
    assert_eq!(read(&mut response.body).await.unwrap(), b"hello");
    let trailers = response.body.trailers();
    assert_eq!(trailers.get_all("grpc-status").iter().collect::<Vec<_>>(), ["0", "1"]);
    assert_eq!(trailers.keys_len(), 1, "{trailers:?}");
    let many = Scene::sends(format!("{CHUNKED}0\r\n{}\r\n", "a: b\r\n".repeat(101)));
    assert!(many.failure().await.starts_with("egress."));
    let endless = Scene::streams(format!("{CHUNKED}0\r\n"), "a: b\r\n".repeat(1000));
    assert!(endless.failure().await.starts_with("egress."));
}

/// Fetches twice; how many connections that took, and what the second call got.
async fn twice(method: Method, first: &str) -> (usize, Vec<u8>) {
    let second = [Step::ExpectHead, Step::send(response("", b"second")), Step::Hold];
    let both = [vec![Step::ExpectHead, Step::send(first.to_owned())], second.to_vec()].concat();
    let scene = Scene::before(|_| {}, Hostile::sequence(vec![both, second.to_vec()]));
    scene.whole(Draft { method, ..scene.draft() }).await.unwrap();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let second = scene.whole(scene.draft()).await;
    (scene.peer.connections(), second.map(|whole| whole.body).unwrap_or_default())
}

#[tokio::test]
async fn bytes_behind_the_end_cost_the_connection_and_never_answer_another_call() {
    let evil = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    let tails = [
        (Method::GET, format!("{OK}content-length: 2\r\n\r\nok{evil}")),
        (Method::GET, format!("{CHUNKED}2\r\nok\r\n0\r\n\r\n{evil}")),
        (Method::GET, format!("HTTP/1.1 204 No Content\r\n\r\n{evil}")),
        (Method::GET, format!("HTTP/1.1 304 Not Modified\r\n\r\n{evil}")),
        (Method::GET, format!("HTTP/1.1 304 Not Modified\r\ncontent-length: 44\r\n\r\n{evil}")),
        (Method::HEAD, format!("{OK}content-length: 44\r\n\r\n{evil}")),
        (Method::HEAD, format!("{OK}\r\nx")),
    ];
    for (method, first) in tails {
        let (connections, second) = twice(method, &first).await;
        assert_eq!(connections, 2, "{first:?}");
        assert_eq!(second, b"second", "{first:?}");
    }
    assert_eq!(twice(Method::GET, "HTTP/1.1 204 No Content\r\n\r\n").await, (1, b"second".to_vec()), "one that ends well is reused");
    assert_eq!(twice(Method::HEAD, &format!("{OK}content-length: 44\r\n\r\n")).await, (1, b"second".to_vec()));
    assert_eq!(twice(Method::GET, &format!("{CHUNKED}2\r\nok\r\n0\r\n\r\n")).await, (1, b"second".to_vec()));
}

#[tokio::test]
async fn a_connection_of_http_1_0_is_not_kept() {
    let scene = Scene::new(vec![Step::ExpectHead, Step::send("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n")]);
    assert_eq!(scene.failure().await, "200 OK and 0 bytes");
    scene.peer.until(|seen| seen.ended == 1).await;
    assert_eq!(scene.failure().await, "200 OK and 0 bytes");
    assert_eq!(scene.peer.connections(), 2);
}

#[tokio::test]
async fn the_second_response_of_a_connection_is_judged_like_the_first() {
    let scene = Scene::new(vec![
        Step::ExpectHead,
        Step::send(response("", b"first")),
        Step::ExpectHead,
        Step::send(format!("{OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")),
        Step::Hold,
    ]);
    assert_eq!(scene.failure().await, "200 OK and 5 bytes");
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.failure().await, "egress.protocol.malformed");
    assert_eq!(scene.peer.connections(), 1);
}
