//! Equal calls at once: one goes out, the others get what it brings, and nobody depends on it for longer than that.

use super::{Scene, lasting, settled};
use crate::house::{House, caller, draft, local, policy};
use egret_egress::{Cached, Caller, Draft};
use egret_policy::{CacheSpec, RuleSpec};
use egret_testkit::{Gate, Hostile, Step};
use futures_util::future::join_all;
use http::Response;
use std::time::Duration;

async fn body(scene: &Scene, caller: &Caller, draft: Draft) -> String {
    let response = scene.house.egress.fetch(caller, draft).await.unwrap();
    String::from_utf8(response.body.collect(1 << 20).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn two_hundred_equal_calls_at_once_reach_the_upstream_once() {
    let scene = Scene::counting(|_| {});
    let caller = caller(&policy([scene.minutes()]));
    let bodies = join_all((0..200).map(|_| body(&scene, &caller, scene.draft("/")))).await;
    assert!(bodies.iter().all(|body| body == "1"), "{bodies:?}");
    assert_eq!(scene.peer.requests().len(), 1);
    assert_eq!(scene.house.events().iter().filter(|event| event.cached == Some(Cached::Hit)).count(), 199);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn so_they_do_on_many_threads() {
    let scene = std::sync::Arc::new(Scene::counting(|_| {}));
    let caller = caller(&policy([scene.minutes()]));
    let calls = (0..200).map(|_| {
        let (scene, caller) = (std::sync::Arc::clone(&scene), caller.clone());
        tokio::spawn(async move { body(&scene, &caller, scene.draft("/")).await })
    });
    let bodies = join_all(calls.collect::<Vec<_>>()).await;
    assert!(bodies.iter().all(|body| body.as_ref().is_ok_and(|body| body == "1")), "{bodies:?}");
    assert_eq!(scene.peer.requests().len(), 1);
}

#[tokio::test]
async fn calls_of_two_apps_never_fly_together() {
    let scene = Scene::counting(|_| {});
    let policy = policy([scene.minutes()]);
    let callers = ["a", "b"].map(|app| crate::house::caller_of(app, &policy));
    let mut bodies = join_all(callers.iter().map(|caller| body(&scene, caller, scene.draft("/")))).await;
    bodies.sort();
    assert_eq!(bodies, ["1", "2"]);
}

#[tokio::test]
async fn an_answer_that_is_not_to_be_shared_lets_all_others_go_at_once() {
    let scene = Scene::answering(|_, _| Response::builder().header("cache-control", "no-store").body("own".to_owned()).unwrap());
    let caller = caller(&policy([scene.minutes()]));
    let bodies = join_all((0..20).map(|_| body(&scene, &caller, scene.draft("/")))).await;
    assert_eq!((bodies.len(), scene.peer.requests().len()), (20, 20));
}

#[tokio::test]
async fn a_reader_who_takes_its_time_holds_up_nobody() {
    let scene = Scene::answering(|_, now| lasting("x".repeat(300_000), now));
    let caller = caller(&policy([scene.minutes()]));
    // As `Promise.all` does: both heads first, and then the bodies, in the other order.
    let fetch = || scene.house.egress.fetch(&caller, scene.draft("/"));
    let (one, other) = tokio::join!(fetch(), fetch());
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(other.body.collect(1 << 20).await.unwrap().len(), 300_000);
    assert_eq!(one.body.collect(1 << 20).await.unwrap().len(), 300_000);
    assert_eq!(scene.peer.requests().len(), 1);
}

#[tokio::test]
async fn a_body_that_is_not_read_to_its_end_is_not_stored() {
    let scene = Scene::counting(|_| {});
    let caller = caller(&policy([scene.minutes()]));
    drop(scene.house.egress.fetch(&caller, scene.draft("/")).await.unwrap());
    settled(&scene, 1).await;
    assert_eq!(body(&scene, &caller, scene.draft("/")).await, "2");
    assert_eq!(body(&scene, &caller, scene.draft("/")).await, "2");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_stored() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let head = "HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ncontent-length: 10\r\n\r\n";
    let peer = Hostile::script(vec![Step::ExpectHead, Step::send(format!("{head}half"))]);
    let rule = RuleSpec { cache: Some(CacheSpec::up_to(Duration::from_secs(60))), ..local("a.test", peer.address()) };
    let caller = caller(&policy([rule]));
    for _ in 0..2 {
        let response = house.egress.fetch(&caller, draft(&format!("http://a.test:{}/", peer.address().port()))).await.unwrap();
        assert!(response.body.collect(100).await.is_err());
    }
    assert_eq!(house.egress.cache_stats().stored, 0);
    assert_eq!(house.events().iter().filter(|event| event.cached.is_some()).count(), 0);
}

#[tokio::test]
async fn a_body_that_is_too_large_passes_and_is_not_stored() {
    let scene = Scene::with(|config| config.caps.cache = 64 << 10, |_, now| lasting("x".repeat(20_000), now));
    let caller = caller(&policy([scene.minutes()]));
    let bodies = join_all((0..5).map(|_| body(&scene, &caller, scene.draft("/")))).await;
    assert!(bodies.iter().all(|body| body.len() == 20_000));
    assert_eq!((scene.peer.requests().len(), scene.house.egress.cache_stats().stored), (5, 0));
}

#[tokio::test]
async fn a_leader_that_goes_away_leaves_the_others_to_themselves() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let gate = Gate::new();
    let head = "HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ncontent-length: 2\r\n\r\n";
    let peer = Hostile::script(vec![Step::ExpectHead, Step::Pause(gate.clone()), Step::send(format!("{head}ok")), Step::Hold]);
    let rule = RuleSpec { cache: Some(CacheSpec::up_to(Duration::from_secs(60))), ..local("a.test", peer.address()) };
    let caller = caller(&policy([rule]));
    let url = format!("http://a.test:{}/", peer.address().port());
    let spawn = || {
        let (egress, caller, draft) = (house.egress.clone(), caller.clone(), draft(&url));
        tokio::spawn(async move { egress.fetch(&caller, draft).await.unwrap().body.collect(100).await.unwrap() })
    };
    let leader = spawn();
    peer.until(|seen| seen.received.iter().filter(|bytes| bytes.ends_with(b"\r\n\r\n")).count() == 1).await;
    let followers: Vec<_> = (0..10).map(|_| spawn()).collect();
    tokio::task::yield_now().await;
    leader.abort();
    peer.until(|seen| seen.received.iter().filter(|bytes| bytes.ends_with(b"\r\n\r\n")).count() == 2).await;
    gate.release();
    for body in join_all(followers).await {
        assert_eq!(body.unwrap(), "ok");
    }
    assert!(leader.await.is_err());
}
