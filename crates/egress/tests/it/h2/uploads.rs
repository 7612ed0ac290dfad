//! Bodies of requests as streams, over HTTP/2.

use super::{Scene, answers, got, whole};
use bytes::Bytes;
use egret_egress::{Draft, RequestBody};
use egret_testkit::Step;
use egret_testkit::h2::{self, Block, Frame, Kind, attack, code};
use futures_util::stream;
use http::Method;
use std::time::Duration;

fn post(scene: &Scene, body: RequestBody) -> Draft {
    Draft { method: Method::POST, body, ..scene.draft() }
}

fn once() -> RequestBody {
    RequestBody::stream(stream::iter([Ok::<_, ()>(Bytes::from_static(b"on")), Ok(Bytes::from_static(b"ce"))]))
}

fn endless() -> RequestBody {
    RequestBody::stream(stream::repeat_with(|| Ok::<_, ()>(Bytes::from_static(&[b'x'; 1 << 14]))))
}

#[tokio::test]
async fn a_stream_arrives_whole_over_http2_and_its_connection_is_shared_on() {
    let (scene, upstream) = Scene::honest(|_| {});
    assert_eq!(scene.outcome(post(&scene, once())).await, "200 once");
    assert_eq!(scene.outcome(post(&scene, once())).await, "200 once");
    assert_eq!((upstream.connections(), scene.house.events()[0].sent), (1, 4));
}

#[tokio::test]
async fn a_begun_stream_that_was_refused_is_not_sent_again() {
    let mut steps = h2::asked(&[]);
    steps.extend([Step::ExpectFrame(Kind::DATA), Step::send(Frame::rst_stream(1, code::REFUSED_STREAM)), Step::Hold]);
    let (scene, peer) = Scene::hostile(vec![steps]);
    let (sender, body) = RequestBody::channel();
    sender.send("some").await.unwrap();
    assert_eq!(scene.outcome(post(&scene, body)).await, "egress.protocol.closed_early");
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn a_stream_that_fails_resets_its_request_and_not_its_neighbour() {
    let mut steps = h2::greeted(&[]);
    steps.extend([Step::ExpectFrame(Kind::HEADERS), Step::send(Frame::headers(1, h2::END_HEADERS, Block::status(200)))]);
    steps.extend([Step::ExpectFrame(Kind::RST_STREAM), Step::send(Frame::data(1, h2::END_STREAM, "neighbour")), Step::Hold]);
    let (scene, peer) = Scene::hostile(vec![steps, answers(&[1])]);
    let neighbour = scene.fetch(scene.draft()).await.unwrap();
    let fails = RequestBody::stream(stream::iter([Ok(Bytes::from_static(b"some")), Err(())]));
    assert_eq!(scene.outcome(post(&scene, fails)).await, "egress.body.broken");
    assert_eq!(neighbour.body.collect(100).await.unwrap(), "neighbour");
    assert!(!got(&peer.seen(), 0, |frame| frame.stream == 3 && frame.kind == Kind::DATA && frame.flags & h2::END_STREAM != 0));
    assert_eq!(scene.outcome(scene.draft()).await, "200 ok");
    assert_eq!(peer.connections(), 2, "nobody joins a connection on which a request was broken off");
}

#[tokio::test]
async fn an_early_response_over_http2_wins_and_the_rest_is_cancelled() {
    let mut steps = h2::asked(&[]);
    steps.extend([Step::ExpectFrame(Kind::DATA), Step::Send(whole(1, "no")), Step::Hold]);
    let (scene, peer) = Scene::hostile(vec![steps, answers(&[1])]);
    let (sender, body) = RequestBody::channel();
    sender.send("some").await.unwrap();
    let response = scene.fetch(post(&scene, body)).await.unwrap();
    sender.gone().await;
    assert_eq!(response.body.collect(100).await.unwrap(), "no");
    peer.until(|seen| seen.ended == 1).await;
    assert_eq!(scene.outcome(scene.draft()).await, "200 ok");
    assert_eq!((peer.connections(), scene.house.events()[0].sent), (2, 4));
}

/// The HTTP library waits for a window that never comes, and for nothing else.
#[tokio::test]
async fn what_is_left_of_a_body_does_not_hold_its_connection() {
    let mut steps = h2::asked(&[(h2::INITIAL_WINDOW_SIZE, 0)]);
    steps.extend([Step::Send(whole(1, "no")), Step::Hold]);
    let (scene, peer) = Scene::hostile(vec![steps]);
    assert_eq!(scene.outcome(post(&scene, endless())).await, "200 no");
    peer.until(|seen| seen.ended == 1).await;
}

#[tokio::test]
async fn without_a_window_hardly_anything_is_pulled_and_the_connection_goes_with_the_call() {
    let (scene, peer) =
        Scene::hostile_with(|config| config.timeouts.between_bytes = Duration::from_millis(200), vec![attack::zero_window()]);
    assert_eq!(scene.outcome(post(&scene, endless())).await, "egress.timeout.between_bytes");
    assert!(scene.house.events()[0].sent <= 1 << 20, "{} bytes are held", scene.house.events()[0].sent);
    peer.until(|seen| seen.ended == 1).await;
}
