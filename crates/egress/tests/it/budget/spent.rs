//! What an invocation may spend: calls, calls at once and bytes.

use super::{Scene, at_once, budget};
use crate::house::{House, caller_of, draft, local, policy};
use egret_egress::{Budget, Caller, Code, Draft, Limits, Message, Redirect, RequestBody, WsDraft};
use egret_testkit::{Upstream, WebSocketPeer};
use http::{HeaderMap, Method, Response};
use std::sync::Arc;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_invocation_makes_exactly_its_calls_under_64_tasks() {
    let scene = Arc::new(Scene::answering(Limits::default()));
    let caller = Caller { budget: budget(50, 1_000, 1 << 20), ..scene.caller("a") };
    let mut tasks = JoinSet::new();
    for _ in 0..64 {
        let (scene, caller) = (Arc::clone(&scene), caller.clone());
        tasks.spawn(async move { (scene.get(&caller, "a.test").await, scene.get(&caller, "a.test").await) });
    }
    let mut outcomes = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        let (first, second) = ended.unwrap();
        outcomes.extend([first, second]);
    }
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 50);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err("egress.limit.calls")).count(), 78);
    assert_eq!((scene.upstream.requests().len(), caller.budget.spent().calls, caller.budget.spent().open), (50, 50, 0));
    let error = scene.house.egress.fetch(&caller, draft(&scene.url("a.test", "/"))).await.unwrap_err();
    assert_eq!((error.code(), error.retryable(), error.retry_after()), (Code::Limit, false, None));
}

#[tokio::test]
async fn hops_pay_like_calls() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let upstream = Upstream::http(|_| async { Response::builder().status(302).header("location", "/again").body("").unwrap() });
    let caller = caller_of("a", &policy([local("a.test", upstream.address())]));
    let caller = Caller { budget: budget(3, 1, 100), ..caller };
    let url = format!("http://a.test:{}/", upstream.address().port());
    let error = house.egress.fetch(&caller, Draft { redirect: Redirect::Follow, ..draft(&url) }).await.unwrap_err();
    assert_eq!((error.path(), error.hop(), upstream.requests().len()), ("egress.limit.calls", 3, 3));
    assert_eq!((caller.budget.spent().open, house.egress.load().in_flight), (0, 0));
}

#[tokio::test]
async fn a_call_is_open_until_its_body_has_ended() {
    let scene = Scene::answering(at_once(10, 10));
    let caller = Caller { budget: budget(10, 1, 100), ..scene.caller("a") };
    let mut held = scene.house.egress.fetch(&caller, draft(&scene.url("a.test", "/"))).await.unwrap();
    let error = scene.house.egress.fetch(&caller, draft(&scene.url("a.test", "/"))).await.unwrap_err();
    assert_eq!((error.path(), error.retryable()), ("egress.limit.open", true));
    while held.body.chunk().await.unwrap().is_some() {}
    assert_eq!((caller.budget.spent().open, scene.house.egress.load().in_flight), (0, 0), "read to its end, although it is still there");
    assert_eq!(scene.get(&caller, "a.test").await, Ok(()));
    assert_eq!(caller.budget.spent().calls, 2, "what found no room has cost nothing");
}

#[tokio::test]
async fn what_has_no_body_holds_nothing() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let upstream = Upstream::http(|_| async { Response::builder().status(204).body("").unwrap() });
    let caller = caller_of("a", &policy([local("a.test", upstream.address())]));
    let response = house.egress.fetch(&caller, draft(&format!("http://a.test:{}/", upstream.address().port()))).await.unwrap();
    assert_eq!(house.egress.load().in_flight, 0);
    drop(response);
}

fn post(url: &str, body: RequestBody) -> Draft {
    Draft { method: Method::POST, body, ..draft(url) }
}

async fn echo(bytes: usize, body: RequestBody, budget: &Budget) -> (Result<(), &'static str>, usize) {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let upstream = Upstream::http(move |_| async move { Response::new(vec![b'x'; bytes]) });
    let caller = Caller { budget: budget.clone(), ..caller_of("a", &policy([local("a.test", upstream.address())])) };
    let url = format!("http://a.test:{}/", upstream.address().port());
    let outcome = match house.egress.fetch(&caller, post(&url, body)).await {
        Ok(response) => response.body.collect(10_000_000).await.map(drop).map_err(|error| error.path()),
        Err(error) => Err(error.path()),
    };
    (outcome, upstream.requests().len())
}

#[tokio::test]
async fn bytes_of_both_directions_are_paid_and_streams_too() {
    let stream = |pieces: usize| {
        RequestBody::stream(futures_util::stream::iter((0..pieces).map(|_| Ok::<_, ()>(bytes::Bytes::from(vec![0; 1_000])))))
    };
    let bytes = |number: usize| RequestBody::from(vec![0; number]);
    let spend = budget(100, 1, 100_000);
    assert_eq!(echo(50_000, bytes(20_000), &spend).await, (Ok(()), 1));
    assert_eq!(spend.spent().bytes, 70_000);
    assert_eq!(echo(1, bytes(30_001), &spend).await, (Err("egress.limit.bytes"), 0), "what says its length is refused beforehand");
    assert_eq!(echo(1, stream(31), &spend).await, (Err("egress.limit.bytes"), 0), "a stream is cut");
    let spent = spend.spent().bytes;
    assert!((70_000..=100_000).contains(&spent), "{spent}");
    let spend = budget(100, 1, 100_000);
    assert_eq!(echo(95_000, stream(5), &spend).await, (Ok(()), 1), "to the last byte");
    assert_eq!(echo(1, RequestBody::Empty, &spend).await, (Err("egress.limit.bytes"), 1), "what comes is paid too");
}

#[tokio::test]
async fn a_websocket_is_a_call_and_its_messages_are_paid() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let peer = WebSocketPeer::plain();
    let caller = caller_of("a", &policy([local("a.test", peer.address())]));
    let caller = Caller { budget: budget(10, 1, 100), ..caller };
    let draft = WsDraft { url: format!("ws://a.test:{}/", peer.address().port()), headers: HeaderMap::new(), protocols: Vec::new() };
    let socket = house.egress.websocket(&caller, draft.clone()).await.unwrap();
    assert_eq!((house.egress.load().in_flight, caller.budget.spent().open), (1, 1));
    assert_eq!(house.egress.websocket(&caller, draft.clone()).await.unwrap_err().path(), "egress.limit.open");
    socket.send(Message::Text("x".repeat(40))).await.unwrap();
    assert!(socket.next().await.unwrap().is_some());
    assert_eq!(caller.budget.spent().bytes, 80);
    assert_eq!(socket.send(Message::Text("x".repeat(21))).await.unwrap_err().path(), "egress.limit.bytes");
    socket.send(Message::Text("x".repeat(15))).await.unwrap();
    assert_eq!(socket.next().await.unwrap_err().path(), "egress.limit.bytes", "the echo is too much");
    drop(socket);
    while house.egress.load().in_flight > 0 || caller.budget.spent().open > 0 {
        tokio::task::yield_now().await;
    }
}
