//! A failing origin is left alone.

use super::Scene;
use crate::house::{caller_of, policy};
use egret_egress::{Code, Draft};
use egret_policy::{Actions, BreakerSpec, RetrySpec};
use egret_testkit::{Gate, Hostile, Upstream};
use http::Response;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn breaking(failures: u32, open: Duration) -> Actions {
    Actions { breaker: Some(BreakerSpec { failures, open }), ..Actions::default() }
}

const LONG: Duration = Duration::from_secs(900);
const SHORT: Duration = Duration::from_millis(1);

/// An upstream that answers 500 so many times, and 200 then, when the gate is open.
fn failing(times: usize, gate: &Gate) -> Upstream {
    let (count, gate) = (Arc::new(AtomicUsize::new(0)), gate.clone());
    Upstream::http(move |_| {
        let (number, gate) = (count.fetch_add(1, Ordering::Relaxed), gate.clone());
        async move {
            if number >= times {
                gate.opened().await;
            }
            Response::builder().status(if number < times { 500 } else { 200 }).body("").unwrap()
        }
    })
}

#[tokio::test]
async fn a_dead_origin_is_connected_to_no_more_and_the_refusal_costs_nothing() {
    let dead = Hostile::script(vec![]);
    // A peer that ends each connection at once.
    let peer = dead.address();
    let scene = Scene::new(peer, breaking(3, LONG));
    for _ in 0..3 {
        assert_eq!(scene.get().await, "egress.protocol.closed_early");
    }
    for _ in 0..20 {
        let error = scene.fetch(scene.draft()).await.unwrap_err();
        assert_eq!((error.code(), error.path(), error.retryable()), (Code::Rate, "egress.breaker.open", true));
        assert!(error.retry_after().is_some_and(|after| !after.is_zero() && after <= LONG));
    }
    assert_eq!((dead.connections(), scene.paid(), scene.house.events().len()), (3, 3, 23));
    let other = caller_of("b", &policy([super::rule(peer, breaking(3, LONG))]));
    assert_eq!(scene.house.egress.fetch(&other, scene.draft()).await.unwrap_err().path(), "egress.protocol.closed_early");
}

#[tokio::test]
async fn an_answer_to_the_probe_closes_it() {
    let gate = Gate::new();
    gate.release();
    let upstream = failing(2, &gate);
    let scene = Scene::new(upstream.address(), breaking(2, SHORT));
    assert_eq!([scene.get().await, scene.get().await], ["500", "500"]);
    while scene.get().await != "200" {}
    assert_eq!(upstream.requests().len(), 3, "the probe was the first to come through");
    assert_eq!(scene.get().await, "200");
}

#[tokio::test]
async fn one_probe_is_under_way_at_a_time_and_a_dropped_one_leaves_its_place() {
    let gate = Gate::new();
    let upstream = failing(1, &gate);
    let scene = Scene::new(upstream.address(), breaking(1, SHORT));
    assert_eq!(scene.get().await, "500");
    for probe in 2..5 {
        let held = loop {
            let (egress, caller, draft): (_, _, Draft) = (scene.house.egress.clone(), scene.caller.clone(), scene.draft());
            let call = tokio::spawn(async move { egress.fetch(&caller, draft).await.map(drop) });
            while !call.is_finished() && upstream.requests().len() < probe {
                tokio::task::yield_now().await;
            }
            if upstream.requests().len() == probe {
                break call;
            }
        };
        for _ in 0..10 {
            assert_eq!(scene.get().await, "egress.breaker.open");
        }
        held.abort();
        assert!(held.await.unwrap_err().is_cancelled());
    }
}

#[tokio::test]
async fn a_rule_without_a_breaker_has_none() {
    let dead = Hostile::script(vec![]);
    let scene = Scene::new(dead.address(), Actions::default());
    for _ in 0..40 {
        assert_eq!(scene.get().await, "egress.protocol.closed_early");
    }
    assert_eq!(dead.connections(), 40);
}

#[tokio::test]
async fn tries_end_where_the_breaker_opens() {
    let gate = Gate::new();
    let upstream = failing(40, &gate);
    let retry = RetrySpec { attempts: 5, on: vec![500], backoff: (Duration::ZERO, Duration::ZERO), methods: vec![] };
    let scene = Scene::new(upstream.address(), Actions { retry: Some(retry), ..breaking(2, LONG) });
    assert_eq!(scene.get().await, "500", "the answer at hand, and not the refusal");
    assert_eq!(upstream.requests().len(), 2);
}
