//! One app that floods, and others that want their share.

use super::{Scene, at_once};
use crate::house::draft;
use egret_egress::{Caller, Code, InFlight, Limits};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

#[tokio::test]
async fn an_app_that_floods_leaves_the_others_their_turns() {
    let scene = Arc::new(Scene::new(at_once(1, 1)));
    let mut calls = JoinSet::new();
    for (app, number) in [("flood", 1), ("flood", 9_999), ("quiet", 100)] {
        let caller = Caller { deadline: Instant::now() + Duration::from_secs(3_600), ..scene.caller(app) };
        for _ in 0..number {
            let (scene, caller) = (Arc::clone(&scene), caller.clone());
            let url = scene.url("a.test", &format!("/{app}"));
            calls.spawn(async move { scene.house.egress.fetch(&caller, draft(&url)).await.unwrap().body.collect(1_000).await.map(drop) });
        }
        // The first one has reached its upstream, and stays there, before the others come.
        while scene.upstream.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    }
    scene.until(1, 10_099).await;
    scene.answers.add_permits(20_000);
    let of = |app: &str| scene.upstream.requests().iter().filter(|request| request.target == app).count();
    while of("/quiet") < 100 {
        calls.join_next().await.unwrap().unwrap().unwrap();
    }
    // One in turn: the hundredth of the quiet app went in as the 199th to the 201st of all, with 9,900 still waiting.
    let before = scene.upstream.requests().iter().rposition(|request| request.target == "/quiet").unwrap();
    assert!(before <= 201, "{before} calls went before the last one of the quiet app");
    calls.shutdown().await;
    scene.until(0, 0).await;
}

#[tokio::test]
async fn an_app_at_its_cap_is_refused_and_the_others_are_not() {
    let in_flight = InFlight { all: 20, app: 10, wait: Duration::ZERO, ..InFlight::default() };
    let scene = Arc::new(Scene::new(Limits { in_flight, ..Limits::default() }));
    let spawn = |calls: &mut JoinSet<_>, app: &str| {
        let (scene, caller) = (Arc::clone(&scene), scene.caller(app));
        calls.spawn(async move { scene.get(&caller, "a.test").await });
    };
    let mut calls = JoinSet::new();
    (0..10).for_each(|_| spawn(&mut calls, "a"));
    scene.until(10, 0).await;
    let error = scene.house.egress.fetch(&scene.caller("a"), draft(&scene.url("a.test", "/"))).await.unwrap_err();
    assert_eq!((error.code(), error.path(), error.retryable()), (Code::Limit, "egress.limit.in_flight_app", true));
    (0..10).for_each(|_| spawn(&mut calls, "b"));
    scene.until(20, 0).await;
    assert_eq!(scene.get(&scene.caller("c"), "a.test").await, Err("egress.limit.in_flight"));
    scene.answers.add_permits(20);
    while let Some(ended) = calls.join_next().await {
        assert_eq!(ended.unwrap(), Ok(()));
    }
    scene.until(0, 0).await;
}

#[tokio::test]
async fn a_refusal_says_when_to_come_again() {
    let in_flight = InFlight { all: 0, app: 0, wait: Duration::from_millis(1), ..InFlight::default() };
    let scene = Scene::new(Limits { in_flight, ..Limits::default() });
    let error = scene.house.egress.fetch(&scene.caller("a"), draft(&scene.url("a.test", "/"))).await.unwrap_err();
    assert_eq!((error.path(), error.retry_after()), ("egress.limit.in_flight_app", Some(Duration::from_millis(1))));
    assert_eq!(scene.house.zone.queries().len(), 0, "nothing was asked");
}

#[tokio::test]
async fn waiting_spends_from_the_deadline() {
    let scene = Scene::new(at_once(0, 10));
    let caller = scene.caller("a");
    let late = egret_egress::Caller { deadline: tokio::time::Instant::now() + Duration::from_millis(20), ..caller };
    assert_eq!(scene.get(&late, "a.test").await, Err("egress.timeout.total"));
    scene.until(0, 0).await;
}

#[tokio::test]
async fn wider_limits_let_in_those_who_wait() {
    let scene = Arc::new(Scene::answering(at_once(0, 10)));
    let (waiting, caller) = (Arc::clone(&scene), scene.caller("a"));
    let call = tokio::spawn(async move { waiting.get(&caller, "a.test").await });
    scene.until(0, 1).await;
    scene.house.egress.set_limits(&at_once(1, 10));
    assert_eq!(call.await.unwrap(), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn never_more_than_the_cap_reach_an_upstream_at_once_under_64_tasks() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let upstream = egret_testkit::Upstream::http({
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        move |_| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let now = Arc::clone(&now);
            async move {
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
                http::Response::new("ok")
            }
        }
    });
    let scene = Arc::new(Scene { upstream, ..Scene::new(at_once(5, 100)) });
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let (scene, caller) = (Arc::clone(&scene), scene.caller(&format!("app{}", task % 8)));
        tasks.spawn(async move {
            for _ in 0..20 {
                assert_eq!(scene.get(&caller, "a.test").await, Ok(()));
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    assert_eq!(scene.upstream.requests().len(), 64 * 20);
    assert!(most.load(Ordering::SeqCst) <= 5);
    scene.until(0, 0).await;
}
