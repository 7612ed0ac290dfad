//! The rate of a rule: its own bucket for each app, and a wait that is bounded.

use super::{Scene, rule};
use crate::house::{caller_of, draft, local, policy};
use egret_egress::{Caller, Code};
use egret_policy::{Actions, RateSpec};
use egret_testkit::Upstream;
use http::Response;
use std::time::Duration;
use tokio::time::Instant;

fn rated(text: &str, burst: u32, wait: Duration) -> Actions {
    Actions { rate: Some(RateSpec { burst: Some(burst), wait, ..RateSpec::read(text).unwrap() }), ..Actions::default() }
}

fn upstream() -> Upstream {
    Upstream::http(|_| async { Response::new("ok") })
}

#[tokio::test]
async fn a_rule_is_used_as_often_as_it_says_by_each_app() {
    let upstream = upstream();
    let actions = rated("1/h", 2, Duration::ZERO);
    let mut scene = Scene::new(upstream.address(), actions.clone());
    scene.house.zone.addresses("b.test", &["127.0.0.1"]);
    let rules = || policy([rule(upstream.address(), actions.clone()), local("b.test", upstream.address())]);
    scene.caller = caller_of("a", &rules());
    assert_eq!([scene.get().await, scene.get().await], ["200", "200"]);
    let error = scene.fetch(scene.draft()).await.unwrap_err();
    assert_eq!((error.code(), error.path(), error.retryable()), (Code::Rate, "egress.rate.rule", true));
    assert!(error.retry_after().is_some_and(|after| after > Duration::from_secs(3_500) && after <= Duration::from_secs(3_600)));
    let elsewhere = scene.url().replace("a.test", "b.test");
    assert_eq!(scene.ask(draft(&elsewhere)).await, "200", "another rule has none");
    scene.caller = caller_of("b", &rules());
    assert_eq!(scene.get().await, "200", "another app has its own");
    assert_eq!(upstream.requests().len(), 4);
}

#[tokio::test]
async fn a_call_waits_for_its_turn_as_long_as_the_rule_lets_it() {
    let upstream = upstream();
    let scene = Scene::new(upstream.address(), rated("100/s", 1, Duration::from_secs(20)));
    for _ in 0..5 {
        assert_eq!(scene.get().await, "200");
    }
    let scene = Scene::new(upstream.address(), rated("1/h", 1, Duration::from_secs(60)));
    assert_eq!([scene.get().await, scene.get().await], ["200", "egress.rate.rule"]);
    assert_eq!(scene.house.egress.load().in_flight, 0);
}

#[tokio::test]
async fn no_wait_goes_beyond_the_deadline() {
    let upstream = upstream();
    let mut scene = Scene::new(upstream.address(), rated("1/min", 1, Duration::from_secs(60)));
    scene.caller = Caller { deadline: Instant::now() + Duration::from_secs(20), ..scene.caller };
    assert_eq!([scene.get().await, scene.get().await], ["200", "egress.rate.rule"]);
}

#[tokio::test]
async fn a_hundred_calls_that_wait_all_get_their_turn() {
    let upstream = upstream();
    let scene = Scene::new(upstream.address(), rated("1000/s", 1, Duration::from_secs(20)));
    let calls = (0..100).map(|_| scene.get());
    assert!(futures_util::future::join_all(calls).await.iter().all(|answer| answer == "200"));
}
